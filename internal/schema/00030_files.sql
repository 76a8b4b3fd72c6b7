-- Files that groups and people publish.

-- +goose Up

-- Which file a content item has had, and who gave it to it: the highest number is the file that it has now. A file that
-- was brought back is another version with the same file.
CREATE TABLE IF NOT EXISTS file_versions (
    id {id},
    content_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    file_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (content_id, number),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE,
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

{index file_versions_file file_versions (file_id)}

{index file_versions_author file_versions (author_id)}

-- The picture that was made of the file that an item has now: the name of a row of images.
CREATE TABLE IF NOT EXISTS file_previews (
    content_id BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    picture VARCHAR(100) NOT NULL,
    PRIMARY KEY (content_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (file_id) REFERENCES files (id) ON DELETE CASCADE
) {options};

{index file_previews_file file_previews (file_id)}
