package geo_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/geo"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/earth"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/eventtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// placeForm is where a group is put on the map; its address is that of version 5.5.
const placeForm = "/stadt/settings/group/geo/?group=garten"

// town is the room with those that it stands on.
type town struct {
	*eventtest.Rooms
	db      *sqldb.DB
	room    *geo.Geo
	handler http.Handler
}

func newTown(t *testing.T, db *sqldb.DB) *town {
	t.Helper()
	w := &town{Rooms: eventtest.New(t, db, time.UTC, "http://example.org"), db: db}
	theGroups := groups.New(groups.Deps{DB: db, Zone: time.UTC, BaseURL: "http://example.org"})
	w.room = geo.New(geo.Deps{
		DB: db, Outbox: w.Outbox, Groups: theGroups, Enabled: true, Centre: [][2]float64{{55.06, 8.42}},
		Tiles: geo.Tiles{URL: "https://{s}.tiles.example/{z}/{x}/{y}.png", Attribution: `© <a href="https://tiles.example">Tiles</a>`},
	})
	modules := append(w.Modules(), theGroups.Module(), w.room.Module())
	w.Notices.Open(t, db, module.Gather(modules, func(m module.Module) []notify.Notice { return m.Notices })...)
	w.handler = webtest.Open(t, webtest.NewSite(t, db, w.Viewers), modules...)
	return w
}

func (w *town) as(t *testing.T, person int64) *webtest.Visitor {
	t.Helper()
	if person == 0 {
		return webtest.Visit(t, w.handler)
	}
	return webtest.VisitAs(t, w.handler, person)
}

// announce publishes an event of the garden by its form.
func (w *town) announce(t *testing.T, title string, public bool, more url.Values) {
	t.Helper()
	form := url.Values{"title": {title}, "text": {"x"}, "time": {"2099-05-08T17:00"}, "place": {"Am Bach"}, "position": {"53.16500, 9.94500"}}
	if public {
		form.Set("public", "on")
	}
	maps.Copy(form, more)
	v := w.as(t, w.Anna.ID)
	v.Send("/garten/events/add/", form, true)
	v.Sees(http.StatusOK, title)
}

func TestMembersSayWhereTheirGroupIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		nobody, anna, carla := w.as(t, 0), w.as(t, w.Anna.ID), w.as(t, w.Carla.ID)
		if p := nobody.Ask(http.MethodGet, placeForm); p.Status != http.StatusSeeOther {
			t.Errorf("who has not signed in gets %d", p.Status)
		}
		carla.Get(placeForm)
		carla.Sees(http.StatusForbidden, "Only members of the group can say where it is.")
		carla.Send(placeForm, url.Values{"latitude": {"53"}, "longitude": {"10"}}, false)
		carla.Sees(http.StatusForbidden)
		for _, group := range []string{"", "nirgends"} {
			anna.Get("/stadt/settings/group/geo/?group=" + group)
			anna.Sees(http.StatusNotFound)
		}
		anna.Get("/stadt/settings/group/geo?group=GARTEN")
		anna.Sees(http.StatusOK, "Place on the map", "tiles.example", "data-picker")
		anna.DoesNotSee("Remove from the map")

		for _, c := range []struct{ latitude, longitude, says string }{
			{"", "", "Enter the latitude, a number like 53.55."},
			{"53.55", "", "Enter the longitude, a number like 10.00."},
			{"95", "10", "The latitude is a number from -90 (South Pole) to 90 (North Pole), like 53.55."},
			{"53", "-180.5", "The longitude is a number from -180 (west) to 180 (east), like 10.00."},
			{"am Bach", "10", "The latitude is a number"},
			{"NaN", "Inf", "The longitude is a number"},
		} {
			anna.Send(placeForm, url.Values{"latitude": {c.latitude}, "longitude": {c.longitude}}, false)
			anna.Sees(http.StatusUnprocessableEntity, c.says)
			if c.latitude != "" {
				anna.Sees(http.StatusUnprocessableEntity, `value="`+c.latitude+`"`)
			}
		}
		for _, c := range []struct{ latitude, longitude, lies string }{
			{"53.165", "9.945", "53.165,9.945"},
			{" 53,165 ", "9,945", "53.165,9.945"}, // is the same place
			{"53.166, 9.946", "", "53.166,9.946"},
			{"", "https://www.openstreetmap.org/?mlat=-33.9&mlon=151.2#map=16/1/2", "-33.9,151.2"},
			{"90", "-180", "90,-180"},
			{"53.165", "9.945", "53.165,9.945"},
		} {
			anna.Send(placeForm, url.Values{"latitude": {c.latitude}, "longitude": {c.longitude}}, false)
			anna.Sees(http.StatusSeeOther)
			nobody.Get("/stadt/groups/21/about")
			nobody.Sees(http.StatusOK, "Where we are", `data-point="`+c.lies+`"`, "https://www.openstreetmap.org/?mlat=", "/stadt/map?within=2&amp;near="+c.lies)
		}
		if n := len(slices.DeleteFunc(webtest.Activities(t, db), func(a string) bool { return a != "group.changed garten by anna" })); n != 5 {
			t.Errorf("%d changes of where the group is were recorded, want 5", n)
		}
		anna.Get(placeForm)
		anna.Sees(http.StatusOK, `value="53.165"`, `value="9.945"`, "Remove from the map")
		anna.Send(placeForm, url.Values{"remove": {"on"}}, false)
		anna.Sees(http.StatusSeeOther)
		nobody.Get("/stadt/groups/21/about")
		nobody.DoesNotSee("Where we are", "data-map")

		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Garten.EntityID)
		anna.Send(placeForm, url.Values{"latitude": {"53"}, "longitude": {"10"}}, false)
		anna.Sees(http.StatusForbidden, "This group is archived")
	})
}

