-- Events that come and go as calendar programs write them (RFC 5546).

-- +goose Up

-- An event that somebody has sent to the address of a group. person_id sent it, and changes count from them alone. sender is
-- the address that it came from, organizer the one that it names for answers, and invited the one of the group. asks says
-- that it wants an answer, answer is that of the group: yes, no or empty. content_id is the event that became of it; NULL
-- as long as nobody has let it in, whom the activity asks. ignored_at is when a member decided that nobody will.
CREATE TABLE IF NOT EXISTS calendar_invitations (
    id {id},
    entity_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    uid VARCHAR(255) NOT NULL,
    sender VARCHAR(254) NOT NULL,
    organizer VARCHAR(254) NOT NULL,
    invited VARCHAR(254) NOT NULL,
    asks BOOLEAN NOT NULL,
    answer VARCHAR(8) NOT NULL DEFAULT '',
    content_id BIGINT,
    activity_id BIGINT NOT NULL DEFAULT 0,
    received_at BIGINT NOT NULL,
    ignored_at BIGINT,
    UNIQUE (entity_id, uid, person_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index calendar_invitations_person calendar_invitations (person_id)}

{index calendar_invitations_content calendar_invitations (content_id)}

{index calendar_invitations_activity calendar_invitations (activity_id)}

{index calendar_invitations_received calendar_invitations (received_at)}

-- The latest that is known of such an event as a whole, whose recurrence is empty, and of its dates that differ: what it
-- says, and since when it does not take place. Each half only grows, by epoch, sequence and stamp.
CREATE TABLE IF NOT EXISTS calendar_invitation_parts (
    invitation_id BIGINT NOT NULL,
    recurrence VARCHAR(16) NOT NULL,
    event {text} NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    stamp BIGINT NOT NULL,
    cancelled BOOLEAN NOT NULL,
    cancel_epoch INTEGER NOT NULL,
    cancel_sequence INTEGER NOT NULL,
    cancel_stamp BIGINT NOT NULL,
    PRIMARY KEY (invitation_id, recurrence),
    FOREIGN KEY (invitation_id) REFERENCES calendar_invitations (id) ON DELETE CASCADE
) {options};

-- The latest answer of a calendar program that counted for a person and an event: to a date of it by its day, or to all of
-- it, where the day is empty.
CREATE TABLE IF NOT EXISTS calendar_answers (
    content_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    day VARCHAR(10) NOT NULL,
    sequence INTEGER NOT NULL,
    stamp BIGINT NOT NULL,
    PRIMARY KEY (content_id, person_id, day),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index calendar_answers_person calendar_answers (person_id)}

-- Who wants to get events as invitations.
CREATE TABLE IF NOT EXISTS calendar_wishes (
    person_id BIGINT NOT NULL PRIMARY KEY,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};
