-- The town: who there is, what belongs to whom, what was written, what happened and who is to hear of it.
-- Macros in braces are expanded for each database engine; package schema describes them.

-- +goose Up

-- Whoever owns a slug in the root of the site: one namespace for people and groups, whatever the case.
CREATE TABLE IF NOT EXISTS entities (
    id {id},
    kind VARCHAR(16) NOT NULL,
    slug VARCHAR(150) NOT NULL,
    slug_key VARCHAR(150) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(255) NOT NULL DEFAULT '',
    colour CHAR(7) NOT NULL,
    score INTEGER NOT NULL DEFAULT 0,
    UNIQUE (slug_key)
) {options};

CREATE TABLE IF NOT EXISTS people (
    id {id},
    entity_id BIGINT NOT NULL,
    first_name VARCHAR(150) NOT NULL DEFAULT '',
    last_name VARCHAR(150) NOT NULL DEFAULT '',
    about {text} NOT NULL,
    public BOOLEAN NOT NULL DEFAULT FALSE,
    password VARCHAR(255) NOT NULL DEFAULT '',
    active BOOLEAN NOT NULL DEFAULT TRUE,
    admin BOOLEAN NOT NULL DEFAULT FALSE,
    language VARCHAR(16) NOT NULL DEFAULT '',
    joined_at BIGINT NOT NULL,
    signed_in_at BIGINT,
    UNIQUE (entity_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id)
) {options};

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

