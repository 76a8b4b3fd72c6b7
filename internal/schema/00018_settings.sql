-- What administrators set for the whole site on its pages.

-- +goose Up

-- One row for each setting that was ever saved. revision counts its changes: whoever saves says which one they saw.
CREATE TABLE IF NOT EXISTS site_settings (
    name VARCHAR(32) NOT NULL,
    value {text} NOT NULL,
    revision INTEGER NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by_id BIGINT,
    PRIMARY KEY (name),
    FOREIGN KEY (changed_by_id) REFERENCES people (id) ON DELETE SET NULL
) {options};
