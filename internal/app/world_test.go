package app

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// worlds is how many random towns are looked at. GROUPRISE_TEST_WORLDS asks for another number.
const worlds = 60

// world is a random town in which everything that somebody wrote bears a mark of its own. Who may see
// which mark is worked out here, from the rules as they are written in words, and compared with what
// everybody gets to see by all doors.
//
// The rules: what is public everybody sees. What is internal in a group its members see, on a profile its
// owner, and whoever commented on it from outside. A comment that came by mail is for those inside and its author. A
// conversation is for the members of the group, or the person, and for whoever has written in it.
type world struct {
	*town
	rand  *rand.Rand
	marks []mark

	members   map[int64]map[int64]bool  // group → people
	wrote     map[string]map[int64]bool // what keeps somebody in a thread: not what they wrote on an item as members
	published map[int64]*bool           // what began as public: whether it still is
	freed     string                    // a name that somebody gave up
	archived  map[int64]bool            // groups
	calendars []string                  // permalinks of events
	sheets    []string                  // permalinks of files
	hanging   []string                  // addresses of what hangs on the item that is written
	dates     []string                  // pages of dates of series, and the forms that change them
	polls     []string                  // pages and objects of polls
}

// mark is something somebody wrote.
type mark struct {
	word  string
	what  string
	sees  func(person int64) bool
	place string // the page on which it stands
	file  string // a file that hangs on it
	live  string // where its page learns of it while it is open

	message      bool  // in a conversation
	contribution int64 // whose text it is, if that can be removed without taking anybody's part in the thread
	event        *announced
}

// announced is an event, as calendars hold it.
type announced struct {
	entityID int64
	public   *bool
	lists    func(person int64) bool // who finds it in lists
	shownBy  int64                   // the other group that shows it as long as it is public
}

func TestNobodyGetsToSeeWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	count := worlds
	if n, err := strconv.Atoi(os.Getenv("GROUPRISE_TEST_WORLDS")); err == nil {
		count = n
	}
	if testing.Short() {
		count = 5
	}
	const towns = 2 // in which the worlds stand one after another
	var seen atomic.Int64
	t.Run("worlds", func(t *testing.T) {
		for n := range towns {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				w := newTown(t)
				for seed := n; seed < count; seed += towns {
					seen.Add(int64(lookAround(t, w, uint64(seed))))
					if t.Failed() {
						t.Fatalf("world %d has a leak, or hides something", seed)
					}
				}
			})
		}
	})
	if seen.Load() == 0 {
		t.Error("nobody saw anything: the test compares nothing")
	}
}

