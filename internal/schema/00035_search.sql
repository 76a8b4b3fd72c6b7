-- What people find by searching.

-- +goose Up

-- What can be found: a post, a comment, a message, a group, a person. The larger the id, the newer it is: it begins with
-- the time, in milliseconds, and goes on with 20 bits that tell apart what is of the same one. Groups and people stand
-- behind all else in that order, so that the newest posts never hide them. source and source_id say what it is made of,
-- and content_id to entity_id whose visibility it has: only who may read all of these finds it. heading holds the words
-- and the stems of its title, topics those that its text says most often. public says that everybody may read it, as far
-- as was known when it was written.
CREATE TABLE IF NOT EXISTS search_documents (
{if sqlite}
    id INTEGER PRIMARY KEY,
{end}
{if postgresql mysql}
    id BIGINT NOT NULL PRIMARY KEY,
{end}
    source VARCHAR(16) NOT NULL,
    source_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    heading VARCHAR(2000) NOT NULL,
    topics VARCHAR(500) NOT NULL,
    public BOOLEAN NOT NULL,
    written_at BIGINT NOT NULL,
    entity_id BIGINT,
    content_id BIGINT,
    conversation_id BIGINT,
    contribution_id BIGINT,
    UNIQUE (source, source_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE
) {options};

{index search_documents_entity search_documents (entity_id)}

{index search_documents_content search_documents (content_id)}

{index search_documents_conversation search_documents (conversation_id)}

{index search_documents_contribution search_documents (contribution_id)}

-- The terms of the documents. Each database keeps them in its own manner: see kit/sqldb/terms.go.
{if sqlite}
CREATE VIRTUAL TABLE IF NOT EXISTS search_terms USING fts5 (terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS search_terms_of_none AFTER DELETE ON search_documents BEGIN
    DELETE FROM search_terms WHERE rowid = old.id;
END;
-- +goose StatementEnd
{end}
{if postgresql}
-- A trigger instead of a foreign key, which would look for the document once for each of its terms as they are written.
CREATE TABLE IF NOT EXISTS search_terms (
    term VARCHAR(100) COLLATE "C" NOT NULL,
    document_id BIGINT NOT NULL,
    PRIMARY KEY (term, document_id)
);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_terms_of_none() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
    DELETE FROM search_terms WHERE document_id = old.id;
    RETURN NULL;
END';
-- +goose StatementEnd

CREATE OR REPLACE TRIGGER search_terms_of_none AFTER DELETE ON search_documents FOR EACH ROW EXECUTE FUNCTION search_terms_of_none();
{end}
{if mysql}
CREATE TABLE IF NOT EXISTS search_terms (
    term VARCHAR(100) NOT NULL,
    document_id BIGINT NOT NULL,
    PRIMARY KEY (term, document_id),
    FOREIGN KEY (document_id) REFERENCES search_documents (id) ON DELETE CASCADE
) {options};
{end}
{if postgresql mysql}
{index search_terms_document search_terms (document_id)}
{end}

-- The words of the documents, for what is spelled wrongly and for words that are made of others: the key of each, how it
-- was written first, how many letters it has, itself and its stem from the end to the beginning, and a document that has
-- it. Whoever may read that one knows the word.
CREATE TABLE IF NOT EXISTS search_words (
    id {id},
    word VARCHAR(100) {if postgresql}COLLATE "C" {end}NOT NULL,
    written VARCHAR(100) NOT NULL,
    letters INTEGER NOT NULL,
    word_backwards VARCHAR(100) {if postgresql}COLLATE "C" {end}NOT NULL,
    stem_backwards VARCHAR(100) {if postgresql}COLLATE "C" {end}NOT NULL,
    document_id BIGINT NOT NULL,
    UNIQUE (word),
    FOREIGN KEY (document_id) REFERENCES search_documents (id) ON DELETE CASCADE
) {options};

{index search_words_endings search_words (word_backwards, id)}

{index search_words_stems search_words (stem_backwards, id)}

{index search_words_document search_words (document_id)}

-- What is left of the beginnings of words when a letter is missing.
CREATE TABLE IF NOT EXISTS search_slips (
    slip VARCHAR(16) NOT NULL,
    word_id BIGINT NOT NULL,
    PRIMARY KEY (slip, word_id),
    FOREIGN KEY (word_id) REFERENCES search_words (id) ON DELETE CASCADE
) {options};

{index search_slips_word search_slips (word_id)}
