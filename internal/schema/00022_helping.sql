-- What events need, and who takes how much of it.

-- +goose Up

-- The events whose list has been told to the members of their group: that happens once.
CREATE TABLE IF NOT EXISTS help_lists (
    content_id BIGINT NOT NULL PRIMARY KEY,
    asked_at BIGINT NOT NULL,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

-- What an event needs, in the order of the list; wanted is how many of it at each of its dates.
CREATE TABLE IF NOT EXISTS help_needs (
    id {id},
    content_id BIGINT NOT NULL,
    place INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    title VARCHAR(120) NOT NULL,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index help_needs_content help_needs (content_id, place, id)}

-- How many of a need a person takes at a date. Together they never take more than is wanted.
CREATE TABLE IF NOT EXISTS help_takings (
    need_id BIGINT NOT NULL,
    date_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    amount INTEGER NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (need_id, date_id, person_id),
    FOREIGN KEY (need_id) REFERENCES help_needs (id) ON DELETE CASCADE,
    FOREIGN KEY (date_id) REFERENCES event_dates (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index help_takings_date help_takings (date_id, need_id, taken_at, person_id)}

{index help_takings_person help_takings (person_id, date_id)}
