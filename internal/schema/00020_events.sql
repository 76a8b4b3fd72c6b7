-- What is particular to events, and the addresses at which calendars are fetched without signing in.

-- +goose Up

-- begins and ends are what a clock on the wall shows in the zone: 2026-03-03T19:00, or the day alone of an event that
-- takes the whole day, whose last day ends then is; ends is empty where nobody has said it. They are those of the first
-- date; rule says how a series goes on from there (RFC 5545, 3.3.10; empty is one date), and excluded on which of these
-- days there is none after all, parted by commas. place_key is the place in lower case on one line, position its latitude
-- and longitude as in a geo URI (RFC 5870; empty is unknown). uid is the name that an event brought along from elsewhere;
-- empty is content.<id>@<host>; via are the hosts of the sites through which it has come, parted by commas. answers says for what people are asked whether they come: each of the "dates", the whole
-- "series", or nothing; capacity how many places there are, 0 without end.
CREATE TABLE IF NOT EXISTS events (
    content_id BIGINT NOT NULL PRIMARY KEY,
    place VARCHAR(255) NOT NULL,
    place_key VARCHAR(255) NOT NULL,
    position VARCHAR(32) NOT NULL DEFAULT '',
    zone VARCHAR(64) NOT NULL,
    all_day BOOLEAN NOT NULL,
    begins VARCHAR(16) NOT NULL,
    ends VARCHAR(16) NOT NULL DEFAULT '',
    rule VARCHAR(255) NOT NULL DEFAULT '',
    excluded {text},
    uid VARCHAR(255) NOT NULL DEFAULT '',
    via VARCHAR(1000) NOT NULL DEFAULT '',
    cancelled BOOLEAN NOT NULL DEFAULT FALSE,
    answers VARCHAR(8) NOT NULL DEFAULT '',
    capacity INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

-- The dates of events: one of each, and those of a series for two years. day is the day on which the series says that
-- it begins, by which programs know it (RECURRENCE-ID); begins, ends and the place are its own, and so is cancelled: a
-- date does not take place either if its whole event does not. altered dates say something else than the series, and keep
-- it when that changes. entity_id is that of the content.
CREATE TABLE IF NOT EXISTS event_dates (
    id {id},
    content_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    day VARCHAR(10) NOT NULL,
    begins VARCHAR(16) NOT NULL,
    ends VARCHAR(16) NOT NULL DEFAULT '',
    place VARCHAR(255) NOT NULL,
    place_key VARCHAR(255) NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    cancelled BOOLEAN NOT NULL DEFAULT FALSE,
    altered BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (content_id, day),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id)
) {options};

-- One index for each calendar: of the town, of a group or person, of a place, and the dates of one event.
{index event_dates_starts event_dates (starts_at, id, ends_at, content_id)}

{index event_dates_entity event_dates (entity_id, starts_at, id, ends_at)}

{index event_dates_place event_dates (place_key, starts_at, id, ends_at)}

{index event_dates_content event_dates (content_id, starts_at, id, ends_at)}

-- Somebody's private address of a calendar: that of a group, or of their own profile, which stands for all that they may
-- read. The secret in the address is made of the salt, so that a new salt revokes it.
CREATE TABLE IF NOT EXISTS calendar_keys (
    person_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    salt CHAR(26) NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, entity_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

{index calendar_keys_entity calendar_keys (entity_id)}

-- What grouprise 5.5 called an event that comes from there: in the feeds of its "group", and in that of the "site". Programs
-- that have subscribed to them know the event by that, and so do their answers.
CREATE TABLE IF NOT EXISTS event_uids (
    content_id BIGINT NOT NULL,
    feed VARCHAR(8) NOT NULL,
    uid VARCHAR(255) NOT NULL,
    PRIMARY KEY (content_id, feed),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index event_uids_uid event_uids (uid, content_id)}
