package events_test

import (
	"net/http"
	"net/url"
	"testing"

	"grouprise.org/grouprise/internal/features/events"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestPositionsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " 53.55, 10.00 ": "53.55,10", "53.55 10": "53.55,10", "53,5511 9,9937": "53.5511,9.9937", "53,5511, 9,9937": "53.5511,9.9937",
		"-33.856784;151.215297": "-33.85678,151.2153", "geo:53.55,10.0": "53.55,10", "GEO:53.55,10.0,12;u=35?z=19": "53.55,10",
		"https://www.openstreetmap.org/?mlat=53.55&mlon=10.01#map=16/1/2": "53.55,10.01",
		"https://www.openstreetmap.org/#map=19/53.5506/9.9937&layers=N":   "53.5506,9.9937",
		"https://osm.org/#map=5/-0.000001/0":                              "0,0",
		"90,180":                                                          "90,180",
	} {
		if got, ok := events.ReadPosition(text); !ok || got != want {
			t.Errorf("%q is read as %q (%t), want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"Marktplatz", "91, 0", "0, 181", "53.55", "geo:", "geo:x,y", "53.55, 10, 12, 13", "NaN,NaN", "Inf,0", "https://example.org/?mlat=53.55&mlon=10",
		"https://openstreetmap.org.example.org/#map=19/53.5/9.9", "https://www.openstreetmap.org/", "https://www.openstreetmap.org/#map=x/y/z", "javascript:1,2",
	} {
		if got, ok := events.ReadPosition(text); ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

// TestAPlaceHasAPageOfItsDates looks at what the page of a place says, to whom.
func TestAPlaceHasAPageOfItsDates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newTown(t, db)
		w.announce(t, "Fest", true, url.Values{"time": {"2099-05-08T17:00"}, "place": {"Am Bach\nBachgasse 3"}, "position": {"geo:53.55,10.00"}})
		w.announce(t, "Versammlung", false, url.Values{"time": {"2099-05-09T17:00"}, "place": {"Schuppen"}, "position": {"53.1, 10.1"}})
		path := w.announce(t, "Singen", true, url.Values{"time": {"2099-05-10T17:00"}, "place": {"am bach, Bachgasse 3"}})
		nobody, bert, carla := w.visit(t, 0), w.visit(t, w.Bert.ID), w.visit(t, w.Carla.ID)
		nobody.Get(path)
		nobody.Sees(http.StatusOK, "/stadt/events?place=am+bach%2C+Bachgasse+3", "https://www.openstreetmap.org/?mlat=53.55&amp;mlon=10#map=17/53.55/10")
		nobody.Get("/stadt/events?place=AM+BACH,+bachgasse+3")
		nobody.Sees(http.StatusOK, "<h1", "am bach, Bachgasse 3</h1>", "Fest", "Singen", `href="geo:53.55,10"`, "webcal://example.org/stadt/events/place.ics?place=")
		nobody.Get("/stadt/events/place.ics?place=am+Bach,+Bachgasse+3")
		nobody.Sees(http.StatusOK, "SUMMARY:[garten] Fest", "SUMMARY:[garten] Singen", "X-WR-CALNAME:am bach\\, Bachgasse 3")
		for _, place := range []string{"Schuppen", "Nirgendwo"} { // what is known only from something internal is not known
			nobody.Get("/stadt/events?place=" + place)
			nobody.Sees(http.StatusOK, "Nothing is planned yet.")
			nobody.DoesNotSee("Versammlung", "geo:")
			nobody.Get("/stadt/events/place.ics?place=" + place)
			nobody.Sees(http.StatusNotFound)
		}
		bert.Get("/stadt/events?place=schuppen")
		bert.Sees(http.StatusOK, "Schuppen</h1>", "Versammlung", `href="geo:53.1,10.1"`)
		bert.Get("/stadt/events/place.ics?place=schuppen") // without a key in its address it is for everybody
		bert.Sees(http.StatusNotFound)

		// A new event lies where the last one at that place did, as far as whoever announces it may know.
		bert.Send("/garten/events/add/", url.Values{"title": {"Kasse"}, "text": {"x"}, "place": {"SCHUPPEN"}, "time": {"2099-06-01T17:00"}}, true)
		bert.Sees(http.StatusOK, "mlat=53.1")
		carla.Send("/stadt/events/add/", url.Values{"title": {"Lesung"}, "text": {"x"}, "place": {"Schuppen"}, "time": {"2099-06-01T17:00"}, "as_gestalt": {"on"}}, true)
		carla.Sees(http.StatusOK, "Your event is in the calendar.")
		carla.DoesNotSee("mlat")
		bert.Send("/garten/events/add/", url.Values{"title": {"Irgendwo"}, "text": {"x"}, "place": {"Schuppen"}, "time": {"2099-06-01T17:00"}, "position": {"im Norden"}}, true)
		bert.Sees(http.StatusUnprocessableEntity, "Enter a position like 53.55, 10.00")
	})
}
