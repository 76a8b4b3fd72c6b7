-- How active people and groups are; what lists of them are read from; and when somebody said last what they take.

-- +goose Up

-- The score of a membership is how active somebody is in this group, by which its members are in order, and their groups
-- for them. It used to be a copy of that of the person, and stood beside this one. It begins with 0 and is worked out
-- every few hours.
{if postgresql}
ALTER TABLE memberships DROP COLUMN own_score;
ALTER TABLE memberships DROP COLUMN score;
ALTER TABLE memberships ADD COLUMN score INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE;
{end}
{if sqlite mysql}
CREATE TABLE IF NOT EXISTS memberships_anew (
    id {id},
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    score INTEGER NOT NULL DEFAULT 0,
    created_by_id BIGINT,
    joined_at BIGINT NOT NULL,
    UNIQUE (group_id, person_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

DELETE FROM memberships_anew;

INSERT INTO memberships_anew (id, group_id, person_id, created_by_id, joined_at) SELECT id, group_id, person_id, created_by_id, joined_at FROM memberships;
{end}
{if mysql}

DROP TABLE IF EXISTS memberships_before;

RENAME TABLE memberships TO memberships_before, memberships_anew TO memberships;

DROP TABLE IF EXISTS memberships_before;
{end}
{if sqlite}

DROP TABLE memberships;

ALTER TABLE memberships_anew RENAME TO memberships;
{end}

{index memberships_person memberships (person_id, group_id)}

{index memberships_score memberships (group_id, score, id)}

-- When somebody has said how much they take: an earlier answer that comes later does not count.
{column help_takings changed_at BIGINT NOT NULL DEFAULT 0}

-- The date of an event that ends next, or ended last.
{index event_dates_ends event_dates (content_id, ends_at)}

-- The groups that are archived, the latest first.
{index entities_archived entities (kind, archived_at, id)}

-- How many messages a conversation has.
{index contributions_messages contributions (conversation_id, deleted_at)}
