-- Polls.

-- +goose Up

-- What a content item asks. ranked says that people put the options into an order, instead of saying yes, maybe or no to
-- each, and dated that the options are times. hidden says that nobody sees results before the poll ends, and secret that
-- nobody ever sees a ballot. ends is a wall time as a browser sends it, in the zone; ends_at is that point in time, NULL
-- for a poll without an end. tally is a JSON object of the sums of all ballots. reminded_of is the ends_at of which
-- people have been reminded, and announced_of the one whose result they have been told.
CREATE TABLE IF NOT EXISTS polls (
    content_id BIGINT NOT NULL PRIMARY KEY,
    ranked BOOLEAN NOT NULL,
    dated BOOLEAN NOT NULL,
    secret BOOLEAN NOT NULL,
    hidden BOOLEAN NOT NULL,
    zone VARCHAR(64) NOT NULL,
    ends VARCHAR(16) NOT NULL DEFAULT '',
    ends_at BIGINT,
    tally {text} NOT NULL,
    reminded_of BIGINT,
    announced_of BIGINT,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};

{index polls_ends polls (ends_at, content_id)}

-- What people choose from: a title, or wall times in the zone of the poll. event_id is the event that was made of it.
CREATE TABLE IF NOT EXISTS poll_options (
    id {id},
    content_id BIGINT NOT NULL,
    place INTEGER NOT NULL,
    title VARCHAR(255) NOT NULL DEFAULT '',
    begins VARCHAR(16) NOT NULL DEFAULT '',
    ends VARCHAR(16) NOT NULL DEFAULT '',
    event_id BIGINT,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (event_id) REFERENCES contents (id) ON DELETE SET NULL
) {options};

{index poll_options_poll poll_options (content_id, place, id)}

{index poll_options_event poll_options (event_id)}

-- Who has voted how in polls that are not secret: a person, or somebody without an account under a name. Neither is a
-- person who has deleted their account. ballot is a JSON object of what they say to each option by its id.
CREATE TABLE IF NOT EXISTS poll_votes (
    id {id},
    content_id BIGINT NOT NULL,
    person_id BIGINT,
    name VARCHAR(63) NOT NULL DEFAULT '',
    name_key VARCHAR(63),
    ballot {text} NOT NULL,
    voted_at BIGINT NOT NULL,
    UNIQUE (content_id, person_id),
    UNIQUE (content_id, name_key),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

{index poll_votes_person poll_votes (person_id, id)}

-- Who has voted in secret polls. Their ballots are nowhere: they are added to the tally of the poll and forgotten.
CREATE TABLE IF NOT EXISTS poll_turnouts (
    content_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (content_id, person_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index poll_turnouts_person poll_turnouts (person_id)}
