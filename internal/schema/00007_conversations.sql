-- Conversations with a person or a group.

-- +goose Up

-- A thread of messages with a person or a group.
CREATE TABLE IF NOT EXISTS conversations (
    id {id},
    entity_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    subject VARCHAR(255) NOT NULL,
    message_key VARCHAR(100) NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    latest_at BIGINT NOT NULL,
    deleted_at BIGINT,
    FOREIGN KEY (entity_id) REFERENCES entities (id),
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

{index conversations_entity conversations (entity_id, latest_at, id)}

{index conversations_author conversations (author_id)}
