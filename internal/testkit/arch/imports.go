package arch

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// door is an import from one room into another.
type door struct{ from, to string }

// doors are all doors between rooms, each with its reason. Every kind of content has one more: to content.
var doors = map[door]string{
	{"caldav", "events"}:            "programs that synchronise calendars read events, each as an object of its own",
	{"accounts", "people"}:          "an account is how a person proves who they are",
	{"membership", "groups"}:        "a membership belongs to a group, and what the group allows decides who may join",
	{"content", "threads"}:          "below each content stands a thread of comments",
	{"chatsettings", "chat"}:        "people and groups say which chat accounts and chat rooms are theirs, and the rooms follow",
	{"attendance", "content"}:       "people answer to what is published, and content says who may read it",
	{"conversations", "membership"}: "members take part in the conversations of their group",
	{"helping", "content"}:          "what is needed hangs on an event, which content shows and whose readers it knows",
	{"reminders", "content"}:        "a reminder says of an event what content says of it, to whom it may be said",
	{"reminders", "helping"}:        "a reminder says what somebody has taken, and what is still needed",
	{"reminders", "attendance"}:     "who comes is reminded, with an account or without one",
	{"conversations", "threads"}:    "a conversation is a thread",
	{"feeds", "content"}:            "a feed says of an item what content and its kind say of it, to whom it may be said",
	{"feeds", "threads"}:            "a feed of comments says what stands below an item",
	{"imports", "content"}:          "what an import of a feed brings is content",
	{"imports", "events"}:           "what an import brings are events",
}

// Names of the floors, from the ground up.
const (
	kit       = "kit"
	community = "community"
	core      = "core"
	channels  = "channels"
	features  = "features"
	app       = "app"
	testkit   = "testkit"
	command   = "cmd"
	e2e       = "e2e"
)

// below says which floors a floor may import, beside itself.
var below = map[string][]string{
	kit:       {},
	community: {kit},
	core:      {kit, community},
	channels:  {kit, community, core},
	features:  {kit, community, core},
	app:       {kit, community, core, channels, features},
	testkit:   {kit, community, core, channels, features},
	command:   {kit, app},
	e2e:       {kit, community, app},
}

// locate says on which floor a folder stands and, where a floor has rooms, in which.
func locate(folder string) (floor, room string) {
	parts := strings.Split(folder, "/")
	if parts[0] == command || parts[0] == e2e {
		return parts[0], ""
	}
	if parts[0] != "internal" || len(parts) < 2 {
		return "", ""
	}
	if len(parts) > 2 {
		room = parts[2]
	}
	switch parts[1] {
	case "community", "schema", "locale":
		return community, parts[1]
	case kit, core, channels, features, app, testkit:
		return parts[1], room
	}
	return "", ""
}

var (
	sqlPackages  = []string{"database/sql", "database/sql/driver", "github.com/jmoiron/sqlx", module + "internal/kit/sqldb"}
	httpPackages = []string{"net/http"}
)

// checkImports checks floors, doors and who may be imported at all.
func (h *house) checkImports(f *file) {
	floor, room := locate(f.folder())
	if floor == "" {
		h.refuse(f.syntax.Package, "floors", "%s stands on no floor: find it a place in cmd, e2e or below internal", f.folder())
		return
	}
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if floor == community && !f.test && (slices.Contains(sqlPackages, imported) || slices.Contains(httpPackages, imported)) {
			h.refuse(spec.Pos(), "floors", "%s imports %s, but the first floor knows neither SQL nor HTTP", f.folder(), imported)
		}
		folder, ours := strings.CutPrefix(imported, module)
		if !ours {
			continue
		}
		there, other := locate(folder)
		if why := forbidden(f, floor, room, there, other); why != "" && !h.isDoorOfKind(floor, room, there, other) {
			h.refuse(spec.Pos(), "floors", "%s imports %s, but %s", f.folder(), folder, why)
		}
	}
}

// forbidden says why a file may not import a package of the house, or nothing.
func forbidden(f *file, floor, room, there, other string) string {
	switch {
	case there == testkit:
		if f.test || floor == testkit || floor == e2e {
			return ""
		}
		return "testkit is for tests only"
	case there == app && floor != command && floor != e2e && floor != app:
		return "nobody but cmd and e2e knows the roof: declare a small interface and let app fill it in"
	case f.test && floor != command && floor != e2e && (there == floor || slices.Contains(below[testkit], there)):
		return "" // tests build the whole house
	case there != floor && !slices.Contains(below[floor], there):
		return upstairs(floor, there)
	case there == floor && floor == features && room != other:
		if _, open := doors[door{room, other}]; !open {
			return "there is no door from " + room + " to " + other + ": use an activity, an interface that app fills in, or a joined table"
		}
	case there == floor && floor == channels && room != other:
		return "channels do not know each other"
	case there == floor && floor == core && other == "module" && room != "module":
		return "module is the highest of the core"
	}
	return ""
}

func upstairs(floor, there string) string {
	allowed := "nothing of the house"
	if len(below[floor]) > 0 {
		allowed = strings.Join(below[floor], ", ")
	}
	return floor + " may import " + allowed + ", not " + there
}

// role returns which of the fixed file names of a room a file has: web.go for web.go and web_signin.go.
func role(name string) string {
	stem, _, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".go"), "_")
	return stem + ".go"
}

// checkRole checks what the fixed file names of a room promise, also where a role has several files.
func (h *house) checkRole(f *file) {
	if floor, _ := locate(f.folder()); floor != features && floor != channels {
		return
	}
	var never []string
	switch role(f.path) {
	case "web.go":
		never = sqlPackages
	case "store.go":
		never = httpPackages
	case "rules.go":
		never = slices.Concat(sqlPackages, httpPackages)
	}
	for _, spec := range f.syntax.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil && slices.Contains(never, imported) {
			h.refuse(spec.Pos(), "role files", "%s imports %s: web.go has no SQL, store.go no HTTP, rules.go neither", path.Base(f.path), imported)
		}
	}
}
