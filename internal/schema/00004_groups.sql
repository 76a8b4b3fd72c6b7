-- The groups.

-- +goose Up

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

-- Who founded a group again, by a second click.
{index groups_created "groups" (created_by_id, created_at)}
