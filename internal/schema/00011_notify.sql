-- What happened, who is told of it, and how people want to be told.

-- +goose Up

-- What happened, written in the transaction that made it happen. The task runner reads it, decides who
-- is to hear of it and marks it done.
CREATE TABLE IF NOT EXISTS activities (
    id {id},
    name VARCHAR(64) NOT NULL,
    actor_id BIGINT NOT NULL DEFAULT 0,
    entity_id BIGINT NOT NULL DEFAULT 0,
    person_id BIGINT NOT NULL DEFAULT 0,
    content_id BIGINT NOT NULL DEFAULT 0,
    conversation_id BIGINT NOT NULL DEFAULT 0,
    contribution_id BIGINT NOT NULL DEFAULT 0,
    date_id BIGINT NOT NULL DEFAULT 0,
    occurred_at BIGINT NOT NULL,
    fanned_to BIGINT NOT NULL DEFAULT 0, -- up to which person deliveries have been written
    done_at BIGINT
) {options};

{index activities_contribution activities (contribution_id)}

{index activities_content activities (content_id)}

{index activities_age activities (occurred_at)}

-- One notice to one person on one channel. The primary key makes it idempotent.
CREATE TABLE IF NOT EXISTS deliveries (
    activity_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    state VARCHAR(16) NOT NULL,
    problem {text} NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (activity_id, person_id, channel),
    FOREIGN KEY (activity_id) REFERENCES activities (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index deliveries_state deliveries (state, changed_at)}

{index deliveries_person deliveries (person_id)}

-- When somebody wants to be told on a channel: once (at once), daily, weekly, never. Without a row it is at once. Ids
-- that narrow nothing are 0; a row applies to an activity if its others are those of the activity. Of the rows that
-- apply the most specific one decides: of a content item or conversation, else of an entity, else of everything.
CREATE TABLE IF NOT EXISTS preferences (
    person_id BIGINT NOT NULL,
    channel VARCHAR(16) NOT NULL,
    content_id BIGINT NOT NULL DEFAULT 0,
    conversation_id BIGINT NOT NULL DEFAULT 0,
    entity_id BIGINT NOT NULL DEFAULT 0,
    timing VARCHAR(16) NOT NULL,
    PRIMARY KEY (person_id, channel, content_id, conversation_id, entity_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};
