-- Tags, and who learns that a text mentions them.

-- +goose Up

-- What people mark things with. slug is what a tag is known by: names that give the same slug are spellings of one tag, and
-- name is the first of them.
CREATE TABLE IF NOT EXISTS tags (
    id {id},
    name VARCHAR(100) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (slug)
) {options};

-- The tags of content items, as far as whoever may read an item may know them: those that its title and text say, its
-- public comments, and those of its group. own says that the title or the text does. kind and published_at are those of
-- the item: lists are read in the order of an index.
CREATE TABLE IF NOT EXISTS content_tags (
    content_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    published_at BIGINT NOT NULL,
    own BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (content_id, tag_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (tag_id) REFERENCES tags (id)
) {options};

{index content_tags_tag content_tags (tag_id, content_id)}

{index content_tags_published content_tags (tag_id, published_at, content_id)}

{index content_tags_kind content_tags (tag_id, kind, published_at, content_id)}

-- The tags that internal comments say of an item: for those inside alone.
CREATE TABLE IF NOT EXISTS internal_tags (
    content_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (content_id, tag_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (tag_id) REFERENCES tags (id)
) {options};

{index internal_tags_published internal_tags (tag_id, published_at, content_id)}

{index internal_tags_kind internal_tags (tag_id, kind, published_at, content_id)}

-- What each comment says.
CREATE TABLE IF NOT EXISTS contribution_tags (
    contribution_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    PRIMARY KEY (contribution_id, tag_id),
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE,
    FOREIGN KEY (tag_id) REFERENCES tags (id)
) {options};

{index contribution_tags_tag contribution_tags (tag_id, contribution_id)}

-- The tags that groups give themselves.
CREATE TABLE IF NOT EXISTS group_tags (
    group_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    PRIMARY KEY (group_id, tag_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (tag_id) REFERENCES tags (id)
) {options};

{index group_tags_tag group_tags (tag_id, group_id)}

-- What pages show of the tags of a group, in JSON. NULL of a group without tags.
{column "groups" tags TEXT}

-- Who has learned by which activity that the text of an item mentions them, or a comment on it: contribution_id is 0 for
-- the item itself.
CREATE TABLE IF NOT EXISTS mention_notices (
    content_id BIGINT NOT NULL,
    contribution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    activity_id BIGINT NOT NULL,
    PRIMARY KEY (content_id, contribution_id, person_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index mention_notices_activity mention_notices (activity_id, person_id)}

{index mention_notices_person mention_notices (person_id)}
