package search_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// library is an index over the cast, with texts that tests put into it.
type library struct {
	*cast.Cast
	*search.Index
	db    *sqldb.DB
	texts map[int64]search.Document // contents, by their ids
	said  map[int64]search.Document // comments and messages
}

func newLibrary(t testing.TB, db *sqldb.DB) *library {
	t.Helper()
	l := &library{Cast: cast.New(t, db), Index: search.New(db), db: db, texts: map[int64]search.Document{}, said: map[int64]search.Document{}}
	kind := func(name string) []search.Kind { return []search.Kind{{Name: name, Label: "Things", One: "Thing"}} }
	l.Serve(
		search.Source{Name: "content", Kinds: kind("article"), Documents: of(l.texts), Listed: listed(l.texts)},
		search.Source{Name: "contribution", Kinds: kind("comment"), Documents: of(l.said), Listed: listed(l.said)},
		search.Source{Name: "entity", Kinds: kind("entity"), Documents: l.entities, Listed: func(_ context.Context, _ sqldb.Querier, after int64, _ int) ([]int64, error) {
			if after > 0 {
				return nil, nil
			}
			return []int64{l.Garten.EntityID, l.Chor.EntityID, l.Anna.EntityID, l.Carla.EntityID}, nil
		}},
	)
	l.put(t, "entity", l.Garten.EntityID, l.Chor.EntityID, l.Anna.EntityID, l.Carla.EntityID)
	return l
}

func of(all map[int64]search.Document) func(context.Context, sqldb.Querier, []int64) ([]search.Document, error) {
	return func(_ context.Context, _ sqldb.Querier, ids []int64) (found []search.Document, err error) {
		for _, id := range ids {
			if d, ok := all[id]; ok {
				found = append(found, d)
			}
		}
		return found, nil
	}
}

func listed(all map[int64]search.Document) func(context.Context, sqldb.Querier, int64, int) ([]int64, error) {
	return func(_ context.Context, _ sqldb.Querier, after int64, limit int) (ids []int64, err error) {
		for id := range all {
			if id > after {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return ids[:min(len(ids), limit)], nil
	}
}

func (l *library) entities(ctx context.Context, q sqldb.Querier, ids []int64) (found []search.Document, err error) {
	var all []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
		Slug string `db:"slug"`
	}
	if err := q.Select(ctx, &all, `SELECT id, name, slug FROM entities WHERE id IN (?) ORDER BY id`, ids); err != nil {
		return nil, err
	}
	for _, e := range all {
		found = append(found, search.Document{ID: e.ID, Kind: "entity", Title: e.Name, Names: []string{e.Slug}, EntityID: e.ID, Public: e.ID != l.Carla.EntityID, At: cast.Joined()})
	}
	return found, nil
}

func (l *library) put(t testing.TB, source string, ids ...int64) {
	t.Helper()
	if err := l.db.Write(t.Context(), func(tx *sqldb.Tx) error { return l.Put(t.Context(), tx, source, ids...) }); err != nil {
		t.Fatal(err)
	}
}

// publish adds an article of the garden and returns its id.
func (l *library) publish(t testing.TB, title, text string, public bool) int64 {
	t.Helper()
	id := cast.AddContent(t, l.db, cast.Content{EntityID: l.Garten.EntityID, AuthorID: l.Anna.ID, Public: public})
	at := clock.At(cast.Joined().AddDate(0, 0, len(l.texts)))
	l.texts[id] = search.Document{ID: id, Kind: "article", Title: title, Text: text, Public: public, ContentID: id, At: at}
	l.put(t, "content", id)
	return id
}

// comment adds a comment and returns its id.
func (l *library) comment(t *testing.T, contentID int64, text string, public bool) int64 {
	t.Helper()
	id := cast.AddContribution(t, l.db, cast.Contribution{ContentID: contentID, AuthorID: l.Anna.ID, Internal: !public})
	l.said[id] = search.Document{ID: id, Kind: "comment", Under: "Comment", Text: text, Public: public && l.texts[contentID].Public, ContentID: contentID, ContributionID: id, At: cast.Joined()}
	l.put(t, "contribution", id)
	return id
}

// find returns what the viewer finds: titles, or texts of what has none.
func (l *library) find(t *testing.T, v community.Viewer, s search.Search) (titles []string, f search.Found) {
	t.Helper()
	f, err := l.Find(t.Context(), v, s)
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	for _, d := range f.Documents {
		title := d.Title
		if title == "" {
			title = d.Text
		}
		titles = append(titles, title)
	}
	return titles, f
}

func TestWordsAreFoundInAllTheirForms(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		l.publish(t, "Die Räder drehen sich", "Wir reparieren Fahrräder in der Werkstatt am Fluss.", true)
		l.publish(t, "Gemeinschaftsgärten", "Ein Beet für alle, die in der Gemeinschaft gärtnern wollen. Der Kompost ist da.", true)
		l.publish(t, "Straßenfest", "Musik auf der Straße, ein Fest mit Kuchen.", true)
		l.publish(t, "Reading circle", "We are reading books about gardens and communities.", true)
		l.publish(t, "Kreisverkehr", "Reis und Preise.", true)
		for _, c := range []struct {
			text string
			want []string
		}{
			{"rad", []string{"Die Räder drehen sich"}},
			{"Fahrrad", []string{"Die Räder drehen sich"}},
			{"fahrraeder", []string{"Die Räder drehen sich"}},
			{"strasse", []string{"Straßenfest"}},
			{"STRAẞE", []string{"Straßenfest"}},
			{"fest", []string{"Straßenfest"}},
			{"kompos", []string{"Gemeinschaftsgärten"}},
			{"book", []string{"Reading circle"}},
			{"read community", []string{"Reading circle"}},
			{"eis", nil},
			{"garten", []string{"Garten am Bach", "Gemeinschaftsgärten"}},
		} {
			got, f := l.find(t, community.Viewer{}, search.Search{Text: c.text})
			if len(got) != len(c.want) || f.Total != len(got) {
				t.Errorf("%q finds %q of %d, want %q", c.text, got, f.Total, c.want)
			}
		}
	})
}

