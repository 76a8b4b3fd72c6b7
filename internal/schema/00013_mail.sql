-- Mails that arrive.

-- +goose Up

-- The secret in reply+<secret>@domain: one per recipient and thing answered, kept as long as the thing because
-- mails are answered years later. Links carry the secret itself, so it is stored as it is.
CREATE TABLE IF NOT EXISTS reply_keys (
    id {id},
    secret VARCHAR(32) NOT NULL,
    person_id BIGINT NOT NULL,
    content_id BIGINT,
    contribution_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (secret),
    UNIQUE (person_id, content_id),
    UNIQUE (person_id, contribution_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE
) {options};

{index reply_keys_content reply_keys (content_id)}

{index reply_keys_contribution reply_keys (contribution_id)}

-- Which message had its effect for which recipient, or in which thread ("content 12"): the same message twice has one
-- effect.
CREATE TABLE IF NOT EXISTS received_messages (
    message_hash CHAR(64) NOT NULL,
    recipient VARCHAR(254) NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (message_hash, recipient)
) {options};

{index received_messages_at received_messages (received_at)}

-- Messages whose sender could not be proven: they wait until the person confirms them by the link in a
-- mail.
CREATE TABLE IF NOT EXISTS held_messages (
    id {id},
    secret_hash CHAR(64) NOT NULL,
    person_id BIGINT NOT NULL,
    sender VARCHAR(254) NOT NULL,
    recipient VARCHAR(254) NOT NULL,
    message {blob} NOT NULL,
    received_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (secret_hash),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index held_messages_expiry held_messages (expires_at)}

{index held_messages_person held_messages (person_id)}
