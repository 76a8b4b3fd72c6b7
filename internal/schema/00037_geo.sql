-- Where groups and events are found on a map, and how active people and groups are.

-- +goose Up

-- Where an entity lies, in 100,000ths of a degree (WGS 84): whole numbers are compared alike by all databases.
CREATE TABLE IF NOT EXISTS entity_positions (
    entity_id BIGINT NOT NULL PRIMARY KEY,
    latitude INTEGER NOT NULL,
    longitude INTEGER NOT NULL,
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

-- What lies near is looked for between two latitudes.
{index entity_positions_near entity_positions (latitude, longitude, entity_id)}

-- The position of an event as numbers; NULL where it has none.
{column events latitude INTEGER}

{column events longitude INTEGER}

{if sqlite}
UPDATE events SET latitude = ROUND(SUBSTR(position, 1, INSTR(position, ',') - 1) * 100000), longitude = ROUND(SUBSTR(position, INSTR(position, ',') + 1) * 100000)
 WHERE position <> '' AND latitude IS NULL;
{end}
{if postgresql}
UPDATE events SET latitude = ROUND(SPLIT_PART(position, ',', 1)::NUMERIC * 100000), longitude = ROUND(SPLIT_PART(position, ',', 2)::NUMERIC * 100000)
 WHERE position <> '' AND latitude IS NULL;
{end}
{if mysql}
UPDATE events SET latitude = ROUND(SUBSTRING_INDEX(position, ',', 1) * 100000), longitude = ROUND(SUBSTRING_INDEX(position, ',', -1) * 100000)
 WHERE position <> '' AND latitude IS NULL;
{end}

-- How active a member was in this group of late, by which their own groups are put in order.
{column memberships own_score INTEGER NOT NULL DEFAULT 0}

-- What has been said of late, without reading the texts.
{index versions_created versions (created_at, content_id, author_id)}

{index contributions_created contributions (created_at, author_id, content_id, conversation_id, public, deleted_at)}

-- The pictures by which a group introduces itself, past everything else that is pinned.
{index contents_pinned_kind contents (entity_id, kind, pinned, published_at, id)}
