-- Pictures that people uploaded, and where they are used.

-- +goose Up

-- name is the unguessable name in the media storage and in links.
CREATE TABLE IF NOT EXISTS images (
    id {id},
    name VARCHAR(100) NOT NULL,
    creator_id BIGINT,
    created_at BIGINT NOT NULL,
    unused_at BIGINT, -- since when a sweep has found it shown by nothing
    UNIQUE (name),
    FOREIGN KEY (creator_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

-- Which texts show a picture: whoever may read one of them may see it.
CREATE TABLE IF NOT EXISTS image_uses (
    id {id},
    image_id BIGINT NOT NULL,
    content_id BIGINT,
    contribution_id BIGINT,
    UNIQUE (image_id, content_id),
    UNIQUE (image_id, contribution_id),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE
) {options};

{index image_uses_content image_uses (content_id)}

{index image_uses_contribution image_uses (contribution_id)}

-- Files in the media storage that no row knows, since a sweep found them there.
CREATE TABLE IF NOT EXISTS stray_files (
    name VARCHAR(200) NOT NULL,
    found_at BIGINT NOT NULL,
    PRIMARY KEY (name)
) {options};
