-- What administrators are told of by mail.

-- +goose Up

-- What went wrong since they were told the last time, grouped: area says to whom it matters, subject what it is about,
-- detail what happened the last time.
CREATE TABLE IF NOT EXISTS incidents (
    id {id},
    area VARCHAR(16) NOT NULL,
    subject VARCHAR(191) NOT NULL,
    detail {text} NOT NULL,
    count INTEGER NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (area, subject)
) {options};
