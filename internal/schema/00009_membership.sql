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
    declined_at BIGINT,
    UNIQUE (contribution_id),
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE,
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE SET NULL
) {options};

{index applications_group membership_applications (group_id, person_id)}

-- Links by which somebody becomes a member of a closed group without asking. Their secret is computed, not kept. mailed is to
-- how many addresses the link was sent; 0 says that it is shown.
CREATE TABLE IF NOT EXISTS invitations (
    id {id},
    group_id BIGINT NOT NULL,
    created_by_id BIGINT NOT NULL,
    mailed INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (group_id) REFERENCES "groups" (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index invitations_group invitations (group_id, id)}

{index invitations_person invitations (created_by_id)}

{index invitations_expires invitations (expires_at, id)}
