-- Who is reminded of dates.

-- +goose Up

-- Members who want to be reminded of all events of a group.
CREATE TABLE IF NOT EXISTS reminder_wishes (
    person_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, group_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE
) {options};

{index reminder_wishes_group reminder_wishes (group_id, person_id)}

-- Who has been reminded of a date, by which activity and for which reason. Whoever is reminded is so once for each time
-- at which a date begins: one that has been moved has another.
CREATE TABLE IF NOT EXISTS reminders (
    date_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    activity_id BIGINT NOT NULL,
    reason VARCHAR(32) NOT NULL,
    PRIMARY KEY (date_id, person_id, starts_at),
    FOREIGN KEY (date_id) REFERENCES event_dates (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index reminders_activity reminders (activity_id, reason, person_id)}

{index reminders_person reminders (person_id)}

{index reminders_age reminders (starts_at, date_id, person_id)}

-- The same for those who come without an account, by their answers.
CREATE TABLE IF NOT EXISTS reminded_strangers (
    date_id BIGINT NOT NULL,
    attendance_id BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    PRIMARY KEY (date_id, attendance_id, starts_at),
    FOREIGN KEY (date_id) REFERENCES event_dates (id) ON DELETE CASCADE,
    FOREIGN KEY (attendance_id) REFERENCES attendances (id) ON DELETE CASCADE
) {options};

{index reminded_strangers_attendance reminded_strangers (attendance_id)}