// lookAround builds one world in the town, lets everybody look everywhere and takes the world down again.
func lookAround(t *testing.T, base *town, seed uint64) (seen int) {
	t.Helper()
	w := &world{town: base, rand: rand.New(rand.NewPCG(seed, 7)), members: map[int64]map[int64]bool{}, wrote: map[string]map[int64]bool{}, published: map[int64]*bool{}, archived: map[int64]bool{}}
	w.clear(t)
	w.settle(t)
	w.write(t)
	w.archive(t)
	w.vanish(t)
	if err := w.RebuildSearch(t.Context(), func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.readMails(t)
	w.leave(t)
	w.retract(t)
	w.remove(t)
	w.rename(t)
	for _, p := range append([]cast.Person{{}}, w.people()...) {
		seen += w.look(t, p)
	}
	return seen
}

func (w *world) people() []cast.Person { return []cast.Person{w.Anna, w.Bert, w.Carla} }

func (w *world) groups() []community.Group { return []community.Group{w.Garten, w.Chor} }

// clear removes what the last world left.
func (w *world) clear(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, e := range w.owners() {
			if _, err := tx.Exec(t.Context(), `UPDATE entities SET slug = ?, slug_key = ?, archived_at = NULL WHERE id = ?`, e.Slug, e.Slug, e.ID); err != nil {
				return err
			}
		}
		for _, table := range []string{"former_slugs", "removed_groups", "files", "inbox_entries", "deliveries", "activities", "reply_keys", "received_messages", "contributions", "conversations", "file_versions", "file_previews", "image_uses", "versions", "imports", "calendar_invitations", "event_hosts", "contents", "images", "calendar_keys", "memberships", "subscriptions", "throttles", "group_tags", "tags"} {
			if _, err := tx.Exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `UPDATE "groups" SET tags = NULL`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(w.outbox); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.outbox, 0o700); err != nil {
		t.Fatal(err)
	}
}

// settle decides at random who belongs to which group and follows it.
func (w *world) settle(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, g := range w.groups() {
			w.members[g.ID] = map[int64]bool{}
			if w.rand.IntN(2) == 0 {
				if err := tagging.AddToGroup(t.Context(), tx, g.ID, community.Tag{Name: "Beet", Slug: "beet"}); err != nil {
					return err
				}
			}
			for _, p := range w.people() {
				if w.rand.IntN(2) == 0 {
					w.members[g.ID][p.ID] = true
					if _, err := tx.Insert(t.Context(), `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (?, ?, ?)`, g.ID, p.ID, tx.Now); err != nil {
						return err
					}
				}
				if w.rand.IntN(2) == 0 {
					if _, err := tx.Insert(t.Context(), `INSERT INTO subscriptions (entity_id, person_id, created_at) VALUES (?, ?, ?)`, g.EntityID, p.ID, tx.Now); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// leave lets some leave their groups: what they were told stays in their mailbox, but no door opens any
// more.
func (w *world) leave(t *testing.T) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, g := range w.groups() {
			for _, p := range w.people() {
				if !w.members[g.ID][p.ID] || w.rand.IntN(3) > 0 {
					continue
				}
				delete(w.members[g.ID], p.ID)
				if _, err := tx.Exec(t.Context(), `DELETE FROM memberships WHERE group_id = ? AND person_id = ?`, g.ID, p.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// retract makes some of what was public internal, as editing does.
func (w *world) retract(t *testing.T) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(w.published)) {
		if w.rand.IntN(3) == 0 {
			*w.published[id] = false
			cast.Execute(t, w.db, `UPDATE contents SET public = FALSE WHERE id = ?`, id)
		}
	}
}

// rename gives groups and people other names, as changing their settings does, or a name that another one has given up, if
// they can have it. Marks stay at their old addresses, which must lead on.
func (w *world) rename(t *testing.T) {
	t.Helper()
	for _, p := range w.people() {
		w.visitor(t, p) // signs in by the name that they have at first
	}
	register := entities.New(nil)
	for _, e := range w.owners() {
		if w.rand.IntN(3) > 0 {
			continue
		}
		slug := e.Slug + "-neu"
		if w.freed != "" && w.rand.IntN(2) == 0 {
			wrong, err := register.Check(t.Context(), w.db, w.freed, e.Kind, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			if len(wrong) == 0 {
				slug = w.freed
			}
		}
		w.freed = e.Slug
		if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return register.Update(t.Context(), tx, e.ID, slug, e.Name) }); err != nil {
			t.Fatal(err)
		}
	}
}

// owners returns all groups and profiles, by the names that they have at first.
func (w *world) owners() (all []community.Entity) {
	for _, g := range w.groups() {
		all = append(all, g.Entity())
	}
	for _, p := range w.people() {
		all = append(all, p.Entity())
	}
	return all
}

// inside reports whether a person belongs to an entity.
func (w *world) inside(e community.Entity, person int64) bool {
	if e.IsGroup() {
		return w.members[e.OwnerID][person]
	}
	return e.OwnerID == person
}

func (w *world) anybody() cast.Person { return w.people()[w.rand.IntN(3)] }

// anywhere returns a group or a profile.
func (w *world) anywhere() community.Entity {
	if w.rand.IntN(3) == 0 {
		return w.anybody().Entity()
	}
	return w.groups()[w.rand.IntN(2)].Entity()
}

// write lets people write, by the rooms' own tables and activities, so that everything that follows happens.
func (w *world) write(t *testing.T) {
	t.Helper()
	w.followed(t)
	for n := range 2 + w.rand.IntN(4) {
		w.article(t, n)
	}
	for n := range 1 + w.rand.IntN(3) {
		w.event(t, n)
	}
	for n := range 1 + w.rand.IntN(2) {
		w.gallery(t, n)
	}
	for n := range 1 + w.rand.IntN(2) {
		w.file(t, n)
	}
	w.poll(t, 0)
	for n := range 1 + w.rand.IntN(3) {
		w.conversation(t, n)
	}
	w.invitation(t)
}

// followed lets each group import a calendar or a website whose name and address are for its members.
func (w *world) followed(t *testing.T) {
	t.Helper()
	for n, g := range w.groups() {
		word := fmt.Sprintf("kalenderwort%d", n)
		err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			id, err := tx.Insert(t.Context(), `INSERT INTO imports (group_id, author_id, kind, address, name, public, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				g.ID, w.anybody().ID, []string{"calendar", "feed"}[n], "http://127.0.0.1:9999/"+word, "Kalender "+word, true, tx.Now, clock.At(tx.Now.AddDate(1, 0, 0)))
			place := fmt.Sprintf("/stadt/imports/%d/", id)
			w.marks = append(w.marks, mark{word: word, what: "an import of " + g.Slug, place: place, sees: func(person int64) bool { return w.members[g.ID][person] }})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// archive archives some groups. What was readable is, and their calendars are closed to programs.
func (w *world) archive(t *testing.T) {
	t.Helper()
	for _, g := range w.groups() {
		if w.rand.IntN(4) > 0 {
			continue
		}
		w.archived[g.ID] = true
		if _, _, err := w.Groups().ArchiveFor(t.Context(), g.Slug, true); err != nil {
			t.Fatal(err)
		}
	}
}

// vanish lets a group be removed of which nobody sees anything any more.
func (w *world) vanish(t *testing.T) {
	t.Helper()
	if w.rand.IntN(4) > 0 {
		return
	}
	g, author := cast.AddGroup(t, w.db, "verein"), w.anybody()
	cast.Join(t, w.db, g.ID, author.ID)
	id := cast.AddContent(t, w.db, cast.Content{EntityID: g.EntityID, AuthorID: author.ID, Public: true})
	cast.Execute(t, w.db, `UPDATE contents SET slug = 'weg', title = 'Titel wegwort1' WHERE id = ?`, id)
	if _, err := w.Groups().Remove(t.Context(), g.Slug); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"/verein/", "/verein/weg/", community.ContentPermalink(id)} {
		w.marks = append(w.marks, mark{word: "wegwort1", what: "an article of a group that was removed", place: place, sees: func(int64) bool { return false }})
	}
}

// record records an activity as a room does. The outbox of the house wants a queue that runs.
func (w *world) record(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	_, err := w.activities.Record(ctx, tx, e)
	return err
}

func (w *world) article(t *testing.T, n int) {
	t.Helper()
	w.item(t, "article", "artikel", n, func(*sqldb.Tx, int64, string) error { return nil })
}

// gallery publishes a picture with a caption and a description that bear its mark, too. Some are pinned, and introduce their
// group if they are public. The picture is nobody's: who uploads one sees it in any case.
func (w *world) gallery(t *testing.T, n int) {
	t.Helper()
	name := media.NewName("x.jpg")
	if _, err := w.media.Put(t.Context(), name, bytes.NewReader(snapshot(t, name, uint8(n)).Content)); err != nil {
		t.Fatal(err)
	}
	w.item(t, "gallery", "galerie", n, func(tx *sqldb.Tx, id int64, word string) error {
		image, err := tx.Insert(t.Context(), `INSERT INTO images (name, created_at) VALUES (?, ?)`, name, tx.Now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO gallery_pictures (content_id, image_id, position, caption, alt) VALUES (?, ?, 1, ?, ?)`, id, image, "Unterschrift "+word, "Zu sehen ist "+word)
		if err != nil {
			return err
		}
		album, err := community.Album{Count: 1, Pictures: []community.AlbumPicture{{Name: name, Alt: "Zu sehen ist " + word}}}.Encode()
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `UPDATE contents SET album = ?, picture = ?, pinned = ? WHERE id = ?`, album, name, w.rand.IntN(2) == 0, id)
		return err
	})
	i := len(w.marks) - 1
	for ; !strings.Contains(w.marks[i].what, "the kind gallery"); i-- { // comments stand behind it
	}
	for _, size := range []string{community.WallPicture, ""} {
		m := w.marks[i]
		m.file = community.PicturePath(name, size)
		w.marks = append(w.marks, m)
	}
}

// event announces an event, whose place bears its mark, too. It stands in the calendar for the next days.
func (w *world) event(t *testing.T, n int) {
	t.Helper()
	place := w.item(t, "event", "termin", n, func(tx *sqldb.Tx, id int64, word string) error {
		day := tx.Now.AddDate(0, 0, 1+w.rand.IntN(3))
		begins := clock.Date(day.Year(), day.Month(), day.Day(), 18, 0)
		if _, err := tx.Exec(t.Context(), `UPDATE contents SET starts_at = ?, ends_at = ? WHERE id = ?`, begins, begins, id); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO events (content_id, place, place_key, position, latitude, longitude, zone, all_day, begins, answers) VALUES (?, ?, ?, '53.165,9.945', 5316500, 994500, 'UTC', ?, ?, 'dates')`,
			id, "Ort "+word, w.place(word), false, begins.Format("2006-01-02T15:04"))
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `
			INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)
			SELECT c.id, c.entity_id, ?, v.begins, v.place, v.place_key, c.starts_at, c.ends_at FROM contents c JOIN events v ON v.content_id = c.id WHERE c.id = ?`,
			begins.Format(time.DateOnly), id)
		if err != nil {
			return err
		}
		return w.needs(t, tx, id, word)
	})
	w.calendars = append(w.calendars, place)
	w.share(t, place)
	w.comeByMail(t, place, n)
	w.repeat(t, place)
}

// file publishes a file with an older version and a preview, whose names bear its mark, too.
func (w *world) file(t *testing.T, n int) {
	t.Helper()
	w.sheets = append(w.sheets, w.item(t, "file", "datei", n, func(tx *sqldb.Tx, id int64, word string) error {
		picture, err := w.drawn(t)
		if err != nil {
			return err
		}
		image, err := tx.Insert(t.Context(), `INSERT INTO images (name, created_at) VALUES (?, ?)`, picture, tx.Now)
		if err != nil {
			return err
		}
		w.hanging = []string{community.PicturePath(picture, ""), community.PicturePath(picture, community.CardPicture)}
		for number := 1; number <= 2; number++ {
			f := media.File{Name: media.NewName("x.txt"), OriginalName: fmt.Sprintf("blatt%d-%s.txt", number, word), MediaType: "text/plain", Size: 4, ContentID: id}
			if _, err := w.media.Put(t.Context(), f.Name, strings.NewReader("Text "+word)); err != nil {
				return err
			}
			if err := media.InsertFiles(t.Context(), tx, []media.File{f}); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `INSERT INTO file_versions (content_id, number, file_id, author_id, created_at)
				SELECT c.id, ?, f.id, c.author_id, ? FROM contents c JOIN files f ON f.content_id = c.id WHERE c.id = ? AND f.name = ?`, number, tx.Now, id, f.Name)
			if err != nil {
				return err
			}
			w.hanging = append(w.hanging, f.Path())
		}
		for _, statement := range []string{
			`INSERT INTO image_uses (content_id, image_id) VALUES (?, ?)`,
			`INSERT INTO file_previews (content_id, picture, file_id) SELECT v.content_id, i.name, v.file_id FROM file_versions v, images i WHERE v.number = 2 AND v.content_id = ? AND i.id = ?`,
		} {
			if _, err := tx.Exec(t.Context(), statement, id, image); err != nil {
				return err
			}
		}
		_, err = tx.Exec(t.Context(), `UPDATE contents SET picture = ? WHERE id = ?`, picture, id)
		return err
	}))
}

// drawn keeps a picture that no row knows, and returns its name.
func (w *world) drawn(t *testing.T) (string, error) {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		return "", err
	}
	name, _, err := media.NewPictures(w.db, w.media).Keep(t.Context(), "picture", bytes.NewReader(file.Bytes()))
	return name, err
}

// poll asks something in which a guest has voted, whose name whoever may read the poll may know.
func (w *world) poll(t *testing.T, n int) {
	t.Helper()
	guest := fmt.Sprintf("stimmwort%d", n)
	permalink := w.item(t, "poll", "umfrage", n, func(tx *sqldb.Tx, id int64, word string) error {
		option, err := tx.Insert(t.Context(), `INSERT INTO poll_options (content_id, place, title) VALUES (?, 1, ?)`, id, "Antwort "+word)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO polls (content_id, ranked, dated, secret, hidden, zone, tally) VALUES (?, ?, ?, ?, ?, 'UTC', ?)`,
			id, false, false, false, false, fmt.Sprintf(`{"voters": 1, "answers": {"%d": {"yes": 1}}}`, option))
		if err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), `INSERT INTO poll_votes (content_id, name, name_key, ballot, voted_at) VALUES (?, ?, ?, ?, 1)`,
			id, "Gast "+guest, "gast "+guest, fmt.Sprintf(`{"%d": 2}`, option))
		return err
	})
	about := slices.IndexFunc(w.marks, func(m mark) bool { return m.what[:min(len(m.what), 24)] == "an item of the kind poll" })
	m := w.marks[about]
	m.word, m.what, m.place = guest, "who has voted in "+m.what, permalink+"votes/"
	w.marks = append(w.marks, m)
	id := strings.Trim(strings.TrimPrefix(permalink, "/stadt/content"), "/")
	w.polls = append(w.polls, "/stadt/polls/", permalink+"votes/", "/stadt/api/polls/"+id+"/", w.marks[about].place+"vote/", "/garten/events/add/?from_item="+id+"&from_part=1")
}

