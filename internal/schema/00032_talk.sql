-- What becomes of comments and messages after they were written: edited, removed with a trace, reacted to.

-- +goose Up

-- changed_at is when what the page shows of it was last different; open pages ask for what is newer. removed_by is who
-- removed it: without one no trace of it is shown.
{column contributions edited_at BIGINT}

{column contributions removed_by BIGINT REFERENCES people (id)}

{column contributions changed_at BIGINT NOT NULL DEFAULT 0}

UPDATE contributions SET changed_at = created_at WHERE changed_at = 0;

{index contributions_changed contributions (changed_at, id)}

{index contributions_remover contributions (removed_by)}

-- A reaction of one tap: kind is "thanks", "good" or "idea".
CREATE TABLE IF NOT EXISTS reactions (
    contribution_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (contribution_id, kind, person_id),
    FOREIGN KEY (contribution_id) REFERENCES contributions (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index reactions_person reactions (person_id, contribution_id)}
