-- How people say where they chat, and what they are told there.

-- +goose Up

-- notifies says that the person wants to be told in chat instead of by mail.
{column chat_ids notifies BOOLEAN NOT NULL DEFAULT FALSE}

-- joined says that whoever was invited is in the room, as far as the homeserver has told.
{column chat_guests joined BOOLEAN NOT NULL DEFAULT FALSE}

-- A room at the homeserver in which the site speaks with one person, at one Matrix id. state is "asking" until the
-- question stands there whether the id is theirs, "asked" until expires_at, "proven" until the site has said thanks, "open"
-- for what the person is told, and "closing" until the site has left the room. room_id is NULL until the room is there.
-- invited says that the person was asked in, and problem is what stands in the way. The row of a person who is gone has no
-- name and goes with the room.
CREATE TABLE IF NOT EXISTS chat_directs (
    id {id},
    person_id BIGINT,
    matrix_id VARCHAR(255) NOT NULL,
    room_id VARCHAR(255),
    state VARCHAR(16) NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0,
    invited BOOLEAN NOT NULL DEFAULT FALSE,
    problem VARCHAR(500) NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (person_id, matrix_id),
    UNIQUE (room_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

{index chat_directs_expires chat_directs (state, expires_at, id)}

-- Messages to one person go to such a room, one after another.
{column chat_lines direct_id BIGINT}

{unique chat_lines_direct chat_lines (direct_id)}

-- reason is why the one person is told who reads a message.
{column chat_messages reason VARCHAR(16) NOT NULL DEFAULT ''}

-- The web client of a homeserver, by the domain of its ids, as it was found; '' if there is none.
CREATE TABLE IF NOT EXISTS chat_clients (
    domain VARCHAR(255) NOT NULL PRIMARY KEY,
    address VARCHAR(500) NOT NULL DEFAULT '',
    looked_at BIGINT
) {options};