// share lets another group show some events, also such as are not public any more.
func (w *world) share(t *testing.T, permalink string) {
	t.Helper()
	n := len(w.marks) - 1
	for w.marks[n].event == nil { // comments stand behind it
		n--
	}
	other := w.groups()[w.rand.IntN(2)].EntityID
	if e := w.marks[n].event; e.entityID != other {
		e.shownBy = other
		cast.Execute(t, w.db, `INSERT INTO event_hosts (content_id, entity_id, state, invited_at, decided_at) VALUES (?, ?, 'shown', 1, 1)`,
			strings.Trim(strings.TrimPrefix(permalink, "/stadt/content"), "/"), other)
	}
}

// repeat lets some events take place once more in the next days, each of which has a page.
func (w *world) repeat(t *testing.T, permalink string) {
	t.Helper()
	if w.rand.IntN(2) == 0 {
		return
	}
	id := strings.Trim(strings.TrimPrefix(permalink, "/stadt/content"), "/")
	later := time.Now().UTC().AddDate(0, 0, 4)
	day := later.Format(time.DateOnly)
	cast.Execute(t, w.db, `UPDATE events SET rule = 'FREQ=DAILY' WHERE content_id = ?`, id)
	cast.Execute(t, w.db, `
		INSERT INTO event_dates (content_id, entity_id, day, begins, place, place_key, starts_at, ends_at)
		SELECT content_id, entity_id, ?, ?, place, place_key, ?, ? FROM event_dates WHERE content_id = ?`, day, day+"T18:00", clock.At(later), clock.At(later), id)
	w.dates = append(w.dates, permalink+"?date="+day, permalink+"dates/"+day+"/")
}

