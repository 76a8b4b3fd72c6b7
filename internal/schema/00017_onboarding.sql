-- What new people and groups are shown until they have got going.

-- +goose Up

-- The steps that are open for a person or group: neither skipped nor dismissed. Whether one is done, its room says.
CREATE TABLE IF NOT EXISTS onboarding_steps (
    entity_id BIGINT NOT NULL,
    step VARCHAR(32) NOT NULL,
    PRIMARY KEY (entity_id, step),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};
