package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/smtp"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// worlds is how many random towns are looked at. GROUPRISE_TEST_WORLDS asks for another number.
const worlds = 200

// world is a random town in which everything that somebody wrote bears a mark of its own. Who may see
// which mark is worked out here, from the rules as they are written in words, and compared with what
// everybody gets to see by all doors.
//
// The rules: what is public everybody sees. What is internal in a group its members see, on a profile its
// owner, and whoever has commented on it. A comment that came by mail is for those inside and its author. A
// conversation is for the members of the group, or the person, and for whoever has written in it.
type world struct {
	*town
	rand  *rand.Rand
	marks []mark

	members map[int64]map[int64]bool // group → people
	wrote   map[string]map[int64]bool
}

// mark is something somebody wrote.
type mark struct {
	word  string
	what  string
	sees  func(person int64) bool
	place string // the page on which it stands
	file  string // a file that hangs on it
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
	w := newTown(t)
	seen := 0
	for seed := range count {
		seen += lookAround(t, w, uint64(seed))
		if t.Failed() {
			t.Fatalf("world %d has a leak, or hides something", seed)
		}
	}
	if seen == 0 {
		t.Error("nobody saw anything: the test compares nothing")
	}
}

// lookAround builds one world in the town, lets everybody look everywhere and takes the world down again.
func lookAround(t *testing.T, base *town, seed uint64) (seen int) {
	t.Helper()
	w := &world{town: base, rand: rand.New(rand.NewPCG(seed, 7)), members: map[int64]map[int64]bool{}, wrote: map[string]map[int64]bool{}}
	w.clear(t)
	w.settle(t)
	w.write(t)
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.readMails(t)
	w.leave(t)
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
		for _, table := range []string{"files", "inbox_entries", "deliveries", "activities", "reply_keys", "received_messages", "contributions", "conversations", "versions", "contents", "memberships", "subscriptions", "throttles"} {
			if _, err := tx.Exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
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
	for n := range 2 + w.rand.IntN(4) {
		w.article(t, n)
	}
	for n := range 1 + w.rand.IntN(3) {
		w.conversation(t, n)
	}
}

// record records an activity as a room does. The outbox of the house wants a queue that runs.
func (w *world) record(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	_, err := w.activities.Record(ctx, tx, e)
	return err
}

func (w *world) article(t *testing.T, n int) {
	t.Helper()
	e, author, public := w.anywhere(), w.anybody(), w.rand.IntN(2) == 0
	if !e.IsGroup() {
		author = w.people()[slices.IndexFunc(w.people(), func(p cast.Person) bool { return p.ID == e.OwnerID })]
	}
	word, slug := fmt.Sprintf("artikelwort%d", n), fmt.Sprintf("artikel-%d", n)
	var id int64
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		id, err = tx.Insert(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, public, published_at) VALUES ('article', ?, ?, ?, ?, ?, ?)`,
			e.ID, author.ID, slug, "Titel "+word, public, tx.Now)
		if err != nil {
			return err
		}
		if _, err = tx.Insert(t.Context(), `INSERT INTO versions (content_id, author_id, text, created_at) VALUES (?, ?, ?, ?)`, id, author.ID, "Text "+word, tx.Now); err != nil {
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
		return public || person != 0 && (w.inside(e, person) || w.wrote[key][person])
	}
	w.marks = append(w.marks, mark{word: word, what: "an article of " + e.Slug, sees: reads, place: place})
	for k := range w.rand.IntN(4) {
		commenter := w.anybody()
		if !reads(commenter.ID) && w.rand.IntN(4) > 0 { // some have commented while they still could
			continue
		}
		open := w.rand.IntN(2) == 0
		comment := fmt.Sprintf("kommentarwort%dx%d", n, k)
		w.wrote[key][commenter.ID] = true
		file := w.contribute(t, commenter, comment, open, community.Activity{Name: community.CommentPosted, ActorID: commenter.ID, EntityID: e.ID, ContentID: id})
		w.marks = append(w.marks, mark{word: comment, what: "a comment on an article of " + e.Slug, place: place, file: file, sees: func(person int64) bool {
			return reads(person) && (open || person != 0 && (w.inside(e, person) || person == commenter.ID))
		}})
	}
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
		file := w.contribute(t, writer, message, true, community.Activity{Name: community.MessagePosted, ActorID: writer.ID, EntityID: e.ID, ConversationID: id})
		w.marks = append(w.marks, mark{word: message, what: "a message to " + e.Slug, place: community.ConversationPath(id), file: file, sees: reads})
	}
}

// contribute writes a comment or message with a file, and returns the path of the file.
func (w *world) contribute(t *testing.T, p cast.Person, word string, open bool, e community.Activity) string {
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
		e.ContributionID, err = tx.Insert(t.Context(), `INSERT INTO contributions (content_id, conversation_id, author_id, text, cut, public, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			content, conversation, p.ID, "Text "+word, "> "+word, open, tx.Now)
		if err != nil {
			return err
		}
		f.ContributionID = e.ContributionID
		if err := media.InsertFiles(t.Context(), tx, []media.File{f}); err != nil {
			return err
		}
		return w.record(t.Context(), tx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f.Path()
}

// look lets a person, or nobody, go everywhere and compares what they see with what they may.
func (w *world) look(t *testing.T, p cast.Person) (seen int) {
	t.Helper()
	v := w.visitor(t, p)
	paths := []string{"/", "/stadt/articles/", "/stadt/groups", "/stadt/gestalten/", "/stadt/activity", "/garten/", "/chor/", "/anna/", "/bert/", "/carla/", "/stadt/groups/21/conversations/", "/stadt/groups/22/conversations/"}
	for _, m := range w.marks {
		if !slices.Contains(paths, m.place) {
			paths = append(paths, m.place, m.place+"edit/", m.place+"delete/")
		}
	}
	for _, path := range paths {
		page := v.Get(path)
		if page.Status >= 500 {
			t.Errorf("%s answered %d", path, page.Status)
		}
		for _, m := range w.marks {
			shown := contains(page.Body, m.word)
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
	stored, err := smtp.List(w.outbox, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stored {
		_, data, err := smtp.Read(w.outbox, s.Name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mime.Parse(strings.NewReader(string(data)), mime.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		text := m.Subject + "\n" + m.Text + "\n" + m.Cut
		for _, a := range m.Attachments {
			text += "\n" + a.Name + "\n" + string(a.Data)
		}
		for _, p := range w.people() {
			if p.Address != s.Envelope.To[0] {
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