func TestTheMapShowsGroupsAndWhatComes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		nobody, bert, carla := w.as(t, 0), w.as(t, w.Bert.ID), w.as(t, w.Carla.ID)
		nobody.Get("/stadt/map/")
		nobody.Sees(http.StatusOK, "No groups on the map yet.", "No upcoming events on the map.")
		nobody.DoesNotSee("data-map ", "map-canvas")

		w.put(t, w.Garten.EntityID, "53.165,9.945")
		w.put(t, w.Chor.EntityID, "53.175,9.945") // 1.1 km to the north
		w.announce(t, "Fest", true, nil)
		w.announce(t, "Versammlung", false, url.Values{"time": {"2099-05-07T17:00"}, "place": {"Schuppen"}, "position": {"53.166, 9.945"}})
		w.announce(t, "Ausflug", true, url.Values{"time": {"2099-05-09T17:00"}, "place": {"Am See"}, "position": {"53.365, 9.945"}}) // 22 km
		w.announce(t, "Irgendwo", true, url.Values{"place": {"Unbekannt"}, "position": {""}})
		w.announce(t, "Vorbei", true, url.Values{"time": {"2020-05-08T17:00"}})
		w.announce(t, "Markt", true, url.Values{"time": {"2099-05-10T00:00"}, "all_day": {"on"}, "place": {"Markt"}, "position": {"53.18, 9.97"}}) // 2.4 km

		nobody.Get("/stadt/map")
		nobody.Sees(http.StatusOK, "Garten am Bach", "Chor der Vielen", "Fest", "Ausflug", "Markt", "8 May 2099", `data-point="53.165,9.945"`, "Am Bach",
			`data-tiles="https://{s}.tiles.example/{z}/{x}/{y}.png"`, "The map comes from tiles.example, which learns your internet address then.")
		nobody.DoesNotSee("Versammlung", "Schuppen", "53.166", "Irgendwo", "Vorbei")
		carla.Get("/stadt/map")
		carla.DoesNotSee("Versammlung", "Schuppen", "53.166")
		bert.Get("/stadt/map")
		bert.Sees(http.StatusOK, "Versammlung", "Schuppen", `data-point="53.166,9.945"`, "internal")

		for query, want := range map[string][]string{
			"kind=groups":                              {"Garten am Bach", "Chor der Vielen"},
			"kind=events":                              {"Fest", "Ausflug", "Markt"},
			"kind=x":                                   {"Garten am Bach", "Chor der Vielen", "Fest", "Ausflug", "Markt"},
			"near=53.165,9.945&within=2":               {"Garten am Bach", "Chor der Vielen", "Fest"}, // the market lies in a corner of the box
			"near=53.165,9.945&within=5":               {"Garten am Bach", "Chor der Vielen", "Fest", "Markt"},
			"near=53.165,9.945&within=25":              {"Garten am Bach", "Chor der Vielen", "Fest", "Ausflug", "Markt"},
			"near=53.165,9.945&within=9999":            {"Garten am Bach", "Chor der Vielen", "Fest", "Markt"}, // as usual
			"near=GARTEN&within=2&kind=events":         {"Fest"},
			"near=garten+am+bach&within=5&kind=events": {"Fest", "Markt"},
			"near=am+SEE&within=2":                     {"Ausflug"},
			"near=-53,9.9":                             {},
		} {
			nobody.Get("/stadt/map/?" + query)
			nobody.Sees(http.StatusOK)
			list := nobody.Page.Body[strings.Index(nobody.Page.Body, "map-lists"):]
			for _, name := range []string{"Garten am Bach</bdi></a>", "Chor der Vielen", "Fest", "Ausflug", "Markt</bdi>"} {
				name, _, _ := strings.Cut(name, "<")
				if shown := strings.Contains(list, "<bdi>"+name+"</bdi></a>"); shown != slices.Contains(want, name) {
					t.Errorf("%s shows %s: %t", query, name, shown)
				}
			}
		}
		nobody.Get("/stadt/map?near=53.165,9.945&within=2")
		if garden, choir := strings.Index(nobody.Page.Body, "less than 1 km away"), strings.Index(nobody.Page.Body, "1.1 km away"); garden < 0 || choir < garden {
			t.Errorf("what is nearer does not stand first: %d, %d", garden, choir)
		}
		nobody.Get("/stadt/map?near=Atlantis")
		nobody.Sees(http.StatusUnprocessableEntity, "We don’t know where “Atlantis” is.", `value="Atlantis"`, "Garten am Bach")
		// Where something internal takes place, others do not find out by asking for it.
		nobody.Get("/stadt/map?near=Schuppen")
		nobody.Sees(http.StatusUnprocessableEntity, "We don’t know where “Schuppen” is.")
		bert.Get("/stadt/map?near=Schuppen&within=2")
		bert.Sees(http.StatusOK, "Versammlung")

		cast.Execute(t, db, `UPDATE events SET cancelled = ? WHERE place = 'Am See'`, true)
		cast.Execute(t, db, `UPDATE event_dates SET place = 'Anderswo', place_key = 'anderswo' WHERE place = 'Markt'`)
		cast.Execute(t, db, `UPDATE entities SET archived_at = 1 WHERE id = ?`, w.Chor.EntityID)
		nobody.Get("/stadt/map")
		nobody.DoesNotSee("Ausflug", "Markt", "Chor der Vielen")
	})
}

// put puts a group on the map.
func (w *town) put(t *testing.T, entityID int64, position string) {
	t.Helper()
	p, ok := earth.Parse(position)
	if !ok {
		t.Fatal(position)
	}
	cast.Execute(t, w.db, `INSERT INTO entity_positions (entity_id, latitude, longitude) VALUES (?, ?, ?)`, entityID, p.Latitude, p.Longitude)
}

func TestThePageOfAnEventShowsWhereItIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Fest", true, nil)
		w.announce(t, "Versammlung", false, url.Values{"place": {"Schuppen"}, "position": {"53.166, 9.945"}})
		w.announce(t, "Irgendwo", true, url.Values{"place": {"Unbekannt"}, "position": {""}})
		nobody, bert := w.as(t, 0), w.as(t, w.Bert.ID)
		nobody.Get("/garten/fest/")
		nobody.Sees(http.StatusOK, "Where it is", `data-point="53.165,9.945"`, `data-label="Am Bach"`)
		nobody.Get("/garten/irgendwo/")
		nobody.Sees(http.StatusOK)
		nobody.DoesNotSee("data-map")
		nobody.Get("/garten/versammlung/")
		nobody.DoesNotSee("53.166", "Schuppen")
		bert.Get("/garten/versammlung/")
		bert.Sees(http.StatusOK, `data-point="53.166,9.945"`)
		// A change of the position reaches the map, and so does a date that is moved elsewhere.
		cast.Execute(t, db, `UPDATE event_dates SET place_key = 'anderswo' WHERE place = 'Am Bach'`)
		nobody.Get("/garten/fest/")
		nobody.DoesNotSee("data-map")
		anna := w.as(t, w.Anna.ID)
		anna.Get("/garten/irgendwo/edit/")
		anna.Submit("Save", map[string]string{"position": "53.17, 9.95"})
		nobody.Get("/garten/irgendwo/")
		nobody.Sees(http.StatusOK, `data-point="53.17,9.95"`)
	})
}

// TestWhatIsNearIsTheSameEverywhere compares what the databases find in a box with what lies there, at random places and
// where longitudes begin anew.
func TestWhatIsNearIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		random := rand.New(rand.NewPCG(25, 10))
		centres := []string{"53.165,9.945", "0,180", "-17.7,-179.99", "89.95,0", "-90,100"}
		at := map[string]earth.Point{}
		for n := range 60 {
			slug := fmt.Sprint("gruppe-", n)
			g := cast.AddGroup(t, db, slug)
			centre, _ := earth.Parse(centres[n%len(centres)])
			p := earth.Point{Latitude: min(max(centre.Latitude+random.IntN(60_001)-30_000, -9_000_000), 9_000_000), Longitude: centre.Longitude + random.IntN(80_001) - 40_000}
			switch {
			case p.Longitude > 18_000_000:
				p.Longitude -= 36_000_000
			case p.Longitude < -18_000_000:
				p.Longitude += 36_000_000
			}
			at[slug] = p
			w.put(t, g.EntityID, p.String())
		}
		found := 0
		for _, text := range centres {
			centre, _ := earth.Parse(text)
			for _, metres := range []float64{2000, 5000, 10_000, 25_000} {
				box := centre.Around(metres)
				got, err := geo.ListGroups(t.Context(), db, &box)
				if err != nil {
					t.Fatal(err)
				}
				for slug, p := range at {
					if in := slices.Contains(got, slug); in != box.Holds(p) {
						t.Errorf("%s at %s is found within %.0f m of %s: %t", slug, p, metres, text, in)
					}
					if box.Holds(p) {
						found++
					}
				}
			}
		}
		if found < 40 {
			t.Errorf("only %d groups lie near", found)
		}
	})
}

