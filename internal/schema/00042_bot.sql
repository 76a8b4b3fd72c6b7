-- What the accounts of the site hear in chat rooms, and the commands that are given there.

-- +goose Up

-- An account that listens. since is the homeserver's token of where it goes on, '' before it has listened for the first
-- time. lease is the process that listens until leased_at, '' if none does.
CREATE TABLE IF NOT EXISTS bot_accounts (
    account VARCHAR(255) NOT NULL PRIMARY KEY,
    since VARCHAR(1000) NOT NULL,
    lease VARCHAR(40) NOT NULL,
    leased_at BIGINT NOT NULL
) {options};

-- Which events an account has heard of late: none is heard twice.
CREATE TABLE IF NOT EXISTS bot_heard (
    account VARCHAR(255) NOT NULL,
    event_id VARCHAR(255) NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (account, event_id)
) {options};

{index bot_heard_at bot_heard (heard_at, event_id)}

-- What administrators have asked for, in a chat room or, where room is '', at a terminal: who, in which words, and what
-- was replied. state is given, asked, confirmed, running, done or failed; question is the event that asks for a
-- confirmation, '' before it was sent, and open until expires_at. answered says that the reply has been sent.
CREATE TABLE IF NOT EXISTS commander_orders (
    id {id},
    room VARCHAR(255) NOT NULL,
    thread VARCHAR(255) NOT NULL,
    given_by VARCHAR(255) NOT NULL,
    words {text} NOT NULL,
    state VARCHAR(16) NOT NULL,
    question VARCHAR(255) NOT NULL,
    expires_at BIGINT,
    reply {text} NOT NULL,
    answered BOOLEAN NOT NULL,
    given_at BIGINT NOT NULL
) {options};

{index commander_orders_given commander_orders (given_at, id)}

{index commander_orders_open commander_orders (room, given_by, state, id)}
