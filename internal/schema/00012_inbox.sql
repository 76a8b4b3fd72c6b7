-- The notifications on the site itself.

-- +goose Up

CREATE TABLE IF NOT EXISTS inbox_entries (
    id {id},
    person_id BIGINT NOT NULL,
    activity_id BIGINT NOT NULL,
    content_id BIGINT,
    conversation_id BIGINT,
    contribution_id BIGINT,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    UNIQUE (person_id, activity_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE
) {options};

{index inbox_entries_person inbox_entries (person_id, created_at, id)}

{index inbox_entries_age inbox_entries (created_at, id)}

{index inbox_entries_activity inbox_entries (activity_id)}

{index inbox_entries_unread inbox_entries (person_id, read_at)}
