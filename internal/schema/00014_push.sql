-- The browsers in which people want to be told of news.

-- +goose Up

-- endpoint is the address that the browser's maker gave it; p256dh and auth encrypt what is sent there
-- (RFC 8291), so that nobody on the way can read it.
CREATE TABLE IF NOT EXISTS push_devices (
    id {id},
    person_id BIGINT NOT NULL,
    endpoint {text} NOT NULL,
    endpoint_hash CHAR(64) NOT NULL,
    p256dh VARCHAR(100) NOT NULL,
    auth VARCHAR(50) NOT NULL,
    name VARCHAR(100) NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (endpoint_hash),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index push_devices_person push_devices (person_id, id)}
