package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/features/groups"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/localetest"
	"grouprise.org/grouprise/internal/testkit/mailtest"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

// rows counts what belongs to a group, by table.
func rows(t *testing.T, q sqldb.Querier, c *cast.Cast) map[string]int {
	t.Helper()
	found := map[string]int{}
	for table, condition := range map[string]string{
		"contents": "entity_id = 101", "conversations": "entity_id = 101", "subscriptions": "entity_id = 101", "memberships": "group_id = 21",
		"contributions": "1 = 1", "entities": "id = 101", "groups": "id = 21", "imports": "group_id = 21", "calendar_invitations": "entity_id = 101",
	} {
		condition = strings.NewReplacer("101", fmt.Sprint(c.Garten.EntityID), "21", fmt.Sprint(c.Garten.ID)).Replace(condition)
		var n int
		if err := q.Get(t.Context(), &n, `SELECT COUNT(*) FROM "`+table+`" WHERE `+condition); err != nil {
			t.Fatal(err)
		}
		found[table] = n
	}
	return found
}

// TestNothingNewComesIntoAnArchivedGroup tries every way into a group that is archived, and shows that what was
// readable is.
func TestNothingNewComesIntoAnArchivedGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, bert, carla, nobody := w.visit(t, "anna"), w.visit(t, "bert"), w.visit(t, "carla"), w.visit(t, "")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Intern"}, "text": {"Nur für uns"}}, true)
	anna.Send("/garten/articles/add/", url.Values{"title": {"Offen"}, "text": {"Für alle"}, "public": {"on"}}, true)
	carla.Send(community.GroupContactPath(w.Garten.ID), url.Values{"subject": {"Frage"}, "text": {"Wann?"}}, true)
	conversation := carla.Page.Path
	carla.Sees(http.StatusOK, "Wann?")
	w.mailsTo(t, w.Bert)

	archive := community.ArchivePath(w.Garten.ID)
	carla.Get(archive)
	carla.Sees(http.StatusForbidden)
	anna.Get(community.GroupSettingsPath("garten"))
	anna.Sees(http.StatusOK, archive)
	anna.Get(archive)
	anna.Submit("Archive the group", nil)
	anna.Sees(http.StatusOK, "The group is archived.", "This group has been archived since", "Reactivate the group")
	anna.Send(archive, url.Values{}, true)
	anna.Sees(http.StatusOK, "has been archived since")
	before := rows(t, w.db, w.Cast)

	for _, v := range []*webtest.Visitor{anna, bert, carla, nobody} {
		v.Get("/garten/")
		v.Sees(http.StatusOK, "has been archived since", "Offen")
		v.DoesNotSee("/garten/actions/join", "/garten/actions/subscribe", "/garten/articles/add", community.GroupContactPath(w.Garten.ID))
		v.Get("/garten/offen/")
		v.Sees(http.StatusOK, "Für alle")
		v.Get("/stadt/groups/")
		v.DoesNotSee("Garten am Bach")
		v.Get("/stadt/groups?archived=true")
		v.Sees(http.StatusOK, "Garten am Bach")
	}
	bert.Get("/garten/intern/")
	bert.Sees(http.StatusOK, "Nur für uns", "This group is archived")
	bert.DoesNotSee("/garten/intern/edit/")
	carla.Get(conversation)
	carla.Sees(http.StatusOK, "Wann?", "This group is archived")
	nobody.Get("/garten/offen/")
	nobody.Sees(http.StatusOK, "This group is archived: nothing new can be added")
	nobody.DoesNotSee("Sign in to comment")

	dora := url.Values{"email": {"dora@example.org"}}
	for _, try := range []struct {
		v      *webtest.Visitor
		path   string
		form   url.Values
		answer int
	}{
		{anna, "/garten/articles/add/", url.Values{"title": {"Neu"}, "text": {"Neu"}}, http.StatusForbidden},
		{anna, "/stadt/articles/add/", url.Values{"title": {"Neu"}, "text": {"Neu"}, "group": {"garten"}}, http.StatusUnprocessableEntity},
		{anna, "/garten/events/add/", url.Values{"title": {"Neu"}, "time": {"2099-05-08T17:00"}}, http.StatusForbidden},
		{anna, "/garten/offen/edit/", url.Values{"title": {"Neu"}, "text": {"Neu"}}, http.StatusForbidden},
		{anna, "/garten/offen/", url.Values{"text": {"Neu"}}, http.StatusForbidden},
		{carla, "/garten/offen/", url.Values{"text": {"Neu"}}, http.StatusForbidden},
		{carla, conversation, url.Values{"text": {"Neu"}}, http.StatusForbidden},
		{carla, community.GroupContactPath(w.Garten.ID), url.Values{"subject": {"Neu"}, "text": {"Neu"}}, http.StatusForbidden},
		{carla, "/garten/actions/join", nil, http.StatusForbidden},
		{carla, "/garten/actions/subscribe", nil, http.StatusForbidden},
		{anna, "/garten/actions/recommend", url.Values{"recipients": {"x@example.org"}, "text": {"Komm"}}, http.StatusForbidden},
		{anna, fmt.Sprintf("/stadt/groups/%d/imports/", w.Garten.ID), url.Values{"address": {"https://example.com/x.ics"}}, http.StatusForbidden},
		{nobody, "/garten/join/request", dora, http.StatusForbidden},
		{nobody, "/garten/actions/subscribe", dora, http.StatusForbidden},
	} {
		try.v.Send(try.path, try.form, false)
		if got := try.v.Page.Status; got != try.answer && got != http.StatusSeeOther {
			t.Errorf("%s answers %d", try.path, got)
		}
	}
	w.mailsTo(t, w.Bert)
	w.mailsTo(t, w.Anna)
	const invitation = "Subject: Neu\nMIME-Version: 1.0\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:neu@example.com\nDTSTART:20990508T170000Z\nSUMMARY:Neu\nEND:VEVENT\nEND:VCALENDAR\n"
	for n, message := range []string{"Subject: Neu\n\nNeu", invitation} {
		w.receives(t, "anna@example.org", "garten@example.org", fmt.Sprintf("Message-ID: <%d@example.com>\n", n)+message)
		if mails := w.mailsTo(t, w.Anna); len(mails) != 1 || !strings.Contains(mails[0].Text, "archived") {
			t.Errorf("the sender is told %v", mails)
		}
	}
	if after := rows(t, w.db, w.Cast); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("there were %v, and now there are %v", before, after)
	}
}

