-- Feeds: those of this site, and those of websites from which groups take over what they publish there.

-- +goose Up

-- How large a picture is that feeds offer; 0 is one of which nobody noted it.
{column images bytes BIGINT NOT NULL DEFAULT 0}

-- What an import reads: a calendar or a feed; '' is something that nobody has read yet. source is the address of the feed
-- that a website has named, if the address of the import is that of the website.
{column imports kind VARCHAR(16) NOT NULL DEFAULT 'calendar'}

{column imports source VARCHAR(1000) NOT NULL DEFAULT ''}

-- The entries of these feeds by the hash of their id: each once in a group, whichever of its feeds has it, and for as long
-- as there is what became of it, so that it does not come back when its feed is imported again. import_id is NULL where the
-- group has ended the import and kept what it had brought. fingerprint is the hash of what an entry said when it was saved
-- last, via through which sites it has come. untold are those that are new and that nobody has been told of yet, and
-- activity_id is how people were told.
CREATE TABLE IF NOT EXISTS imported_entries (
    id {id},
    group_id BIGINT NOT NULL,
    entry_key CHAR(64) NOT NULL,
    import_id BIGINT,
    content_id BIGINT NOT NULL,
    fingerprint CHAR(64) NOT NULL,
    via VARCHAR(700) NOT NULL DEFAULT '',
    untold BOOLEAN NOT NULL DEFAULT FALSE,
    activity_id BIGINT,
    UNIQUE (group_id, entry_key),
    UNIQUE (content_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE SET NULL,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index imported_entries_import imported_entries (import_id)}

{index imported_entries_activity imported_entries (activity_id)}