// place returns the key of the place of an event. Half of them take place where others do, under a name of their own.
func (w *world) place(word string) string {
	if w.rand.IntN(2) == 0 {
		return "marktplatz"
	}
	return "ort " + word
}

// comeByMail lets somebody come without an account to the event at a permalink. Only those inside see who it is.
func (w *world) comeByMail(t *testing.T, permalink string, n int) {
	t.Helper()
	var id int64
	if _, err := fmt.Sscanf(permalink, "/stadt/content/%d/", &id); err != nil {
		t.Fatal(err)
	}
	word := fmt.Sprintf("gastwort%d", n)
	cast.Execute(t, w.db, `
		INSERT INTO attendances (content_id, date_id, address, address_key, name, answer, queued_at, answered_at)
		SELECT d.content_id, d.id, ?, ?, ?, 'yes', 1, 1 FROM event_dates d WHERE d.content_id = ?`, word+"@example.com", word+"@example.com", "Gast "+word, id)
	var e community.Entity
	err := w.db.Get(t.Context(), &e, `
		SELECT e.id, e.kind, e.slug, COALESCE(g.id, p.id) AS owner_id FROM contents c JOIN entities e ON e.id = c.entity_id
		  LEFT JOIN "groups" g ON g.entity_id = e.id LEFT JOIN people p ON p.entity_id = e.id WHERE c.id = ?`, id)
	if err != nil {
		t.Fatal(err)
	}
	w.marks = append(w.marks, mark{word: word, what: "somebody who comes to an event of " + e.Slug, place: permalink + "events/attendees/list/", sees: func(person int64) bool {
		return person != 0 && w.inside(e, person)
	}})
}

