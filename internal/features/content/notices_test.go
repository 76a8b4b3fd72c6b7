package content_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// crowd lets people move in who stand to the garden in each way, can be reached in each way, and want each thing. It
// returns the deliveries of what Anna publishes there, as channel and person, for everybody and for those inside.
func (h *house) crowd(t *testing.T) (public, internal []string) {
	t.Helper()
	type preference struct {
		channel string
		entity  int64
		timing  notify.Timing
	}
	garden := h.Garten.EntityID
	wishes := []struct {
		rows   []preference
		silent string // in the garden
	}{
		{nil, ""},
		{[]preference{{"email", 0, notify.Never}}, "email"},
		{[]preference{{"inbox", 0, notify.Never}}, "inbox"},
		{[]preference{{"email", garden, notify.Never}, {"inbox", garden, notify.Never}}, "email inbox"},
		{[]preference{{"email", 0, notify.Never}, {"inbox", 0, notify.Weekly}, {"email", garden, notify.AtOnce}}, "inbox"},
		{[]preference{{"email", 0, notify.Daily}, {"push", garden, notify.Never}}, "email push"},
		{[]preference{{"email", h.Chor.EntityID, notify.Never}}, ""},
	}
	err := h.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		public = []string{"email anna", "email bert", "inbox bert"}
		internal = slices.Clone(public)
		for n := range 4 * 8 * len(wishes) {
			member, subscribes := n&1 > 0, n&2 > 0
			password, address, device := n&4 > 0, n&8 > 0, n&16 > 0
			slug := fmt.Sprintf("mensch-%d", n)
			entity, err := tx.Insert(t.Context(), `INSERT INTO entities (kind, slug, slug_key, name, colour) VALUES (?, ?, ?, ?, '#203040')`, community.PersonEntity, slug, slug, slug)
			if err != nil {
				return err
			}
			hash := ""
			if password {
				hash = "x"
			}
			id, err := tx.Insert(t.Context(), `INSERT INTO people (entity_id, about, password, joined_at) VALUES (?, '', ?, ?)`, entity, hash, tx.Now)
			if err != nil {
				return err
			}
			inserts := map[string][]any{}
			if member {
				inserts[`INSERT INTO memberships (group_id, person_id, joined_at)`] = []any{h.Garten.ID, id, tx.Now}
			}
			if subscribes {
				inserts[`INSERT INTO subscriptions (entity_id, person_id, created_at)`] = []any{garden, id, tx.Now}
			}
			if address {
				inserts[`INSERT INTO email_addresses (person_id, address, address_key, main)`] = []any{id, slug, slug, true}
			}
			if device {
				inserts[`INSERT INTO push_devices (person_id, endpoint, endpoint_hash, p256dh, auth, name, created_at)`] = []any{id, "x", slug, "", "", "", tx.Now}
			}
			for insert, row := range inserts {
				if err := tx.InsertRows(t.Context(), insert, [][]any{row}); err != nil {
					return err
				}
			}
			for channel, reached := range map[string]bool{"email": address, "inbox": password, "push": device} {
				if reached && subscribes && !strings.Contains(wishes[n/32].silent, channel) {
					public = append(public, channel+" "+slug)
					if member {
						internal = append(internal, channel+" "+slug)
					}
				}
			}
			for _, w := range wishes[n/32].rows {
				if _, err := tx.Exec(t.Context(), `INSERT INTO preferences (person_id, channel, entity_id, timing) VALUES (?, ?, ?, ?)`, id, w.channel, w.entity, w.timing); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(public)
	slices.Sort(internal)
	return public, internal
}

func TestWhatTheFormsPromiseIsWhatIsDelivered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		toEverybody, toInside := h.crowd(t)
		compare := func(what string, by cast.Person, promised notify.Reach) []string {
			t.Helper()
			want := map[string]int{"people": promised.People}
			for _, c := range promised.ByChannel {
				want[c.Channel.Name()] = c.People
			}
			got, people := map[string]int{}, map[string]bool{}
			deliveries := h.notices.FanOut(t, db)
			for _, delivery := range deliveries {
				channel, slug, _ := strings.Cut(delivery, " ")
				if slug != by.Slug {
					got[channel]++
					people[slug] = true
				}
			}
			got["people"] = len(people)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-promised +delivered):\n%s", what, diff)
			}
			slices.Sort(deliveries)
			return deliveries
		}
		promise := func(r notify.Reach, err error) notify.Reach {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		comment := func(p cast.Person, i content.Item) {
			t.Helper()
			promised := promise(h.CommentReach(t.Context(), p.Viewer, i))
			if _, err := h.Comment(t.Context(), p.Viewer, i.ID, "Hm by "+p.Slug, 0); err != nil {
				t.Fatal(err)
			}
			compare("a comment on "+i.Title+" by "+p.Slug, p, promised)
		}
		for _, e := range []community.Entity{h.Garten.Entity(), h.Anna.Entity()} {
			public, internal, err := h.PublishReach(t.Context(), h.Anna.Viewer, e)
			if err != nil {
				t.Fatal(err)
			}
			inside := h.publish(t, h.Anna, e, "Inside "+e.Slug, false)
			insiders := compare("something internal of "+e.Slug, h.Anna, internal)
			everybody := h.publish(t, h.Anna, e, "Outside "+e.Slug, true)
			all := compare("something public of "+e.Slug, h.Anna, public)
			if e.IsGroup() {
				if diff := cmp.Diff(toInside, insiders) + cmp.Diff(toEverybody, all); diff != "" {
					t.Errorf("deliveries (-want +got):\n%s", diff)
				}
			}
			comment(h.Carla, everybody)
			comment(h.Bert, everybody)
			comment(h.Anna, everybody)
			comment(h.Anna, inside)
		}
	})
}
