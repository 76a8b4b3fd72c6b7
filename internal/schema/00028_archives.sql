-- Groups that are archived, and those that are gone.

-- +goose Up

-- Since when a group is archived: nothing new comes into it. NULL for all others, and for people.
{column entities archived_at BIGINT}

-- The dates that were cancelled because their group was archived, so that they take place after all if it is reactivated.
CREATE TABLE IF NOT EXISTS archived_dates (
    date_id BIGINT NOT NULL PRIMARY KEY,
    entity_id BIGINT NOT NULL,
    FOREIGN KEY (date_id) REFERENCES event_dates (id) ON DELETE CASCADE,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};
{index archived_dates_entity archived_dates (entity_id, date_id)}

-- The slugs of groups that have been removed, the former ones too: their addresses say that the group is gone.
CREATE TABLE IF NOT EXISTS removed_groups (
    slug_key VARCHAR(150) NOT NULL PRIMARY KEY,
    removed_at BIGINT NOT NULL
) {options};

-- What refers to contents, conversations and contributions, which go with their group.
{index contributions_answered contributions (in_reply_to_id)}
{index inbox_entries_content inbox_entries (content_id)}
{index inbox_entries_conversation inbox_entries (conversation_id)}
{index inbox_entries_contribution inbox_entries (contribution_id)}
