-- What lists need that grow with the town.

-- +goose Up

{index entities_score entities (kind, score, id)}
