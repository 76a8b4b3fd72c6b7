-- Who belongs to a group, and who wants to.

-- +goose Up

CREATE TABLE IF NOT EXISTS memberships (
    id {id},
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    score INTEGER NOT NULL DEFAULT 0,
    created_by_id BIGINT,
    joined_at BIGINT NOT NULL,
    UNIQUE (group_id, person_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id, score) REFERENCES people (id, score) ON DELETE CASCADE ON UPDATE CASCADE,
    FOREIGN KEY (created_by_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

{index memberships_person memberships (person_id, group_id)}

{index memberships_score memberships (group_id, score, id)}

CREATE TABLE IF NOT EXISTS membership_applications (
    id {id},
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    contribution_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (contribution_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE SET NULL
) {options};

{index applications_group membership_applications (group_id, person_id)}