func TestHiddenTextsChangeNothingForStrangers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		open := l.publish(t, "Zebrahaus", "Offen für alle.", true)
		before := func(text string) (string, search.Found) {
			got, f := l.find(t, l.Dora.Viewer, search.Search{Text: text})
			return strings.Join(got, ", ") + "|" + f.Suggested, f
		}
		asked := []string{"zebra", "haus", "geheim", "gehaim", "zebrahaus", "offen", "Quagga"}
		want := map[string]string{}
		for _, q := range asked {
			want[q], _ = before(q)
		}
		hidden := l.publish(t, "Geheimes Zebra im Haus", "Quagga offen", false)
		l.comment(t, open, "Ein geheimes Quagga", false)
		l.comment(t, hidden, "Noch ein Quagga", true)
		for _, q := range asked {
			if got, _ := before(q); got != want[q] {
				t.Errorf("%q found %q before something hidden was written, and %q now", q, want[q], got)
			}
		}
		if got, f := l.find(t, l.Anna.Viewer, search.Search{Text: "Quagga"}); f.Total != 3 {
			t.Errorf("a member finds %q", got)
		}
		cast.Execute(t, db, `UPDATE contents SET public = FALSE WHERE id = ?`, open)
		for _, q := range asked {
			if got, _ := before(q); got != "|" {
				t.Errorf("%q finds %q although all is internal", q, got)
			}
		}
	})
}

func TestSlipsOfTheFingersAreCorrected(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		l.publish(t, "Werkstatt", "Fahrräder und Lastenräder", true)
		l.publish(t, "Verschwiegen", "Krokodil", false)
		for _, c := range []struct{ text, want string }{
			{"Wekstatt", "Werkstatt"}, {"fahrrda", ""}, {"Fahrädder", "Fahrräder"}, {"Werkstat und Lastnräder", "Werkstatt und Lastenräder"}, {"Krokodli", ""}, {"", ""}, {"Ahorm", "Ahorn"},
		} {
			got, f := l.find(t, community.Viewer{}, search.Search{Text: c.text})
			if c.want != "" && len(got) > 0 || f.Suggested != c.want {
				t.Errorf("%q finds %q and suggests %q, want %q", c.text, got, f.Suggested, c.want)
			}
		}
	})
}

func TestHostileQuestionsFindNothingOrAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		l.publish(t, "Ordinary", "text", true)
		for _, text := range []string{
			"", "   ", "\x00", "*", `"`, `" OR 1=1 --`, "AND OR NOT NEAR", "-a +b ~c (d) <e> f* g:h ^i", "'", `\`, `'':* & !x | y`, "\xff\xfe", "{}[]%_", "ẞ", "🦓", "a\u0301", strings.Repeat("a ", 99), strings.Repeat("ab ", 60),
			strings.Repeat("ſ", 200), strings.Repeat("ﬁ", 60), strings.Repeat("ß", 60), "\u202eordinary",
		} {
			if _, err := l.Find(t.Context(), community.Viewer{}, search.Search{Text: text}); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if _, err := l.Find(t.Context(), community.Viewer{}, search.Search{Text: strings.Repeat("x", 10<<10)}); !errs.Is(err, errs.Invalid) {
			t.Errorf("ten kilobytes: %v", err)
		}
		for _, text := range []string{strings.Repeat("ß", 60), "Łódź ﬁsh ſo İstanbul", "a\x00b", strings.Repeat("日本", 40)} {
			l.publish(t, text, text+" "+strings.Repeat("ü", 300), true)
		}
	})
}

// TestWordsOutliveTheTextThatHadThemFirst takes a word from the text by which it is known, in each way there is: whoever looks
// for its beginning, or spells it wrongly, finds the other text with it as before.
func TestWordsOutliveTheTextThatHadThemFirst(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testing.T, *library, int64){
		"it becomes internal": func(t *testing.T, l *library, id int64) {
			cast.Execute(t, l.db, `UPDATE contents SET public = FALSE WHERE id = ?`, id)
			d := l.texts[id]
			d.Public = false
			l.texts[id] = d
			l.put(t, "content", id)
		},
		"it is written anew": func(t *testing.T, l *library, id int64) {
			d := l.texts[id]
			d.Text = "Gras"
			l.texts[id] = d
			l.put(t, "content", id)
		},
		"it is deleted": func(t *testing.T, l *library, id int64) {
			delete(l.texts, id)
			l.put(t, "content", id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				l := newLibrary(t, db)
				first := l.publish(t, "Erstes", "Das Quittenbrotfest.", true)
				l.comment(t, first, "Mit Schlehenwasser!", true)
				l.publish(t, "Zweites", "Ein Quittenbrotfest mit Schlehenwasser.", true)
				l.publish(t, "Internes", "Ein Quittenbrotfest mit Schlehenwasser.", false)
				lose(t, l, first)
				for _, question := range []string{"Quittenbr", "Brotfest", "Schlehenw"} {
					got, _ := l.find(t, community.Viewer{}, search.Search{Text: question})
					if !slices.Contains(got, "Zweites") {
						t.Errorf("%q finds %q", question, got)
					}
				}
				if _, f := l.find(t, community.Viewer{}, search.Search{Text: "Quitenbrotfesst"}); f.Suggested != "Quittenbrotfest" {
					t.Errorf("%q is suggested", f.Suggested)
				}
			})
		})
	}
}

func TestTheIndexIsBuiltAnew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		kept := l.publish(t, "Zebra", "Gras", true)
		gone := l.publish(t, "Zebra", "Heu", true)
		delete(l.texts, gone)
		l.texts[kept] = search.Document{ID: kept, Kind: "article", Title: "Quagga", Text: "Gras", Public: true, ContentID: kept, At: cast.Joined()}
		done := map[string]int{}
		for range 2 {
			if err := l.Rebuild(t.Context(), func(source string, n int) { done[source] = n }); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := l.find(t, community.Viewer{}, search.Search{Text: "Zebra"}); len(got) != 0 {
			t.Errorf("what is gone is found: %q", got)
		}
		if got, _ := l.find(t, community.Viewer{}, search.Search{Text: "Quagga"}); len(got) != 1 || done["content"] != 1 || done["entity"] != 4 {
			t.Errorf("found %q, done %v", got, done)
		}
		cast.Execute(t, db, `DELETE FROM contents WHERE id = ?`, kept)
		var left int
		if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM search_documents WHERE content_id = ?`, kept); err != nil || left != 0 {
			t.Errorf("%d documents are left of what is gone (%v)", left, err)
		}
	})
}

func TestTermsGoWithWhatTheyStandIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := newLibrary(t, db)
		count := func() (n int) {
			if err := db.Get(t.Context(), &n, `SELECT COUNT(*) FROM search_terms`); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := count()
		id := l.publish(t, "Klemmbrett", "Wer hat es gesehen?", true)
		if count() == before {
			t.Fatal("an article adds no terms")
		}
		cast.Execute(t, db, `DELETE FROM contents WHERE id = ?`, id)
		if after := count(); after != before {
			t.Errorf("%d rows of terms before the article, %d after it was deleted", before, after)
		}
	})
}
