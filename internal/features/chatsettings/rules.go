package chatsettings

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// maxID is how many bytes a Matrix id may have.
const maxID = 255

// matrixID is what ids look like: a local part, and the name of a server, perhaps with a port.
var matrixID = regexp.MustCompile(`^@([a-z0-9._=/+-]+):((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9](?::[0-9]{1,5})?)$`)

// ParseID reads a Matrix id as people type or copy it; Invalid if it is none.
func ParseID(typed string) (string, error) {
	id := strings.TrimPrefix(strings.TrimSpace(typed), "https://matrix.to/#/")
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	if !strings.HasPrefix(id, "@") {
		id = "@" + id
	}
	local, domain, _ := strings.Cut(id, ":")
	id = local + ":" + strings.ToLower(domain)
	if len(id) > maxID || !matrixID.MatchString(id) {
		return "", errs.Check(errs.Field(idField, "Enter a Matrix ID, such as @anna:example.org. The part before the colon has lower-case letters, digits and . _ = - / + only."))
	}
	return id, nil
}

// idField is the field of the form for the own id.
const idField = "matrix_id"

// domainOf returns the name of the server of an id.
func domainOf(id string) string {
	_, domain, _ := strings.Cut(id, ":")
	return domain
}

// lifetime is how long a question whether an id is somebody's waits for an answer.
const lifetime = 3 * 24 * time.Hour

// limitAsking bounds how many accounts somebody has the site ask, and limitAsked how often one account is asked, whoever
// has named it.
func limitAsking() web.Limit {
	return web.Limit{Name: "connect a chat account", Count: 5, Per: 24 * time.Hour, Whom: web.PerAccount}
}

func limitAsked() web.Limit {
	return web.Limit{Name: "questions to a chat account", Count: 3, Per: 24 * time.Hour, Whom: web.PerRecipient}
}

// State says how it stands with the chat with a person.
type State string

// The states.
const (
	asking  State = "asking" // the question is to be asked whether the id is theirs
	asked   State = "asked"
	proven  State = "proven"  // the site says thanks
	open    State = "open"    // for what they are told
	failed  State = "failed"  // the homeserver refuses it
	closing State = "closing" // the site leaves it
)

// Direct is a chat with one person.
type Direct struct {
	ID       int64  `db:"id"`
	PersonID int64  `db:"person_id"` // 0 for somebody who is gone
	MatrixID string `db:"matrix_id"`
	RoomID   string `db:"room_id"` // "" until it is there
	State    State  `db:"state"`
	Asked    int    `db:"asked"`   // how often it was asked whether the id is theirs
	Invited  bool   `db:"invited"` // the person was asked in
	Problem  string `db:"problem"`
	Expired  bool   `db:"expired"` // the question waits for no answer any more
	Name     string `db:"name"`    // of the person
	Slug     string `db:"slug"`
	Language string `db:"language"`
}

// waits reports whether the question waits for an answer.
func (d Direct) waits() bool {
	return (d.State == asking || d.State == asked) && !d.Expired && d.PersonID != 0
}

// settled reports whether nothing is left to be done.
func (d Direct) settled() bool {
	switch d.State {
	case failed:
		return true
	case asked, open:
		return d.RoomID != "" && d.Invited
	default:
		return false
	}
}

// accepts reports whether an answer in a chat says that the id is theirs.
func accepts(answer string) bool {
	answer = strings.Trim(strings.ToLower(strings.TrimSpace(answer)), ".!")
	return slices.Contains([]string{"yes", "ja", "ok", "👍", "👍️", "✅", "✔", "✔️"}, answer)
}

// CanManage reports whether somebody may say which chat rooms are those of a group.
func CanManage(s community.Standing) bool { return s.Member && !s.Archived }

// CanSeeLink reports whether the link to a chat room stands on the page of its group.
func CanSeeLink(s community.Standing, room chat.Room) bool {
	switch {
	case room.RoomID == "" || !room.Visible:
		return false
	case room.Kind == chat.Private:
		return s.Member
	default:
		return s.Member || room.Members > 0
	}
}

// reference returns by what a room is named in links: its alias, or else its id with a server that knows it.
func reference(alias, roomID, domain string) string {
	if alias != "" {
		return url.PathEscape(alias)
	}
	return url.PathEscape(roomID) + "?via=" + url.QueryEscape(domain)
}

// addressOf returns the address of a room in a web client; "" is the page that offers many of them.
func addressOf(client, reference string) string {
	if client == "" {
		return "https://matrix.to/#/" + reference
	}
	return strings.TrimSuffix(client, "/") + "/#/room/" + reference
}

// knownClient returns the web client of a homeserver that does not name one itself; "" if none is known.
func knownClient(domain string) string {
	return map[string]string{
		"matrix.org": "https://app.element.io", "fedora.im": "https://chat.fedoraproject.org", "kde.org": "https://webchat.kde.org",
		"gnome.org": "https://element.gnome.org", "tchncs.de": "https://chat.tchncs.de",
	}[domain]
}
