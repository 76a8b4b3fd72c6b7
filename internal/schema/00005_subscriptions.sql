-- Who wants to be told about what happens in a group or by a person.

-- +goose Up

CREATE TABLE IF NOT EXISTS subscriptions (
    id {id},
    entity_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (entity_id, person_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

{index subscriptions_person subscriptions (person_id, entity_id)}
