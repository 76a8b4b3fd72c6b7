-- Matrix rooms of groups, and who is invited to them.

-- +goose Up

-- The Matrix id of a person. Without a proof it is the one that the site gives them at its own homeserver; with one it is
-- an account that they have shown to be theirs. It stays when they change their name here, for accounts keep theirs.
CREATE TABLE IF NOT EXISTS chat_ids (
    person_id BIGINT NOT NULL PRIMARY KEY,
    matrix_id VARCHAR(255) NOT NULL,
    proven BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    UNIQUE (matrix_id),
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE
) {options};

-- A room: kind is "public" or "private" of a group, or "space", which holds the public ones and has no entity. owner is
-- the entity again, or 0, so that there is one of each. room_id is NULL until the room is there. alias and avatar are
-- what the room was given last: its main alias, and the picture of the group with where the homeserver keeps it.
-- members are those who have joined, beside the bot. changed_at is when something that it follows changed last, and
-- settled_at when it was last looked at. problem is what stands in the way.
CREATE TABLE IF NOT EXISTS chat_rooms (
    id {id},
    kind VARCHAR(16) NOT NULL,
    owner BIGINT NOT NULL,
    entity_id BIGINT,
    room_id VARCHAR(255),
    visible BOOLEAN NOT NULL DEFAULT TRUE,
    alias VARCHAR(255) NOT NULL DEFAULT '',
    avatar VARCHAR(100) NOT NULL DEFAULT '',
    avatar_url VARCHAR(255) NOT NULL DEFAULT '',
    members INTEGER NOT NULL DEFAULT 0,
    said_at BIGINT,
    problem VARCHAR(500) NOT NULL DEFAULT '',
    changed_at BIGINT NOT NULL,
    settled_at BIGINT,
    UNIQUE (kind, owner),
    UNIQUE (room_id),
    FOREIGN KEY (entity_id) REFERENCES entities (id) ON DELETE CASCADE
) {options};

{index chat_rooms_entity chat_rooms (entity_id)}

{index chat_rooms_settled chat_rooms (settled_at, id)}

-- Who has been invited to a room: nobody is twice, also not after leaving it. state is "inviting" until the homeserver has
-- answered, "invited", or "refused". The row goes when they have left the group and the room.
CREATE TABLE IF NOT EXISTS chat_guests (
    room_id BIGINT NOT NULL,
    matrix_id VARCHAR(255) NOT NULL,
    person_id BIGINT,
    state VARCHAR(16) NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, matrix_id),
    FOREIGN KEY (room_id) REFERENCES chat_rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE SET NULL
) {options};

{index chat_guests_person chat_guests (person_id)}

-- Since when the homeserver is away, and why; one row, with the id 1.
CREATE TABLE IF NOT EXISTS chat_servers (
    id BIGINT NOT NULL PRIMARY KEY,
    away_at BIGINT,
    problem VARCHAR(500) NOT NULL DEFAULT ''
) {options};
