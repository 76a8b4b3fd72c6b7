-- Whom texts name.

-- +goose Up

-- Whom a text means by a slug: who had it when the text was written. NULL is somebody who is gone.
CREATE TABLE IF NOT EXISTS mentions (
    id {id},
    content_id BIGINT,
    contribution_id BIGINT,
    slug_key VARCHAR(150) NOT NULL,
    entity_id BIGINT,
    UNIQUE (content_id, slug_key),
    UNIQUE (contribution_id, slug_key),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE SET NULL
) {options};

{index mentions_slug mentions (slug_key)}

{index mentions_entity mentions (entity_id)}