func TestAMemberUndoesByTheLinkInTheirMailThatTheirGroupIsArchived(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna := w.visit(t, "anna")
	anna.Send(community.ArchivePath(w.Garten.ID), url.Values{}, true)
	mails := w.mailsTo(t, w.Bert)
	if len(mails) != 1 || !strings.Contains(mails[0].Text, "has archived the group") {
		t.Fatalf("Bert is told %v", mails)
	}
	_, rest, _ := strings.Cut(mails[0].Text, "/stadt/groups/archive/")
	link := "/stadt/groups/archive/" + strings.TrimRight(strings.Fields(rest)[0], ")>.")
	nobody := w.visit(t, "")
	nobody.Get(link[:len(link)-2] + "x/")
	nobody.Sees(http.StatusNotFound)
	nobody.Get(link)
	nobody.Submit("Reactivate the group", nil)
	nobody.Sees(http.StatusOK, "The group is active again.")
	nobody.DoesNotSee("archived since")
	nobody.Get(link)
	nobody.Sees(http.StatusOK, "The group is active.")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Weiter"}, "text": {"geht’s"}}, true)
	anna.Sees(http.StatusOK, "Weiter")
	if mails := w.mailsTo(t, w.Bert); len(mails) != 2 {
		t.Errorf("Bert has %d mails", len(mails))
	}
}

