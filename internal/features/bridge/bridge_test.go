package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/texts"
	"grouprise.org/grouprise/internal/features/bridge"
	"grouprise.org/grouprise/internal/features/people"
	"grouprise.org/grouprise/internal/features/threads"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/markdown"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
)

const (
	private = "!private:chat.example.org"
	public  = "!public:chat.example.org"
	post    = "$post"   // tells of the post of the garden in its private room
	talk    = "$talk"   // tells of a conversation with it
	earlier = "$answer" // tells of a comment on the post
)

// said is what the room of the house says in a chat room.
type said struct{ Room, Thread, Text string }

// town is the cast with the chat rooms of the garden, in which stands what the constants say.
type town struct {
	*cast.Cast
	db      *sqldb.DB
	queue   *queue.Queue
	bridge  *bridge.Bridge
	threads *threads.Threads

	content, comment, conversation int64
	later                          atomic.Int64 // how far the clock is ahead
	refuse                         error        // what takes answers refuses them
	events                         int

	folder *media.Folder
	mu     sync.Mutex
	told   []said
}

// Download implements bridge.Server: the address of a file says what becomes of it.
func (w *town) Download(_ context.Context, f matrix.File, most int64) ([]byte, error) {
	switch f.Address {
	case "mxc://away/1":
		return nil, errs.New(errs.Unavailable, "The chat server can’t be reached.")
	case "mxc://large/1":
		return nil, errs.New(errs.TooLarge, "The file is too large.")
	}
	if most != 1000 {
		return nil, errors.New("the limit is another one")
	}
	return []byte("what is in " + f.Address), nil
}

// Send implements bridge.Server.
func (w *town) Send(_ context.Context, room, _ string, m matrix.Message) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !m.Quiet {
		return "", errors.New("it announces itself as a person does")
	}
	w.told = append(w.told, said{room, m.Thread, m.Text})
	return "$told", nil
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db)}
	now := func() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }
	w.db = db.WithClock(now)
	w.queue = queue.New(w.db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	catalogues := localetest.Catalogues(t)
	var err error
	if w.folder, err = media.OpenFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.folder.Close() })
	w.threads = threads.New(threads.Deps{DB: w.db, Texts: texts.New(markdown.NewCache(1<<20), "https://stadt.example"), Search: search.New(w.db)})
	take := func(ctx context.Context, tx *sqldb.Tx, to mailin.Target, m *mailin.Incoming) (err error) {
		m.Became, _, err = w.threads.Post(ctx, tx, threads.Post{
			ContentID: to.ContentID, ConversationID: to.ConversationID, InReplyToID: to.ContributionID, AuthorID: m.Sender.PersonID,
			Text: m.Text, Format: m.Format, ByChat: m.ByChat, Inside: true, At: m.SentAt, Files: m.Attachments,
		})
		return errors.Join(err, w.refuse) // after it has written something
	}
	w.bridge = bridge.New(bridge.Deps{
		DB: w.db, Queue: w.queue, Limiter: web.NewLimiter(w.db, now), Log: slog.New(slog.DiscardHandler), People: people.New(people.Deps{DB: w.db}), Threads: w.threads,
		Replies: func() []mailin.Reply {
			return []mailin.Reply{{Container: mailin.ToContent, Limit: threads.Limit(), Deliver: take}, {Container: mailin.ToConversation, Limit: threads.Limit(), Deliver: take}}
		},
		Server: w, Media: w.folder, MaxBytes: 1000, Domain: "chat.example.org", SiteName: func() string { return "Neustadt" },
		Printer: func() *lang.Printer { return catalogues.Printer("en", time.UTC) },
	})
	w.queue.Handle(w.bridge.Module().Jobs...)
	w.furnish(t)
	return w
}

