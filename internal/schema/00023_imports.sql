-- Calendars that are kept elsewhere and whose events groups show as theirs.

-- +goose Up

-- author_id is in whose name the events stand; NULL is somebody who is gone. etag and last_modified are what the server
-- said of the calendar as it was read at read_at. problem is why the last attempt failed, as a word, and status what the
-- server answered then; '' and 0 are nothing. skipped is how many events of the calendar are not shown. told_at is when
-- people were last told of new events, and due_at when the calendar is to be read next.
CREATE TABLE IF NOT EXISTS imports (
    id {id},
    group_id BIGINT NOT NULL,
    author_id BIGINT,
    address VARCHAR(1000) NOT NULL,
    name VARCHAR(255) NOT NULL DEFAULT '',
    public BOOLEAN NOT NULL,
    etag VARCHAR(255) NOT NULL DEFAULT '',
    last_modified VARCHAR(64) NOT NULL DEFAULT '',
    problem VARCHAR(16) NOT NULL DEFAULT '',
    status INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    read_at BIGINT,
    succeeded_at BIGINT,
    told_at BIGINT,
    due_at BIGINT NOT NULL,
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (author_id) REFERENCES people (id)
) {options};

{index imports_group imports (group_id, id)}

{index imports_author imports (author_id)}

{index imports_due imports (due_at, id)}

-- The events of these calendars by the hash of their UID. fingerprint is the hash of what an event said when it was saved
-- last. untold are those that are new and that nobody has been told of yet, and activity_id is how people were told.
CREATE TABLE IF NOT EXISTS imported_events (
    import_id BIGINT NOT NULL,
    uid_key CHAR(64) NOT NULL,
    content_id BIGINT NOT NULL,
    fingerprint CHAR(64) NOT NULL,
    untold BOOLEAN NOT NULL DEFAULT FALSE,
    activity_id BIGINT,
    PRIMARY KEY (import_id, uid_key),
    UNIQUE (content_id),
    FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index imported_events_activity imported_events (activity_id)}
