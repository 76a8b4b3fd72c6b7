-- +goose Up

-- Work to be done by the task runner (kit/queue). A finished job is deleted.
CREATE TABLE IF NOT EXISTS jobs (
    id           {id},
    kind         VARCHAR(100) NOT NULL,
    lane         VARCHAR(20)  NOT NULL,
    state        VARCHAR(10)  NOT NULL, -- later, waiting, running, dead
    payload      {text}       NOT NULL, -- JSON
    unique_name  VARCHAR(200),          -- at most one living job of the kind bears it
    unique_key   VARCHAR(200),          -- the same while the job lives, NULL once it is dead
    attempt      INTEGER      NOT NULL, -- how often it was started
    run_at       BIGINT       NOT NULL, -- not before
    expires_at   BIGINT,                -- not started after
    lease        VARCHAR(40),           -- who runs it
    leased_at    BIGINT,                -- until when it is theirs
    failure      {text},                -- what went wrong the last time
    failed_at    BIGINT,
    created_at   BIGINT       NOT NULL,
    UNIQUE (kind, unique_key)
){options};

{index jobs_waiting jobs (state, lane, id)}
{index jobs_run_at jobs (state, run_at)}
{index jobs_leased_at jobs (state, leased_at)}

-- Periodic jobs: whoever moves next_at on enqueues the job.
CREATE TABLE IF NOT EXISTS periodics (
    name         VARCHAR(100) NOT NULL,
    schedule     VARCHAR(100) NOT NULL,
    next_at      BIGINT       NOT NULL,
    last_at      BIGINT,
    PRIMARY KEY (name)
){options};
