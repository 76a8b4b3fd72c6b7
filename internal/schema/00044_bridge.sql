-- What members say in the private chat room of their group becomes comments and messages, where the group wants that.

-- +goose Up

-- The groups that want it.
CREATE TABLE IF NOT EXISTS chat_bridges (
    entity_id BIGINT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

-- An event of such a room, and what it has become. room is the id at the homeserver, for a group may move to another room. kind is "message", "edit" or "redaction". event is what was heard, as
-- JSON, until it has had its effect, and waiting says that it has not yet. target is the event that an edit or a redaction
-- is about, and thread the one at the head of the thread that it stands in. contribution_id is what a message has become
-- or an edit has changed, 0 if nothing: no foreign key, for what was said is taken out of the room after the contribution
-- has vanished. edited_at is when the contribution was edited last at the moment at which the room had its last word: if it has been
-- edited since, something else stands in the room. gone says that the event has been taken out of the room.
CREATE TABLE IF NOT EXISTS chat_answers (
    id {id},
    room VARCHAR(255) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    target VARCHAR(255) NOT NULL DEFAULT '',
    thread VARCHAR(255) NOT NULL DEFAULT '',
    event {text} NOT NULL,
    waiting BOOLEAN NOT NULL DEFAULT TRUE,
    contribution_id BIGINT NOT NULL DEFAULT 0,
    edited_at BIGINT,
    gone BOOLEAN NOT NULL DEFAULT FALSE,
    heard_at BIGINT NOT NULL,
    UNIQUE (event_id)
) {options};

{index chat_answers_waiting chat_answers (room, waiting, id)}

{index chat_answers_contribution chat_answers (contribution_id, id)}

{index chat_answers_heard chat_answers (heard_at, id)}

-- By which event somebody answers.
{index chat_messages_event chat_messages (event_id)}
