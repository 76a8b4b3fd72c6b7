-- Comments and messages, and the files that came with them.

-- +goose Up

-- A comment on a content item or a message in a conversation. public says whether it follows the
-- visibility of its item; false makes a comment internal. inside says whether its author belonged to the group, or owned
-- the profile, when they wrote it; left_at, when they left the thread afterwards. cut is what a mail quoted or signed
-- with.
CREATE TABLE IF NOT EXISTS contributions (
    id {id},
    content_id BIGINT,
    conversation_id BIGINT,
    author_id BIGINT NOT NULL,
    text {text} NOT NULL,
    cut {text} NOT NULL,
    format VARCHAR(20) NOT NULL DEFAULT 'markdown',
    in_reply_to_id BIGINT,
    public BOOLEAN NOT NULL DEFAULT TRUE,
    by_mail BOOLEAN NOT NULL DEFAULT FALSE,
    inside BOOLEAN NOT NULL DEFAULT FALSE,
    left_at BIGINT,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY (in_reply_to_id) REFERENCES contributions (id) ON DELETE SET NULL,
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

-- The last two columns let comments be counted without reading their texts.
{index contributions_content contributions (content_id, created_at, id, public, deleted_at)}

{index contributions_conversation contributions (conversation_id, created_at, id)}

{index contributions_author contributions (author_id, content_id)}

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
