-- What is known of how it stands with the site, and mails to ourselves that are on their way.

-- +goose Up

-- The one row is that with the id 1. report is what the last run found, at ended_at; told is what administrators know, as
-- they were told last; both are JSON. asked_at is when somebody last asked for a run.
CREATE TABLE IF NOT EXISTS checkups (
    id BIGINT NOT NULL PRIMARY KEY,
    asked_at BIGINT,
    ended_at BIGINT,
    report {text} NOT NULL,
    told {text} NOT NULL
) {options};

-- A mail to ourselves: message is what has come of it at arrived_at, the mail itself, or else a report that it could not be
-- delivered.
CREATE TABLE IF NOT EXISTS probes (
    nonce VARCHAR(32) NOT NULL PRIMARY KEY,
    sent_at BIGINT NOT NULL,
    arrived_at BIGINT,
    returned BOOLEAN NOT NULL DEFAULT FALSE,
    message {blob}
) {options};

-- The public key by which a device knows the site; empty if nobody knows.
{column push_devices site_key VARCHAR(100) NOT NULL DEFAULT ''}
