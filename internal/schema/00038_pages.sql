-- Lists in further orders.

-- +goose Up

-- What a group or person has dated, by its dates.
{index contents_entity_starts contents (entity_id, starts_at, id)}

-- Groups and people by their names, and the latest people first.
{index entities_name entities (kind, name_key, id)}

{index people_public people (public, active, id)}
