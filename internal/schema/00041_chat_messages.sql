-- What stands in chat rooms.

-- +goose Up

-- A place that messages go to, one after another: a room of a group, or a room anywhere that is told what is public,
-- which has no row of its own. changes counts what is new for it.
CREATE TABLE IF NOT EXISTS chat_lines (
    id {id},
    chat_room_id BIGINT,
    listener VARCHAR(255),
    changes BIGINT NOT NULL DEFAULT 0,
    UNIQUE (chat_room_id),
    UNIQUE (listener),
    FOREIGN KEY (chat_room_id) REFERENCES chat_rooms (id) ON DELETE CASCADE
) {options};

-- A message that tells of an activity. activity is what it tells of, as JSON, for it is composed again whenever what it
-- is about changes; the ids stand beside it to be found by. inside says that members read it, and no others. event_id is
-- '' as long as nothing stands in the room, and edits are the ids of the events by which its words were replaced. digest
-- is of the words that stand there, and asked of those that the homeserver was asked to put there, until it has answered.
-- revision counts what was done, for the ids of transactions. due says that it is to be looked at.
CREATE TABLE IF NOT EXISTS chat_messages (
    id {id},
    line_id BIGINT NOT NULL,
    activity_id BIGINT NOT NULL,
    activity {text} NOT NULL,
    content_id BIGINT NOT NULL DEFAULT 0,
    conversation_id BIGINT NOT NULL DEFAULT 0,
    contribution_id BIGINT NOT NULL DEFAULT 0,
    inside BOOLEAN NOT NULL DEFAULT FALSE,
    event_id VARCHAR(255) NOT NULL DEFAULT '',
    edits {text} NOT NULL,
    digest VARCHAR(64) NOT NULL DEFAULT '',
    asked VARCHAR(64) NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 0,
    due BOOLEAN NOT NULL DEFAULT TRUE,
    created_at BIGINT NOT NULL,
    UNIQUE (line_id, activity_id),
    FOREIGN KEY (line_id) REFERENCES chat_lines (id) ON DELETE CASCADE
) {options};

{index chat_messages_due chat_messages (due, line_id, id)}

{index chat_messages_content chat_messages (content_id, line_id, id)}

{index chat_messages_conversation chat_messages (conversation_id, line_id, id)}

{index chat_messages_contribution chat_messages (contribution_id)}
