-- What lists need that grow with the town.

-- +goose Up

{index entities_score entities (kind, score, id)}

{index people_score people (public, active, score, id)}

{index memberships_score memberships (group_id, score, id)}