CREATE TABLE IF NOT EXISTS "groups" (
    id {id},
    entity_id BIGINT NOT NULL,
    description VARCHAR(1000) NOT NULL DEFAULT '',
    address {text} NOT NULL,
    url VARCHAR(1000) NOT NULL DEFAULT '',
    closed BOOLEAN NOT NULL DEFAULT FALSE,
    founded_on CHAR(10) NOT NULL,
    created_by_id BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (entity_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id),
    FOREIGN KEY (created_by_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

CREATE TABLE IF NOT EXISTS memberships (
    id {id},
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    created_by_id BIGINT,
    joined_at BIGINT NOT NULL,
    UNIQUE (group_id, person_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

{index memberships_person memberships (person_id, group_id)}

CREATE TABLE IF NOT EXISTS subscriptions (
    id {id},
    entity_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (entity_id, person_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index subscriptions_person subscriptions (person_id, entity_id)}

-- A content item and its place below an entity. message_key is the part of the Message-ID that names
-- the item in mails ("content.12"); imported items keep theirs. picture is the name of the one that stands
-- for it on cards. starts_at and ends_at are the times of kinds that have some; of a series, those of its
-- next date. revision counts the changes of any field.
CREATE TABLE IF NOT EXISTS contents (
    id {id},
    kind VARCHAR(16) NOT NULL,
    entity_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    slug VARCHAR(50),
    title VARCHAR(255) NOT NULL,
    public BOOLEAN NOT NULL DEFAULT FALSE,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    picture VARCHAR(100) NOT NULL DEFAULT '',
    message_key VARCHAR(100) NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 1,
    starts_at BIGINT,
    ends_at BIGINT,
    published_at BIGINT NOT NULL,
    deleted_at BIGINT,
    UNIQUE (entity_id, slug),
    FOREIGN KEY (entity_id) REFERENCES entities (id),
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

-- One index for each list: of everything, of a kind, of an entity, of both, of what is pinned, by time.
{index contents_published contents (published_at, id)}

{index contents_kind contents (kind, published_at, id)}

{index contents_entity contents (entity_id, published_at, id)}

{index contents_entity_kind contents (entity_id, kind, published_at, id)}

{index contents_pinned contents (entity_id, pinned, published_at, id)}

{index contents_starts contents (kind, starts_at, id, ends_at)}

{index contents_author contents (author_id)}

-- What an item said at each revision. text is NULL where it stayed the same, and stands at the last revision
-- before that has one. fields is a JSON object of all other fields; NULL where nobody knows them.
CREATE TABLE IF NOT EXISTS versions (
    id {id},
    content_id BIGINT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    author_id BIGINT NOT NULL,
    text {text},
    fields {text},
    created_at BIGINT NOT NULL,
    UNIQUE (content_id, revision),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

{index versions_author versions (author_id)}

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

-- A comment on a content item or a message in a conversation. public says whether it follows the
-- visibility of its item; false makes a comment internal. cut is what a mail quoted or signed with.
CREATE TABLE IF NOT EXISTS contributions (
    id {id},
    content_id BIGINT,
    conversation_id BIGINT,
    author_id BIGINT NOT NULL,
    text {text} NOT NULL,
    cut {text} NOT NULL,
    in_reply_to_id BIGINT,
    public BOOLEAN NOT NULL DEFAULT TRUE,
    by_mail BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY (in_reply_to_id) REFERENCES contributions (id) ON DELETE SET NULL,
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

{index contributions_content contributions (content_id, created_at, id)}

{index contributions_conversation contributions (conversation_id, created_at, id)}

{index contributions_author contributions (author_id, content_id)}

CREATE TABLE IF NOT EXISTS membership_applications (
    id {id},
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    contribution_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (contribution_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE SET NULL
) {options};

{index applications_group membership_applications (group_id, person_id)}

-- A stored file. name is the unguessable name in the media storage and in links; original_name is what
-- the person called it. It belongs to a comment or message, or to a content item.
CREATE TABLE IF NOT EXISTS files (
    id {id},
    name VARCHAR(100) NOT NULL,
    original_name VARCHAR(255) NOT NULL,
    media_type VARCHAR(150) NOT NULL,
    size BIGINT NOT NULL,
    creator_id BIGINT,
    contribution_id BIGINT,
    content_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (name),
    FOREIGN KEY (creator_id) REFERENCES people (id) ON DELETE SET NULL,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index files_contribution files (contribution_id)}

{index files_content files (content_id)}

-- What happened, written in the transaction that made it happen. The task runner reads it, decides who
-- is to hear of it and marks it done.
CREATE TABLE IF NOT EXISTS activities (
    id {id},
    name VARCHAR(64) NOT NULL,
    actor_id BIGINT NOT NULL DEFAULT 0,
    entity_id BIGINT NOT NULL DEFAULT 0,
    person_id BIGINT NOT NULL DEFAULT 0,
    content_id BIGINT NOT NULL DEFAULT 0,
    conversation_id BIGINT NOT NULL DEFAULT 0,
    contribution_id BIGINT NOT NULL DEFAULT 0,
    occurred_at BIGINT NOT NULL,
    done_at BIGINT
) {options};

{index activities_contribution activities (contribution_id)}

{index activities_content activities (content_id)}

-- One notice to one person on one channel. The primary key makes it idempotent.
CREATE TABLE IF NOT EXISTS deliveries (
    activity_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    state VARCHAR(16) NOT NULL,
    problem {text} NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (activity_id, person_id, channel),
    FOREIGN KEY (activity_id) REFERENCES activities (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index deliveries_state deliveries (state, changed_at)}

{index deliveries_person deliveries (person_id)}

-- When somebody wants to be told on a channel: once (at once), daily, weekly, never. Without a row it is at once. Ids
-- that narrow nothing are 0; a row applies to an activity if its others are those of the activity. Of the rows that
-- apply the most specific one decides: of a content item or conversation, else of an entity, else of everything.
CREATE TABLE IF NOT EXISTS preferences (
    person_id BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL,
    content_id BIGINT NOT NULL DEFAULT 0,
    conversation_id BIGINT NOT NULL DEFAULT 0,
    entity_id BIGINT NOT NULL DEFAULT 0,
    timing VARCHAR(16) NOT NULL,
    PRIMARY KEY (person_id, channel, content_id, conversation_id, entity_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

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

{index inbox_entries_unread inbox_entries (person_id, read_at)}

-- The secret in reply+<secret>@domain: one per recipient and thing answered, kept for good because mails
-- are answered years later. Links carry the secret itself, so it is stored as it is.
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

-- Which message had its effect for which recipient: the same message twice has one effect.
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