// furnish puts what the constants name into the rooms.
func (w *town) furnish(t *testing.T) {
	t.Helper()
	w.content = cast.AddContent(t, w.db, cast.Content{EntityID: w.Garten.EntityID, AuthorID: w.Anna.ID, Slug: "fest", Public: true})
	w.comment = cast.AddContribution(t, w.db, cast.Contribution{ContentID: w.content, AuthorID: w.Anna.ID, Inside: true})
	w.conversation = cast.AddConversation(t, w.db, cast.Conversation{EntityID: w.Garten.EntityID, AuthorID: w.Carla.ID})
	for i, r := range []struct{ kind, id string }{{"private", private}, {"public", public}} {
		cast.Execute(t, w.db, `INSERT INTO chat_rooms (id, kind, owner, entity_id, room_id, changed_at) VALUES (?, ?, ?, ?, ?, 1)`, i+1, r.kind, w.Garten.EntityID, w.Garten.EntityID, r.id)
		cast.Execute(t, w.db, `INSERT INTO chat_lines (id, chat_room_id) VALUES (?, ?)`, i+1, i+1)
	}
	for i, m := range []struct {
		line                                int
		event                               string
		content, conversation, contribution int64
	}{{1, post, w.content, 0, 0}, {1, talk, 0, w.conversation, 0}, {1, earlier, w.content, 0, w.comment}, {2, "$public", w.content, 0, 0}} {
		cast.Execute(t, w.db, `
			INSERT INTO chat_messages (line_id, activity_id, activity, content_id, conversation_id, contribution_id, event_id, edits, due, created_at)
			VALUES (?, ?, '{}', ?, ?, ?, ?, '', ?, 1)`, m.line, i+1, m.content, m.conversation, m.contribution, m.event, false)
	}
	for _, i := range []struct {
		person cast.Person
		id     string
		proven bool
	}{{w.Bert, "@bert:chat.example.org", false}, {w.Anna, "@ahorn:else.example", true}, {w.Carla, "@carla:else.example", false}} {
		cast.Execute(t, w.db, `INSERT INTO chat_ids (person_id, matrix_id, proven, created_at) VALUES (?, ?, ?, 1)`, i.person.ID, i.id, i.proven)
	}
	cast.Execute(t, w.db, `INSERT INTO chat_bridges (entity_id, created_at) VALUES (?, 1)`, w.Garten.EntityID)
}

// words is an event by which somebody says something.
func (w *town) words(sender, text string) bot.Event {
	w.events++
	return bot.Event{ID: fmt.Sprintf("$said%d", w.events), Room: private, Sender: sender, Type: matrix.MessageEvent, Kind: "m.text", Text: text, At: time.Now()}
}

// reply is words in a thread.
func (w *town) reply(sender, thread, text string) bot.Event {
	e := w.words(sender, text)
	e.Thread = thread
	return e
}

// hear lets events be heard, and everything happen that follows.
func (w *town) hear(t *testing.T, events ...bot.Event) {
	t.Helper()
	for _, e := range events {
		if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.bridge.Module().Hears[0].Hear(t.Context(), tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// contributions returns what was said since the town began: who, where, in answer to what, and the text.
func (w *town) contributions(t *testing.T) (all []string) {
	t.Helper()
	err := w.db.Select(t.Context(), &all, `
		SELECT CAST(author_id AS CHAR(9)) || ' ' || CASE WHEN content_id IS NULL THEN 'message' ELSE 'comment' END || CASE WHEN in_reply_to_id IS NULL THEN '' ELSE ' back' END ||
		       CASE WHEN public THEN ' public' ELSE '' END || CASE WHEN by_mail THEN ' mail' ELSE '' END || ' ' || format || ': ' || text
		  FROM contributions WHERE id <> ? AND deleted_at IS NULL ORDER BY id`, w.comment)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i] = strings.Join(strings.Fields(all[i]), " ")
	}
	return all
}

func (w *town) has(t *testing.T, want ...string) {
	t.Helper()
	if got := w.contributions(t); !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
}

// tells compares what was said in chat rooms since the last call, each by a part of it.
func (w *town) tells(t *testing.T, want ...said) {
	t.Helper()
	ok := len(w.told) == len(want)
	for i := range want {
		ok = ok && w.told[i].Room == want[i].Room && w.told[i].Thread == want[i].Thread && strings.Contains(w.told[i].Text, want[i].Text)
	}
	if !ok {
		t.Errorf("it says %q, want %q", w.told, want)
	}
	w.told = nil
}

const (
	bert  = "@bert:chat.example.org"
	anna  = "@ahorn:else.example"
	carla = "@carla:else.example" // she has not proven it
)

func TestWhatAMemberSaysBelowAPostBecomesAComment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first := w.reply(bert, post, "Ich bringe *Kuchen* mit.")
		w.hear(t, first)
		formatted := w.reply(anna, post, "Und ich **Saft**!")
		formatted.HTML, formatted.ReplyTo = `Und ich <strong>Saft</strong>, <a href="https://matrix.to/#/@bert:chat.example.org">Bert</a>!`, first.ID
		answering := w.reply(bert, post, "Gern.")
		answering.ReplyTo = earlier
		outside := w.words(bert, "Ja.") // a client that knows no threads
		outside.ReplyTo = post
		again := w.reply(bert, post, "Gern.")
		again.ReplyTo = earlier
		w.hear(t, formatted, answering, outside, again, w.reply(bert, talk, "Komm einfach vorbei."))
		w.has(t, "12 comment plain: Ich bringe *Kuchen* mit.", "11 comment back markdown: Und ich **Saft**, @bert!", "12 comment back plain: Gern.", "12 comment plain: Ja.",
			"12 comment back plain: Gern.", "12 message plain: Komm einfach vorbei.")
		w.tells(t)
		w.hear(t, first, formatted, outside) // once more
		if n := len(w.contributions(t)); n != 6 {
			t.Errorf("there are %d contributions", n)
		}
		var kept int
		if err := w.db.Get(t.Context(), &kept, `SELECT COUNT(*) FROM chat_answers WHERE event <> '' OR waiting OR contribution_id = 0`); err != nil || kept != 0 {
			t.Errorf("%d events are kept: %v", kept, err)
		}
	})
}

