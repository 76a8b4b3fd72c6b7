-- The keys with which an account at a Matrix homeserver reads and writes in encrypted rooms. What a pickle holds is
-- encrypted with a key that is made from the secret of the site.

-- +goose Up

-- A device of an account: an access token belongs to one. holder is who changes its sessions now, until held_until.
CREATE TABLE IF NOT EXISTS matrix_accounts (
    id {id},
    user_id VARCHAR(255) NOT NULL,
    device_id VARCHAR(255) NOT NULL,
    pickle {text} NOT NULL,
    shared BOOLEAN NOT NULL DEFAULT FALSE,
    backup_version VARCHAR(255) NOT NULL DEFAULT '',
    holder VARCHAR(32) NOT NULL DEFAULT '',
    held_until BIGINT,
    used_at BIGINT NOT NULL,
    UNIQUE (user_id, device_id)
) {options};

-- The private keys by which an account signs its devices. They are of the account, whichever device it has.
CREATE TABLE IF NOT EXISTS matrix_secrets (
    user_id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    pickle {text} NOT NULL,
    PRIMARY KEY (user_id, name)
) {options};

-- Sessions with one device of somebody, in which keys of rooms are sent.
CREATE TABLE IF NOT EXISTS matrix_olm_sessions (
    account_id BIGINT NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    sender_key VARCHAR(64) NOT NULL,
    pickle {text} NOT NULL,
    used BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    encrypted_at BIGINT NOT NULL,
    decrypted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, session_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_olm_sessions_sender matrix_olm_sessions (account_id, sender_key, decrypted_at, session_id)}

-- Digests of what has been decrypted, for the homeserver may hand it over once more.
CREATE TABLE IF NOT EXISTS matrix_olm_messages (
    account_id BIGINT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_olm_messages_received matrix_olm_messages (account_id, received_at)}

-- Keys of rooms: what somebody says from one device, for a while. pickle is '' where withheld says why there is none.
CREATE TABLE IF NOT EXISTS matrix_inbound_sessions (
    account_id BIGINT NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    room_id VARCHAR(255) NOT NULL,
    sender_key VARCHAR(64) NOT NULL,
    pickle {text} NOT NULL,
    details {text} NOT NULL,
    withheld VARCHAR(64) NOT NULL DEFAULT '',
    reason VARCHAR(500) NOT NULL DEFAULT '',
    scheduled BOOLEAN NOT NULL DEFAULT FALSE,
    backup_version VARCHAR(255) NOT NULL DEFAULT '',
    received_at BIGINT,
    expires_at BIGINT,
    PRIMARY KEY (account_id, session_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_inbound_sessions_room matrix_inbound_sessions (account_id, room_id, session_id)}

{index matrix_inbound_sessions_expires matrix_inbound_sessions (account_id, expires_at)}

-- Which event stood at which place of a session: another one at the same place is a forgery.
CREATE TABLE IF NOT EXISTS matrix_indexes (
    account_id BIGINT NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    message_index BIGINT NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    sent_ms BIGINT NOT NULL,
    PRIMARY KEY (account_id, session_id, message_index),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

-- The key with which the account speaks in a room now.
CREATE TABLE IF NOT EXISTS matrix_outbound_sessions (
    account_id BIGINT NOT NULL,
    room_id VARCHAR(255) NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    pickle {text} NOT NULL,
    shared BOOLEAN NOT NULL,
    shared_history BOOLEAN,
    max_messages INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    max_age_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    encrypted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, room_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

-- For whom that key is: everybody who was in the room when it was made.
CREATE TABLE IF NOT EXISTS matrix_outbound_members (
    account_id BIGINT NOT NULL,
    room_id VARCHAR(255) NOT NULL,
    member_id VARCHAR(255) NOT NULL,
    PRIMARY KEY (account_id, room_id, member_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_outbound_members_member matrix_outbound_members (account_id, member_id, room_id)}

-- The devices that were sent a key, and may ask for it once more.
CREATE TABLE IF NOT EXISTS matrix_shares (
    account_id BIGINT NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    member_id VARCHAR(255) NOT NULL,
    identity_key VARCHAR(64) NOT NULL,
    PRIMARY KEY (account_id, session_id, member_id, identity_key),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

-- Whose devices are known. outdated says that they are to be asked for; failures counts how often that failed.
CREATE TABLE IF NOT EXISTS matrix_tracked (
    account_id BIGINT NOT NULL,
    member_id VARCHAR(255) NOT NULL,
    outdated BOOLEAN NOT NULL DEFAULT FALSE,
    failures INTEGER NOT NULL DEFAULT 0,
    attempted_at BIGINT,
    PRIMARY KEY (account_id, member_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_tracked_outdated matrix_tracked (account_id, outdated, member_id)}

CREATE TABLE IF NOT EXISTS matrix_devices (
    account_id BIGINT NOT NULL,
    member_id VARCHAR(255) NOT NULL,
    device_id VARCHAR(255) NOT NULL,
    identity_key VARCHAR(64) NOT NULL,
    signing_key VARCHAR(64) NOT NULL,
    trust INTEGER NOT NULL,
    deleted BOOLEAN NOT NULL,
    name {text} NOT NULL,
    PRIMARY KEY (account_id, member_id, device_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_devices_identity matrix_devices (account_id, member_id, identity_key)}

-- The public keys by which people sign their devices and each other. first_key is the first that was seen.
CREATE TABLE IF NOT EXISTS matrix_signing_keys (
    account_id BIGINT NOT NULL,
    member_id VARCHAR(255) NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    signing_key VARCHAR(64) NOT NULL,
    first_key VARCHAR(64) NOT NULL,
    PRIMARY KEY (account_id, member_id, purpose),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

CREATE TABLE IF NOT EXISTS matrix_signatures (
    account_id BIGINT NOT NULL,
    signed_id VARCHAR(255) NOT NULL,
    signed_key VARCHAR(64) NOT NULL,
    signer_id VARCHAR(255) NOT NULL,
    signer_key VARCHAR(64) NOT NULL,
    signature VARCHAR(128) NOT NULL,
    PRIMARY KEY (account_id, signed_id, signed_key, signer_id, signer_key),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_signatures_signer matrix_signatures (account_id, signer_id, signer_key)}

-- What is known of rooms: encryption is the content of the event that says how, or '' in a room that is not encrypted.
CREATE TABLE IF NOT EXISTS matrix_rooms (
    account_id BIGINT NOT NULL,
    room_id VARCHAR(255) NOT NULL,
    encryption VARCHAR(500) NOT NULL DEFAULT '',
    history VARCHAR(32) NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, room_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

-- Events whose key has not come yet. asked says that their sender has been asked for it; given is the token of the
-- homeserver that ends what they were handed on with, '' before they have been.
CREATE TABLE IF NOT EXISTS matrix_waiting (
    account_id BIGINT NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    event {text} NOT NULL,
    asked BOOLEAN NOT NULL DEFAULT FALSE,
    given VARCHAR(1000) NOT NULL DEFAULT '',
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, event_id),
    FOREIGN KEY (account_id) REFERENCES matrix_accounts (id) ON DELETE CASCADE
) {options};

{index matrix_waiting_received matrix_waiting (account_id, received_at, event_id)}
