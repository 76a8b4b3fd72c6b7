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

{index people_score people (public, active, score, id)}
