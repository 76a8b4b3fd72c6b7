-- Who comes to events.

-- +goose Up

-- What somebody answers: for a date (date_id), or for a whole series (series_id, which is then the id of the content).
-- Somebody without an account answers by an address, whose mailbox they have proved; it goes a month after the date, and
-- leaves a number. An answer is "yes", "maybe" or "no". waiting says that a "yes" has no place yet, queued_at since when it
-- is in the queue for one, advanced_at when it moved up. asked_again says that the date has moved since the answer.
CREATE TABLE IF NOT EXISTS attendances (
    id {id},
    content_id BIGINT NOT NULL,
    date_id BIGINT,
    series_id BIGINT,
    person_id BIGINT,
    address VARCHAR(254),
    address_key VARCHAR(254),
    name VARCHAR(100) NOT NULL DEFAULT '',
    language VARCHAR(16) NOT NULL DEFAULT '',
    answer VARCHAR(8) NOT NULL,
    guests INTEGER NOT NULL DEFAULT 0,
    waiting BOOLEAN NOT NULL DEFAULT FALSE,
    asked_again BOOLEAN NOT NULL DEFAULT FALSE,
    queued_at BIGINT NOT NULL,
    advanced_at BIGINT,
    answered_at BIGINT NOT NULL,
    UNIQUE (date_id, person_id),
    UNIQUE (date_id, address_key),
    UNIQUE (series_id, person_id),
    UNIQUE (series_id, address_key),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (date_id) REFERENCES event_dates (id) ON DELETE CASCADE,
    FOREIGN KEY (series_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

-- The answers for a date and for a series, in the order in which people get places; what waits in an event. What somebody
-- has answered is read from the index alone: the agenda asks it of every date of the weeks to come.
{index attendances_date attendances (date_id, queued_at, id)}

{index attendances_series attendances (series_id, queued_at, id)}

{index attendances_content attendances (content_id, waiting, queued_at, id)}

{index attendances_person attendances (person_id, content_id, date_id, series_id)}

{index attendances_address attendances (address_key, content_id)}
