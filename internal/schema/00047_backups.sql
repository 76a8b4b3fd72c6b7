-- What has become of the backups that the site made on its own.

-- +goose Up

-- outcome is "proved", of what can be restored, or "failed", of what could not be made; trouble says why. bytes are those
-- of the archive.
CREATE TABLE IF NOT EXISTS backups (
    id {id},
    name VARCHAR(150) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    trouble {text} NOT NULL,
    bytes BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
) {options};

{index backups_outcome backups (outcome, id)}
