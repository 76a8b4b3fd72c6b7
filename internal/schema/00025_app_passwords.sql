-- Passwords that people make for programs that cannot sign in on a page, such as a calendar.

-- +goose Up

-- Only a hash of the secret is kept. scope says what the program may do with it, such as read "calendars". It ends at
-- expires_at, and stands in the list for a while afterwards, so that people see why a program asks for a password. used_at
-- is written once an hour at most.
CREATE TABLE IF NOT EXISTS app_passwords (
    id {id},
    person_id BIGINT NOT NULL,
    name VARCHAR(60) NOT NULL,
    scope VARCHAR(32) NOT NULL,
    secret_hash CHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    UNIQUE (secret_hash),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index app_passwords_person app_passwords (person_id, id)}

{index app_passwords_expiry app_passwords (expires_at)}
