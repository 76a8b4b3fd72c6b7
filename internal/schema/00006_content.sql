-- What groups and people publish, whatever its kind.

-- +goose Up

-- A content item and its place below an entity. message_key is the part of the Message-ID that names
-- the item in mails ("content.12"); imported items keep theirs. picture is the name of the one that stands
-- for it on cards. starts_at and ends_at are the times of kinds that have some; of a series, those of its
-- next date. revision counts the changes of any field. external items follow a source elsewhere and are changed
-- there alone.
CREATE TABLE IF NOT EXISTS contents (
    id {id},
    kind VARCHAR(16) NOT NULL,
    entity_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    slug VARCHAR(50),
    slug_key VARCHAR(50) GENERATED ALWAYS AS (LOWER(slug)) STORED,
    title VARCHAR(255) NOT NULL,
    public BOOLEAN NOT NULL DEFAULT FALSE,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    picture VARCHAR(100) NOT NULL DEFAULT '',
    message_key VARCHAR(100) NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 1,
    external BOOLEAN NOT NULL DEFAULT FALSE,
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

{index contents_slug_key contents (entity_id, slug_key)}

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