// TestTheMapReadsItsIndices looks at the plans in a town with many groups and events.
func TestTheMapReadsItsIndices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		cast.AddEvents(t, db, c.Garten.EntityID, c.Anna.ID, 900)
		cast.Execute(t, db, `UPDATE events SET latitude = 5316500, longitude = 994500`)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			var entities, all, positions, articles [][]any
			for n := range 3000 {
				articles = append(articles, []any{"article", c.Garten.EntityID, c.Anna.ID, fmt.Sprint("a-", n), "x", n})
				slug := fmt.Sprint("g-", n)
				entities = append(entities, []any{1000 + n, community.GroupEntity, slug, slug, slug, "#3f6b3d", n})
				all = append(all, []any{1000 + n, 1000 + n, "", "2020-01-01", 1, 1})
				positions = append(positions, []any{1000 + n, 5_000_000 + 100*n, 900_000})
			}
			if err := tx.InsertRows(t.Context(), `INSERT INTO entities (id, kind, slug, slug_key, name, colour, score)`, entities); err != nil {
				return err
			}
			if err := tx.InsertRows(t.Context(), `INSERT INTO contents (kind, entity_id, author_id, slug, title, published_at)`, articles); err != nil {
				return err
			}
			if err := tx.InsertRows(t.Context(), `INSERT INTO "groups" (id, entity_id, address, founded_on, created_at, changed_at)`, all); err != nil {
				return err
			}
			return tx.InsertRows(t.Context(), `INSERT INTO entity_positions (entity_id, latitude, longitude)`, positions)
		})
		if err == nil {
			err = db.Analyze(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		box := earth.Point{Latitude: 5_100_000, Longitude: 900_000}.Around(2000)
		q := &dbtest.Explainer{DB: db}
		if _, err := geo.ListGroups(t.Context(), q, &box); err != nil || !strings.Contains(q.Plan, "entity_positions_near") {
			t.Errorf("groups that are near are not found by their index (%v):\n%s", err, q.Plan)
		}
		if names, err := geo.ListGroups(t.Context(), db, &box); err != nil || len(names) < 20 {
			t.Errorf("only %d groups are near (%v)", len(names), err)
		}
		if _, err := geo.ListEvents(t.Context(), q, c.Bert.Viewer, db.Now(), nil); err != nil || !strings.Contains(q.Plan, "contents_starts") {
			t.Errorf("what comes is not read in the order of the calendar (%v):\n%s", err, q.Plan)
		}
		if titles, err := geo.ListEvents(t.Context(), db, community.Viewer{}, clock.At(db.Now().AddDate(0, 0, -1)), nil); err != nil || len(titles) < 100 {
			t.Errorf("only %d events come (%v)", len(titles), err)
		}
	})
}

// TestBrowsersMayGetTheMapFromItsHostAlone looks at what the policy of the pages names.
func TestBrowsersMayGetTheMapFromItsHostAlone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"https://{s}.tile.example.org/{z}/{x}/{y}.png":      {"https://a.tile.example.org", "https://b.tile.example.org", "https://c.tile.example.org"},
		"https://tile-{s}.example.org:8443/{z}/{x}/{y}.png": {"https://tile-a.example.org:8443", "https://tile-b.example.org:8443", "https://tile-c.example.org:8443"},
		"https://tile.example.org/{s}/{z}/{x}/{y}.png":      {"https://tile.example.org"},
		"http://{s}.tile.example.org/{z}/{x}/{y}.png":       nil,
		"https://a.example;script-src *.b.example/{s}":      nil,
	} {
		m := geo.New(geo.Deps{Enabled: true, Tiles: geo.Tiles{URL: address}}).Module()
		if !slices.Equal(m.PictureSources, want) {
			t.Errorf("%s comes from %q, want %q", address, m.PictureSources, want)
		}
	}
	for address, want := range map[string]string{"https://{s}.tile.example.org/x": "tile.example.org", "https://tile.example.org:8443/{s}": "tile.example.org"} {
		if got := (geo.Tiles{URL: address}).Host(); got != want {
			t.Errorf("%s is read as %s", address, got)
		}
	}
}

func TestASiteWithoutAMapHasNone(t *testing.T) {
	t.Parallel()
	m := geo.New(geo.Deps{}).Module()
	if len(m.Routes)+len(m.Entries)+len(m.Blocks)+len(m.PictureSources) > 0 || len(m.Estate) != 1 {
		t.Errorf("it answers %v", m.Routes)
	}
}