// item publishes an item of a kind whose title, text and slug begin with a word, and returns the address of its page.
func (w *world) item(t *testing.T, kind, called string, n int, save func(tx *sqldb.Tx, id int64, word string) error) string {
	t.Helper()
	e, author := w.anywhere(), w.anybody()
	public := new(bool)
	*public = w.rand.IntN(2) == 0
	if !e.IsGroup() {
		author = w.people()[slices.IndexFunc(w.people(), func(p cast.Person) bool { return p.ID == e.OwnerID })]
	}
	word, slug := fmt.Sprintf("%swort%d", called, n), fmt.Sprintf("%s-%d", called, n)
	var id int64
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		id, err = tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			kind, e.ID, author.ID, slug, "Titel "+word, *public, tx.Now)
		if err != nil {
			return err
		}
		if err := save(tx, id, word); err != nil {
			return err
		}
		if _, err = tx.Insert(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`, id, author.ID, "Text "+word, tx.Now); err != nil {
			return err
		}
		if err := tagging.NoteItem(t.Context(), tx, id, "#beet", "#zeichen-"+word); err != nil {
			return err
		}
		return w.record(t.Context(), tx, community.Activity{Name: community.ContentPublished, ActorID: author.ID, EntityID: e.ID, ContentID: id})
	})
	if err != nil {
		t.Fatal(err)
	}
	place := community.ContentPath(e.Slug, slug)
	key := "content " + word
	w.wrote[key] = map[int64]bool{}
	reads := func(person int64) bool {
		return *public || person != 0 && (w.inside(e, person) || w.wrote[key][person])
	}
	if *public {
		w.published[id] = public
	}
	m := mark{word: word, what: "an item of the kind " + kind + " of " + e.Slug, sees: reads, place: place}
	if kind == "event" {
		m.event = &announced{entityID: e.ID, public: public, lists: func(person int64) bool { return *public || person != 0 && w.inside(e, person) }}
	}
	w.marks = append(w.marks, m)
	for _, path := range w.hanging {
		m.file = path
		w.marks = append(w.marks, m)
	}
	w.hanging = nil
	for k := range w.rand.IntN(4) {
		commenter := w.anybody()
		if !reads(commenter.ID) && w.rand.IntN(4) > 0 { // some have commented while they still could
			continue
		}
		open := w.rand.IntN(2) == 0
		comment := fmt.Sprintf("%skommentar%dx%d", called, n, k)
		inside := w.inside(e, commenter.ID)
		w.wrote[key][commenter.ID] = w.wrote[key][commenter.ID] || !inside
		file, contribution := w.contribute(t, commenter, comment, open, inside, community.Activity{Name: community.CommentPosted, ActorID: commenter.ID, EntityID: e.ID, ContentID: id})
		if !inside {
			contribution = 0
		}
		w.marks = append(w.marks, mark{word: comment, what: "a comment on that of " + e.Slug, place: place, file: file, live: fmt.Sprintf("/stadt/threads/content/%d/live", id), contribution: contribution, sees: func(person int64) bool {
			return reads(person) && (open || person != 0 && (w.inside(e, person) || person == commenter.ID))
		}})
	}
	return community.ContentPermalink(id)
}

func (w *world) conversation(t *testing.T, n int) {
	t.Helper()
	e, author := w.anywhere(), w.anybody()
	word := fmt.Sprintf("gespraechswort%d", n)
	var id int64
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		id, err = tx.Insert(t.Context(), `INSERT INTO conversations (entity_id, author_id, subject, created_at, latest_at) VALUES (?, ?, ?, ?, ?)`, e.ID, author.ID, "Thema "+word, tx.Now, tx.Now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	key := "conversation " + word
	w.wrote[key] = map[int64]bool{author.ID: true}
	reads := func(person int64) bool { return person != 0 && (w.inside(e, person) || w.wrote[key][person]) }
	w.marks = append(w.marks, mark{word: word, what: "the subject of a conversation with " + e.Slug, place: community.ConversationPath(id), sees: reads})
	for k := range 1 + w.rand.IntN(3) {
		writer := author
		if k > 0 {
			if writer = w.anybody(); !reads(writer.ID) {
				continue
			}
		}
		message := fmt.Sprintf("%sx%d", word, k)
		w.wrote[key][writer.ID] = true
		file, contribution := w.contribute(t, writer, message, true, w.inside(e, writer.ID), community.Activity{Name: community.MessagePosted, ActorID: writer.ID, EntityID: e.ID, ConversationID: id})
		w.marks = append(w.marks, mark{word: message, what: "a message to " + e.Slug, message: true, place: community.ConversationPath(id), file: file, live: fmt.Sprintf("/stadt/threads/conversation/%d/live", id), contribution: contribution, sees: reads})
	}
}

// invitation lets an event that somebody has sent to a group wait for a member to let it in.
func (w *world) invitation(t *testing.T) {
	t.Helper()
	g, sender := w.groups()[w.rand.IntN(2)], w.anybody()
	e, word := g.Entity(), fmt.Sprintf("einladungswort%04d", len(w.marks))
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		id, err := tx.Insert(t.Context(), `
			INSERT INTO calendar_invitations (entity_id, person_id, uid, sender, organizer, invited, asks, activity_id, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, sender.ID, word, sender.Address, sender.Address, e.Slug+"@example.org", true, 1, tx.Now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `
			INSERT INTO calendar_invitation_parts (invitation_id, recurrence, event, epoch, sequence, stamp, cancelled, cancel_epoch, cancel_sequence, cancel_stamp)
			VALUES (?, '', ?, 0, 0, 0, ?, 0, 0, 0)`,
			id, fmt.Sprintf(`{"Title": "Fest %[1]s", "Place": "Hof %[1]s", "Text": "Text %[1]s", "Begins": "2099-01-01", "AllDay": true, "Zone": "UTC"}`, word), false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.marks = append(w.marks, mark{
		word: word, what: "an invitation to " + e.Slug, place: fmt.Sprintf("/stadt/groups/%d/calendar-invitations/", g.ID),
		sees: func(person int64) bool { return person != 0 && w.inside(e, person) },
	})
}

// contribute writes a comment or message with a file, and returns the path of the file and the id of what it wrote.
func (w *world) contribute(t *testing.T, p cast.Person, word string, open, inside bool, e community.Activity) (file string, id int64) {
	t.Helper()
	f := media.File{Name: media.NewName("x.png"), OriginalName: "datei-" + word + ".png", MediaType: "image/png", Size: int64(len(word)), CreatorID: p.ID}
	if _, err := w.media.Put(t.Context(), f.Name, strings.NewReader(word)); err != nil {
		t.Fatal(err)
	}
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		content, conversation := any(nil), any(nil)
		if e.ContentID != 0 {
			content = e.ContentID
		} else {
			conversation = e.ConversationID
		}
		e.ContributionID, err = tx.Insert(t.Context(), `INSERT INTO contributions (content_id, conversation_id, author_id, text, cut, public, inside, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			content, conversation, p.ID, "Text "+word, "> "+word, open, inside, tx.Now)
		if err != nil {
			return err
		}
		f.ContributionID = e.ContributionID
		if err := media.InsertFiles(t.Context(), tx, []media.File{f}); err != nil {
			return err
		}
		if e.ContentID != 0 {
			said := tagging.Comment{ID: e.ContributionID, ContentID: e.ContentID, Public: open, Text: "#lob #zeichen-" + word}
			if err := tagging.NoteComment(t.Context(), tx, said); err != nil {
				return err
			}
		}
		return w.record(t.Context(), tx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f.Path(), e.ContributionID
}

// remove lets some of what was said be removed: nobody gets to see it any more, nor its file.
func (w *world) remove(t *testing.T) {
	t.Helper()
	for n := range w.marks {
		if m := &w.marks[n]; m.contribution != 0 && w.rand.IntN(4) == 0 {
			cast.Execute(t, w.db, `UPDATE contributions SET deleted_at = 1, changed_at = 1, removed_by = ? WHERE id = ?`, w.anybody().ID, m.contribution)
			w.untag(t, m.contribution)
			m.sees = func(int64) bool { return false }
		}
	}
}

// untag takes back the tags of a comment that was removed.
func (w *world) untag(t *testing.T, contribution int64) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		c := tagging.Comment{ID: contribution}
		var k struct {
			ContentID int64 `db:"content_id"`
			Public    bool  `db:"public"`
		}
		if err := tx.Get(t.Context(), &k, `SELECT COALESCE(content_id, 0) AS content_id, public FROM contributions WHERE id = ?`, contribution); err != nil || k.ContentID == 0 {
			return err
		}
		c.ContentID, c.Public = k.ContentID, k.Public
		return tagging.RenoteComment(t.Context(), tx, c)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// look lets a person, or nobody, go everywhere and compares what they see with what they may.
func (w *world) look(t *testing.T, p cast.Person) (seen int) {
	t.Helper()
	v := w.visitor(t, p)
	paths := []string{"/", mapOfEvents, "/stadt/map/?near=Marktplatz", "/stadt/map/?near=53.165,9.945&within=2", "/stadt/articles/", "/stadt/galleries/", "/stadt/files/", "/stadt/files/add/", "/garten/files/add/", "/garten/?pinned=1", "/chor/?pinned=1", "/garten/?content=articles", "/chor/?content=events", "/anna/?content=galleries", "/garten/?content__title__icontains=titel&o=-content__time", "/chor/?archive=" + strconv.Itoa(time.Now().Year()), "/stadt/groups?o=name", "/robots.txt", "/sitemap.xml", "/stadt/events", "/stadt/events?past=1", "/stadt/events?view=week", "/stadt/events?view=list&filter=1", "/stadt/events?place=Marktplatz", "/stadt/events/place.ics?place=Marktplatz", "/stadt/events?group=anna", "/stadt/events/print", "/stadt/events/print?view=list", "/stadt/events/print?place=Marktplatz&view=list", "/stadt/groups/21/events?view=week&filter=1", "/stadt/groups/21/events", "/stadt/groups/22/events", "/stadt/events/add/", "/stadt/events/public.ics", "/garten/events/public.ics", "/chor/events/public.ics", "/stadt/groups", "/stadt/gestalten/", "/stadt/activity", "/garten/", "/chor/", "/anna/", "/bert/", "/carla/", "/stadt/groups/21/conversations/", "/stadt/groups/22/conversations/", "/stadt/groups/21/imports/", "/stadt/groups/22/imports/"}
	paths = append(paths, "/stadt/tags/beet/", "/stadt/tags/beet/?month=1&year=2099", "/stadt/tags/lob/", "/stadt/tags/zeichen/", "/stadt/mentions/tags/?q=zeichen", "/stadt/groups?tag=beet",
		"/stadt/articles/?tag=beet", "/stadt/files/?tag=lob", "/stadt/events?tag=beet", "/stadt/events?tag=lob&view=list", "/stadt/events/print?tag=beet", "/stadt/events/tag.ics?tag=beet", "/stadt/events/tag.ics?tag=lob")
	paths = append(paths, "/stadt/search/?q=Titel", "/stadt/search/?q=Text&order=newest", "/stadt/search/?q=Text&kind=comment", "/stadt/search/?q=text+wort&group=garten", "/stadt/search/?q=Thema&since=week", "/stadt/search/?q=Tetx")
	for n := range 4 {
		paths = append(paths, time.Now().UTC().AddDate(0, 0, n).Format("/stadt/events/2006/1/2"))
	}
	for _, permalink := range w.calendars {
		paths = append(paths, permalink+"event.ics", permalink+"events/attendees/", permalink+"events/attendees/list.csv", permalink+"events/attendees/request/")
		paths = append(paths, permalink+"help/list/", permalink+"help/edit/", permalink+"help.csv", permalink+"hosts/")
	}
	for _, permalink := range w.sheets {
		paths = append(paths, permalink+"versions/1/", permalink+"versions/1/delete/", permalink+"versions/2/")
	}
	paths = append(append(append(paths, w.dates...), w.polls...), w.privateCalendars(t, p)...)
	places := map[string]bool{}
	for _, m := range w.marks {
		if !places[m.place] {
			places[m.place] = true
			paths = append(paths, m.place, m.place+"edit/", m.place+"delete/", m.place+"end/")
		}
	}
	for _, path := range paths {
		if !places[path] && w.rand.IntN(6) > 0 {
			continue // somebody opens each in half of the worlds
		}
		page := v.Get(path)
		if page.Status >= 500 {
			t.Errorf("%s answered %d", path, page.Status)
		}
		body := strings.ReplaceAll(page.Body, "\r\n ", "")
		for _, m := range w.marks {
			shown := contains(body, m.word)
			if shown && !m.sees(p.ID) {
				t.Errorf("“%s” at %s sees %s, %s", p.Slug, path, m.word, m.what)
			}
			if shown {
				seen++
			}
			if !shown && path == m.place && m.sees(p.ID) {
				t.Errorf("“%s” at %s does not see %s, %s (%d)", p.Slug, path, m.word, m.what, page.Status)
			}
		}
	}
	seen += w.synchronise(t, p) + w.follow(t, v, p) + w.readFeeds(t, v) + w.search(t, p)
	w.lookAtMap(t, v, p)
	if p.ID == 0 {
		seen += w.find(t, v)
	}
	for _, m := range w.marks {
		if m.file == "" {
			continue
		}
		got := v.Ask(http.MethodGet, m.file)
		if (got.Status == http.StatusOK) != m.sees(p.ID) || got.Status != http.StatusOK && contains(got.Body, m.word) {
			t.Errorf("“%s” gets %d for the file of %s, %s", p.Slug, got.Status, m.word, m.what)
		}
	}
	return seen
}

// find compares what the sitemaps list with what strangers may see. Whatever belongs to a group that is archived is not
// listed.
func (w *world) find(t *testing.T, v *webtest.Visitor) (seen int) {
	t.Helper()
	var listed strings.Builder
	for n := 1; v.Ask(http.MethodGet, fmt.Sprintf("/sitemap-%d.xml", n)).Status == http.StatusOK; n++ {
		listed.WriteString(v.Page.Body)
	}
	resting := map[string]bool{}
	for _, g := range w.groups() {
		resting[g.Slug] = w.archived[g.ID]
	}
	for _, m := range w.marks {
		owner, slug, ok := strings.Cut(strings.Trim(m.place, "/"), "/")
		if !ok || owner == "stadt" {
			continue
		}
		found := strings.Contains(listed.String(), "/"+slug+"/</loc>")
		item := strings.HasPrefix(m.what, "an item of the kind ")
		if item && found != (m.sees(0) && !resting[owner]) {
			t.Errorf("the sitemap lists %s: %t", m.what, found)
		}
		if item && found {
			seen++
		}
	}
	return seen
}

// mapOfEvents shows all events that have a place and come.
const mapOfEvents = "/stadt/map/?kind=events"

// lookAtMap compares the events on the map with those that a person finds in lists. An archived group has cancelled its own.
func (w *world) lookAtMap(t *testing.T, v *webtest.Visitor, p cast.Person) {
	t.Helper()
	body := v.Get(mapOfEvents).Body
	for _, m := range w.marks {
		if m.event == nil {
			continue
		}
		off := slices.ContainsFunc(w.groups(), func(g community.Group) bool { return g.EntityID == m.event.entityID && w.archived[g.ID] })
		if shown := contains(body, "Titel "+m.word); shown != (m.event.lists(p.ID) && !off) {
			t.Errorf("“%s” sees on the map %s, %s: %t", p.Slug, m.word, m.what, shown)
		}
	}
}

// follow opens the page of each thread, as it catches up, and compares what it is sent with what the person may see.
func (w *world) follow(t *testing.T, v *webtest.Visitor, p cast.Person) (seen int) {
	t.Helper()
	sent := map[string]string{}
	for _, m := range w.marks {
		if m.live == "" {
			continue
		}
		if _, asked := sent[m.live]; !asked {
			sent[m.live] = w.caughtUp(t, v, m.live+"?since=1")
		}
		shown := contains(sent[m.live], m.word)
		if shown != m.sees(p.ID) {
			t.Errorf("“%s” at %s is sent %s, %s: %t", p.Slug, m.live, m.word, m.what, shown)
		}
		if shown {
			seen++
		}
	}
	return seen
}

// caughtUp returns what an open page is sent until it is told that it has caught up.
func (w *world) caughtUp(t *testing.T, v *webtest.Visitor, path string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://example.org"+path, nil)
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Cookie", v.Cookies())
	answer := &endingAnswer{ResponseRecorder: httptest.NewRecorder(), end: cancel}
	w.pages.ServeHTTP(answer, r)
	return answer.Body.String()
}

// endingAnswer ends its request when the page has caught up.
type endingAnswer struct {
	*httptest.ResponseRecorder

	end func()
}

// Write implements http.ResponseWriter.
func (a *endingAnswer) Write(b []byte) (int, error) {
	if strings.Contains(string(b), ": ready") {
		a.end()
	}
	return a.ResponseRecorder.Write(b)
}

// calendarAddress is a private address of a calendar on the page that gives one.
var calendarAddress = regexp.MustCompile(`value="https?://[^/"]+(/(?:stadt/events/mine|[a-z-]+/events/private)[^"]+)"`)

// privateCalendars returns the addresses that somebody gets for their calendar program.
func (w *world) privateCalendars(t *testing.T, p cast.Person) (paths []string) {
	t.Helper()
	if p.ID == 0 {
		return nil
	}
	v := w.visitor(t, p)
	for _, page := range []string{"/stadt/events/export", "/" + w.slugOf(t, w.Garten.EntityID) + "/events/export", "/" + w.slugOf(t, w.Chor.EntityID) + "/events/export"} {
		v.Send(page, url.Values{}, true)
		if found := calendarAddress.FindStringSubmatch(v.Page.Body); found != nil {
			paths = append(paths, found[1])
		}
	}
	return paths
}

// slugOf returns the present slug of an entity.
func (w *world) slugOf(t *testing.T, entityID int64) (slug string) {
	t.Helper()
	if err := w.db.Get(t.Context(), &slug, `SELECT slug FROM entities WHERE id = ?`, entityID); err != nil {
		t.Fatal(err)
	}
	return slug
}

// visitor returns somebody with a browser; signing in by the form in each world would only test passwords.
func (w *world) visitor(t *testing.T, p cast.Person) *webtest.Visitor {
	t.Helper()
	if p.ID == 0 {
		return webtest.Visit(t, w.pages)
	}
	if w.browsers[p.ID] == nil {
		w.browsers[p.ID] = w.visit(t, p.Slug)
	}
	return w.browsers[p.ID]
}

// contains reports whether a text holds a mark; artikelwort1 is no artikelwort12.
func contains(text, word string) bool {
	for {
		_, rest, found := strings.Cut(text, word)
		if !found {
			return false
		}
		if rest == "" || (rest[0] < '0' || rest[0] > '9') && rest[0] != 'x' {
			return true
		}
		text = rest
	}
}

// readMails compares what stands in everybody's mails, and in the files attached to them, with what they
// may see.
func (w *world) readMails(t *testing.T) {
	t.Helper()
	for _, m := range sentMails(t, w.outbox) {
		text := m.Subject + "\n" + m.Text + "\n" + m.Cut
		for _, a := range m.Attachments {
			text += "\n" + a.Name + "\n" + string(a.Data)
		}
		for _, p := range w.people() {
			if p.Address != m.Recipient {
				continue
			}
			for _, k := range w.marks {
				if contains(text, k.word) && !k.sees(p.ID) {
					t.Errorf("a mail to %s says %s, %s", p.Slug, k.word, k.what)
				}
			}
		}
	}
}
