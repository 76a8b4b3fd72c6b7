-- Events of several groups.

-- +goose Up

-- The groups that are asked to show an event of another one, and those that do: state is "invited", "shown" or "declined".
-- invited_by and decided_by are members of the group that hosts it and of the one that is asked.
CREATE TABLE IF NOT EXISTS event_hosts (
    content_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    invited_by BIGINT,
    decided_by BIGINT,
    invited_at BIGINT NOT NULL,
    decided_at BIGINT,
    PRIMARY KEY (content_id, entity_id),
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE,
    FOREIGN KEY (invited_by) REFERENCES people (id) ON DELETE SET NULL,
    FOREIGN KEY (decided_by) REFERENCES people (id) ON DELETE SET NULL
) {options};

-- What a group shows, and what it is asked to show.
{index event_hosts_entity event_hosts (entity_id, state, content_id)}

{index event_hosts_inviter event_hosts (invited_by)}

{index event_hosts_decider event_hosts (decided_by)}
