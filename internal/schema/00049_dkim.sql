-- Keys by which mails are signed.

-- +goose Up

-- A key of DKIM. private_key is sealed with the secret of the site. published_at is since when DNS shows the public half,
-- NULL while it does not: the newest key that is shown signs.
CREATE TABLE IF NOT EXISTS dkim_keys (
    selector VARCHAR(63) NOT NULL PRIMARY KEY,
    domain VARCHAR(253) NOT NULL,
    private_key {text} NOT NULL,
    created_at BIGINT NOT NULL,
    published_at BIGINT
) {options};
