package matrix

import (
	"log/slog"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Keys says where the keys of encrypted rooms are kept. Without a database a Client neither reads nor writes in them.
type Keys struct {
	DB     *sqldb.DB
	Secret string       // of the site
	Log    *slog.Logger // nil: what mautrix says about keys is not written down

	VerifiedOnly bool // devices that their owner has not verified get no keys of rooms
}

// Verification says how an account is to be verified.
type Verification struct {
	Password    string // of the account, which some servers want
	RecoveryKey string // of keys that a client has made for the account before
	Replace     bool   // such keys, by new ones: whoever has verified the account has to do so again
}

// Verified is what has become of it.
type Verified struct {
	Device      string
	Fingerprint string // of the device, by which people recognise it
	Made        bool   // new keys for the account, and not used those that were there
}

// late is an event that is handed on after those that came with it.
type late struct {
	room       id.RoomID
	raw, plain *event.Event // plain is nil if its key has not come
}