func TestTheAddressesOfARemovedGroupSayThatItIsGone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	anna, nobody := w.visit(t, "anna"), w.visit(t, "")
	anna.Send("/garten/articles/add/", url.Values{"title": {"Offen"}, "text": {"Für alle"}, "public": {"on"}}, true)
	anna.Send("/garten/offen/", url.Values{"text": {"Ein Kommentar"}}, true)
	anna.Send(community.GroupSettingsPath("garten"), url.Values{"name": {"Garten"}, "slug": {"beet"}, "date_founded": {"2020-01-01"}}, true)
	w.mailsTo(t, w.Bert)
	if _, err := w.Groups().Remove(t.Context(), "Beet"); err != nil {
		t.Fatal(err)
	}
	for table, n := range rows(t, w.db, w.Cast) {
		if n != 0 {
			t.Errorf("%d rows are left of %s", n, table)
		}
	}
	for _, path := range []string{"/beet/", "/garten/", "/Beet/offen/", "/beet/was-es-nie-gab/", "/beet/events/public.ics"} {
		for _, v := range []*webtest.Visitor{anna, nobody} {
			if got := v.Ask(http.MethodGet, path).Status; got != http.StatusGone {
				t.Errorf("%s answers %d", path, got)
			}
		}
	}
	for _, path := range []string{"/niemand/", community.GroupContactPath(w.Garten.ID), "/stadt/content/1/"} {
		if got := nobody.Ask(http.MethodGet, path).Status; got != http.StatusNotFound {
			t.Errorf("%s answers %d", path, got)
		}
	}
	if mails := w.mailsTo(t, w.Bert); len(mails) != 1 || !strings.Contains(mails[0].Text, "have removed the group") {
		t.Errorf("a member is told %v", mails)
	}
	anna.Get("/stadt/groups/add")
	anna.Submit("Start the group", map[string]string{"name": "Beet"})
	anna.Sees(http.StatusOK, "You’ve started the group")
	if anna.Page.Path == "/beet/" {
		t.Error("the short name is given anew at once")
	}
	if _, err := w.Groups().Remove(t.Context(), "beet"); !errs.Is(err, errs.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// TestARemovedGroupLeavesNothing walks the real list of what all modules keep, on each database.
func TestARemovedGroupLeavesNothing(t *testing.T) {
	t.Parallel()
	h := realHouse(t)
	catalogues := localetest.Catalogues(t)
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		tray := &mailtest.Tray{}
		room := groups.New(groups.Deps{
			DB: db, Outbox: outbox.New(tray), Entities: entities.New(nil), Letters: notify.NewLetters(tray), Catalogues: catalogues, Estate: h.estate,
			SiteName: settings.SiteName{Default: "Neustadt"}, BaseURL: "https://example.org",
		})
		content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		comment := cast.Contribution{ContentID: content, AuthorID: c.Carla.ID}
		cast.AddContribution(t, db, comment)
		conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: c.Garten.EntityID, AuthorID: c.Carla.ID})
		cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: c.Anna.ID})
		cast.AddEvents(t, db, c.Garten.EntityID, c.Anna.ID, 3)
		cast.Execute(t, db, `INSERT INTO imports (group_id, author_id, address, public, created_at, due_at) VALUES (?, ?, 'x', TRUE, 1, 1)`, c.Garten.ID, c.Anna.ID)
		if _, err := room.Remove(t.Context(), "garten"); err != nil {
			t.Fatal(err)
		}
		for table, n := range rows(t, db, c) {
			if n != 0 {
				t.Errorf("%d rows are left of %s", n, table)
			}
		}
		var others int
		if err := db.Get(t.Context(), &others, `SELECT COUNT(*) FROM entities`); err != nil || others == 0 {
			t.Errorf("%d entities are left, %v", others, err)
		}
		letters := tray.Take()
		if len(letters) != 2 || letters[0].Kind != "group-removed" {
			t.Errorf("letters: %+v", letters)
		}
	})
}