func TestWhatIsNoAnswerStaysInTheChat(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	notice := w.reply(bert, post, "beep")
	notice.Kind = "m.notice"
	elsewhere := w.reply(bert, "$public", "öffentlich")
	elsewhere.Room = public
	crossed := w.reply(bert, "$public", "verirrt")
	emptied := w.reply(bert, post, "")
	emptied.Kind = ""
	editing := w.words(bert, "anders")
	editing.Replaces = "$nothing"
	w.hear(t, w.words(bert, "Guten Morgen!"), w.reply(bert, "$else", "ein anderes Gespräch"), notice, elsewhere, crossed, emptied, editing,
		bot.Event{ID: "$r", Room: private, Sender: bert, Type: matrix.RedactionEvent, Redacts: post},
		bot.Event{ID: "$j", Room: private, Sender: bert, Type: matrix.MemberEvent, Membership: "join", Target: bert})
	cast.Execute(t, w.db, `DELETE FROM chat_bridges`)
	w.hear(t, w.reply(bert, post, "abgeschaltet"))
	w.has(t)
	w.tells(t)
	var noted int
	if err := w.db.Get(t.Context(), &noted, `SELECT COUNT(*) FROM chat_answers`); err != nil || noted != 0 {
		t.Errorf("%d events are noted: %v", noted, err)
	}
}

func TestEditsAndRedactionsFollow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first := w.reply(bert, post, "Ich bringe Kuhcen mit.")
		fixed := w.words(bert, "Ich bringe *Kuchen*.")
		fixed.Replaces = first.ID
		w.hear(t, first, fixed) // in one batch
		w.has(t, `12 comment markdown: Ich bringe \*Kuchen\*.`)
		w.tells(t)

		foreign := w.words(anna, "Ich bringe nichts.")
		foreign.Replaces = first.ID
		w.hear(t, foreign)
		w.has(t, `12 comment markdown: Ich bringe \*Kuchen\*.`)
		w.tells(t, said{private, post, "@ahorn:else.example: Your change doesn’t appear on Neustadt. Only the author can change this, for 15 minutes."})

		w.later.Add(int64(16 * time.Minute))
		late := w.words(bert, "Doch Kekse.")
		late.Replaces = first.ID
		w.hear(t, late)
		w.has(t, `12 comment markdown: Ich bringe \*Kuchen\*.`)
		w.tells(t, said{private, post, "@bert:chat.example.org: Your change doesn’t appear on Neustadt. Only the author can change this, for 15 minutes."})

		taken := func(id, sender, event string) bot.Event {
			return bot.Event{ID: id, Room: private, Sender: sender, Type: matrix.RedactionEvent, Redacts: event}
		}
		w.hear(t, taken("$x1", carla, first.ID))
		w.tells(t, said{private, post, "@carla:else.example: The message is still on Neustadt. We don’t know whose chat account this is."})
		w.hear(t, taken("$x2", bert, fixed.ID), taken("$x3", bert, late.ID))
		w.has(t, `12 comment markdown: Ich bringe \*Kuchen\*.`)
		w.hear(t, taken("$x4", bert, first.ID))
		w.has(t)
		w.hear(t, taken("$x5", bert, first.ID))
		w.tells(t)
		var removed int64
		if err := w.db.Get(t.Context(), &removed, `SELECT removed_by FROM contributions WHERE deleted_at IS NOT NULL`); err != nil || removed != w.Bert.ID {
			t.Errorf("removed by %d, %v", removed, err)
		}
	})
}

func TestStrangersAreToldOnceADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		first := w.reply(carla, post, "Hallo?")
		longer := w.words(carla, "Hallo??")
		longer.Replaces = first.ID
		gone := bot.Event{ID: "$gone", Room: private, Sender: carla, Type: matrix.RedactionEvent, Redacts: first.ID}
		w.hear(t, first, w.reply(carla, talk, "Ist hier jemand?"), longer, gone, w.reply("@nobody:else.example", talk, "Ich auch."))
		w.has(t)
		const sentence = "Your reply doesn’t appear on Neustadt. We don’t know whose chat account this is. Members can say so in their settings on the site."
		w.tells(t, said{private, post, carla + ": " + sentence}, said{private, talk, "@nobody:else.example: " + sentence})
		w.later.Add(int64(25 * time.Hour))
		w.hear(t, w.reply(carla, post, "Hallo!"))
		w.tells(t, said{private, post, sentence})

		cast.Execute(t, w.db, `UPDATE people SET active = ? WHERE id = ?`, false, w.Bert.ID)
		w.hear(t, w.reply(bert, post, "Ich bin fort."))
		w.has(t)
		w.tells(t, said{private, post, bert + ": " + sentence})
	})
}

func TestWhatIsRefusedIsSaid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.refuse = errs.Check(errs.Field("text", "Use at most %d characters for the text.", 7))
		long := w.reply(bert, post, "zu lang")
		w.hear(t, long, w.reply(bert, post, "auch zu lang"))
		w.tells(t, said{private, post, "Your reply doesn’t appear on Neustadt. Use at most 7 characters for the text."}, said{private, post, "at most 7"})
		w.refuse = community.ErrArchived()
		w.hear(t, w.reply(bert, post, "a"), w.reply(bert, talk, "b"))
		w.tells(t, said{private, post, "archived"})
		w.refuse = nil
		shorter := w.words(bert, "kurz")
		shorter.Replaces = long.ID
		secret := bot.Event{ID: "$secret", Room: private, Sender: bert, Type: matrix.EncryptedEvent, Encrypted: true, Unreadable: true, Thread: post}
		w.hear(t, shorter, secret)
		w.tells(t, said{private, post, "Please send it once more."}, said{private, post, "couldn’t be read"})
		w.has(t)

		cast.Execute(t, w.db, `UPDATE chat_messages SET event_id = '' WHERE event_id = ?`, post)
		waiting := w.reply(bert, earlier, "Und jetzt?")
		w.hear(t, waiting)
		w.has(t, "12 comment plain: Und jetzt?")
		cast.Execute(t, w.db, `DELETE FROM throttles`)
		cast.Execute(t, w.db, `INSERT INTO chat_answers (room, event_id, kind, event, waiting, heard_at) VALUES (?, '$lost', 'message', '', ?, 1)`, private, false)
		w.hear(t, w.reply(bert, "$lost", "Und nun?"))
		w.tells(t, said{private, "$lost", "has been deleted"})
	})
}

func TestNobodyAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	for n := range threads.Limit().Count {
		w.hear(t, w.reply(bert, post, fmt.Sprint("Satz ", n)))
	}
	w.tells(t)
	w.hear(t, w.reply(bert, post, "einer zu viel"), w.reply(bert, post, "noch einer"))
	w.tells(t, said{private, post, "Too many attempts."})
	if n := len(w.contributions(t)); n != threads.Limit().Count {
		t.Errorf("there are %d comments", n)
	}
}

func TestTwoProcessesGiveAnAnswerOneEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		m := w.bridge.Module()
		var events []bot.Event
		for n := range 6 {
			events = append(events, w.reply(bert, post, fmt.Sprint("Satz ", n)))
		}
		var all sync.WaitGroup
		problems := make(chan error, 100)
		for range 3 {
			all.Go(func() {
				for _, e := range events {
					problems <- w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return m.Hears[0].Hear(t.Context(), tx, e) })
					problems <- m.Jobs[0].Handle(t.Context(), queue.Job{Kind: m.Jobs[0].Name, Attempt: 1, Payload: []byte(`{"event":"` + e.ID + `"}`)})
				}
			})
		}
		all.Wait()
		close(problems)
		for err := range problems {
			if err != nil {
				t.Error(err)
			}
		}
		w.has(t, "12 comment plain: Satz 0", "12 comment plain: Satz 1", "12 comment plain: Satz 2", "12 comment plain: Satz 3", "12 comment plain: Satz 4", "12 comment plain: Satz 5")
	})
}

func TestOneAnswerThatFailsDoesNotHoldUpTheOthersForEver(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	job := w.bridge.Module().Jobs[0]
	w.refuse = errors.New("defect")
	e := w.reply(bert, post, "kaputt")
	if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.bridge.Module().Hears[0].Hear(t.Context(), tx, e) }); err != nil {
		t.Fatal(err)
	}
	for attempt := 1; attempt <= 5; attempt++ {
		err := job.Handle(t.Context(), queue.Job{Kind: job.Name, Attempt: attempt, Payload: []byte(`{"event":"` + e.ID + `"}`)})
		if (err == nil) != (attempt == 5) {
			t.Fatalf("attempt %d: %v", attempt, err)
		}
	}
	w.refuse = nil
	w.hear(t, w.reply(bert, post, "heil"))
	w.has(t, "12 comment plain: heil")
	w.tells(t, said{private, post, "Something went wrong. Please write on the site."})
}

func TestNotesOfWhatBecameNothingAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.hear(t, w.reply(carla, post, "nichts"), w.reply(bert, post, "etwas"))
		for range 2 {
			if err := w.bridge.Module().Sweeps[0].Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.later.Add(int64(31 * 24 * time.Hour))
		}
		var left []string
		if err := w.db.Select(t.Context(), &left, `SELECT event_id FROM chat_answers ORDER BY id`); err != nil || !slices.Equal(left, []string{"$said2"}) {
			t.Errorf("left is %q, %v", left, err)
		}
	})
}

func TestPicturesAndFilesComeAlong(t *testing.T) {
	t.Parallel()
	w := newTown(t, dbtest.SQLite(t))
	put := func(sender, address, text string) bot.Event {
		e := w.reply(sender, post, text)
		e.Kind, e.File = "m.image", &matrix.File{Address: address, Name: "beet.txt", MediaType: "text/plain"}
		return e
	}
	w.hear(t, put(bert, "mxc://here/1", "beet.txt"), put(bert, "mxc://here/2", "Unser Beet"), put(bert, "mxc://large/1", "beet.txt"), put(carla, "mxc://here/3", "beet.txt"))
	w.has(t, "12 comment plain:", "12 comment plain: Unser Beet")
	w.tells(t, said{private, post, "The file is too large."}, said{private, post, "We don’t know"})
	w.refuse = community.ErrArchived()
	w.hear(t, put(bert, "mxc://here/4", "beet.txt"))
	w.tells(t, said{private, post, "archived"})

	w.refuse = nil
	gone, job := put(bert, "mxc://away/1", "beet.txt"), w.bridge.Module().Jobs[0]
	if err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error { return w.bridge.Module().Hears[0].Hear(t.Context(), tx, gone) }); err != nil {
		t.Fatal(err)
	}
	for _, attempt := range []int{1, 5} {
		err := job.Handle(t.Context(), queue.Job{Kind: job.Name, Attempt: attempt, Payload: []byte(`{"event":"` + gone.ID + `"}`)})
		if (err == nil) != (attempt == 5) {
			t.Errorf("attempt %d: %v", attempt, err)
		}
	}
	w.hear(t)
	w.tells(t, said{private, post, "Please add it on the site."})

	var names []string
	err := w.folder.Each(t.Context(), func(some []media.Listed) error {
		for _, f := range some {
			names = append(names, f.Name)
		}
		return nil
	})
	var known int
	if err := errors.Join(err, w.db.Get(t.Context(), &known, `SELECT COUNT(*) FROM files WHERE contribution_id IS NOT NULL AND name IN (?)`, names)); err != nil || known != 2 || len(names) != 2 {
		t.Errorf("%d files are stored and %d known: %v", len(names), known, err)
	}
}
