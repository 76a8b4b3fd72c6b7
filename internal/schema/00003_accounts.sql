-- How people sign in, and what links in mails carry.

-- +goose Up

-- Addresses that belong to somebody. An address that waits for its proof is a token of the kind
-- "address" until then, so nobody can block or adopt what they do not own. Rows without verified_at
-- come from members who added somebody, and from imports.
CREATE TABLE IF NOT EXISTS email_addresses (
    id {id},
    person_id BIGINT NOT NULL,
    address VARCHAR(254) NOT NULL,
    address_key VARCHAR(254) NOT NULL,
    main BOOLEAN NOT NULL DEFAULT FALSE,
    verified_at BIGINT,
    UNIQUE (address_key),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index email_addresses_person email_addresses (person_id, main)}

CREATE TABLE IF NOT EXISTS person_settings (
    person_id BIGINT NOT NULL,
    category VARCHAR(191) NOT NULL,
    name VARCHAR(191) NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (person_id, category, name),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

-- What a link in a mail carries. Only a hash of the secret is kept. data is JSON that belongs to the
-- kind: a password hash that waits for its mailbox, an address to add.
CREATE TABLE IF NOT EXISTS tokens (
    id {id},
    kind VARCHAR(32) NOT NULL,
    secret_hash CHAR(64) NOT NULL,
    person_id BIGINT,
    entity_id BIGINT,
    address VARCHAR(254) NOT NULL DEFAULT '',
    data {text} NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (secret_hash),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

{index tokens_person tokens (person_id, kind)}

{index tokens_expiry tokens (expires_at)}

CREATE TABLE IF NOT EXISTS sessions (
    token_hash CHAR(64) NOT NULL PRIMARY KEY,
    person_id BIGINT,
    data {blob} NOT NULL,
    expires_at BIGINT NOT NULL
) {options};

{index sessions_person sessions (person_id)}

{index sessions_expiry sessions (expires_at)}

CREATE TABLE IF NOT EXISTS throttles (
    key_hash CHAR(64) NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    resets_at BIGINT NOT NULL
) {options};

{index throttles_reset throttles (resets_at)}

-- What somebody wrote into a form and sent when their session had ended, as JSON.
CREATE TABLE IF NOT EXISTS unsent_forms (
    key_hash CHAR(64) NOT NULL PRIMARY KEY,
    form {text} NOT NULL,
    expires_at BIGINT NOT NULL
) {options};

{index unsent_forms_expiry unsent_forms (expires_at)}
