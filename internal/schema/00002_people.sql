-- Who there is: people, and what owns a name in the root of the site.

-- +goose Up

-- Whoever owns a slug in the root of the site: one namespace for people and groups, whatever the case. A copy of the
-- score of a person stands in people and in their memberships, where indexes need it to list the most active ones first.
-- Foreign keys that hold the score keep the copies equal: only this one is ever written.
CREATE TABLE IF NOT EXISTS entities (
    id {id},
    kind VARCHAR(16) NOT NULL,
    slug VARCHAR(150) NOT NULL,
    slug_key VARCHAR(150) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(255) NOT NULL DEFAULT '',
    colour CHAR(7) NOT NULL,
    score INTEGER NOT NULL DEFAULT 0,
    picture VARCHAR(100) NOT NULL DEFAULT '',
    cover VARCHAR(100) NOT NULL DEFAULT '',
    UNIQUE (slug_key),
    UNIQUE (id, score)
) {options};

{index entities_score entities (kind, score, id)}

{index entities_picture entities (picture)}

{index entities_cover entities (cover)}

-- What an entity is found by while its name is typed: its slug, and its name from each of its words on. The order is that
-- of the bytes, so that what begins alike stands together whatever language the database speaks.
CREATE TABLE IF NOT EXISTS name_words (
{if postgresql}
    word VARCHAR(150) COLLATE "C" NOT NULL,
{end}
{if sqlite mysql}
    word VARCHAR(150) NOT NULL,
{end}
    entity_id BIGINT NOT NULL,
    PRIMARY KEY (word, entity_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

{index name_words_entity name_words (entity_id)}

CREATE TABLE IF NOT EXISTS people (
    id {id},
    entity_id BIGINT NOT NULL,
    score INTEGER NOT NULL DEFAULT 0,
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
    UNIQUE (id, score),
    FOREIGN KEY (entity_id, score) REFERENCES entities (id, score) ON UPDATE CASCADE
) {options};

-- Slugs that somebody had before, and who that was; NULL if they are gone. Whoever takes one removes the row.
CREATE TABLE IF NOT EXISTS former_slugs (
    slug_key VARCHAR(150) NOT NULL,
    entity_id BIGINT,
    freed_at BIGINT NOT NULL,
    PRIMARY KEY (slug_key),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE SET NULL
) {options};

{index former_slugs_entity former_slugs (entity_id)}

{index people_score people (public, active, score, id)}
