-- Mails that came back.

-- +goose Up

-- What came back of the mails to an address since it last proved to work: how often, and what was said last. No mails go to
-- it from set_aside_at on; NULL: they do. A row without that is forgotten after a while. domain is the part after the @ as
-- it travels in mails, so that administrators see where mails fail.
CREATE TABLE IF NOT EXISTS bounced_addresses (
    address_id BIGINT NOT NULL PRIMARY KEY,
    domain VARCHAR(253) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    answer VARCHAR(300) NOT NULL,
    bounces INTEGER NOT NULL,
    bounced_at BIGINT NOT NULL,
    set_aside_at BIGINT,
    FOREIGN KEY (address_id) REFERENCES email_addresses (id) ON DELETE CASCADE
) {options};

{index bounced_addresses_age bounced_addresses (bounced_at, address_id)}

{index bounced_addresses_set_aside bounced_addresses (set_aside_at, address_id)}
