package content_test

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// latest returns the name of what happened last, and who hears of it by mail.
func (h *house) latest(t *testing.T) (name string, told []string) {
	t.Helper()
	activities := h.activities(t)
	name, _, _ = strings.Cut(activities[len(activities)-1], " ")
	for _, d := range h.notices.FanOut(t, h.db) {
		if slug, mail := strings.CutPrefix(d, "email "); mail {
			told = append(told, slug)
		}
	}
	return name, told
}

func (h *house) wantLatest(t *testing.T, when string, activity community.ActivityName, told ...string) {
	t.Helper()
	if name, got := h.latest(t); name != string(activity) || !slices.Equal(got, told) {
		t.Errorf("%s: %s tells %v, want %s and %v", when, name, got, activity, told)
	}
}

func TestWhoIsMentionedIsToldOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		article := h.publishText(t, "Fest", "Mit @Carla, @bert, @anna, @garten und @niemand. `@anna`")
		h.wantLatest(t, "published", community.ContentPublished, "anna", "bert", "carla")

		h.publishText(t, "Anderes", "Siehe @carla/fest und [hier](/carla/)")
		h.wantLatest(t, "a thing of hers", community.ContentPublished, "anna", "bert")

		before := len(h.activities(t))
		h.reviseText(t, article.ID, "Fest", "ohne")
		h.reviseText(t, article.ID, "Fest", "wieder mit @carla")
		if n := len(h.activities(t)); n != before {
			t.Errorf("the same mention tells of %d activities", n-before)
		}

		plain := h.publishText(t, "Plan", "ohne")
		h.reviseText(t, plain.ID, "Plan", "jetzt mit @carla und @anna")
		h.wantLatest(t, "added by an edit", community.PersonMentioned, "carla")
		before = len(h.activities(t))
		h.reviseText(t, plain.ID, "Plan", "immer noch mit @carla und @anna!")
		if n := len(h.activities(t)); n != before {
			t.Errorf("a further edit tells of %d activities", n-before)
		}
	})
}

func TestWhoMayNotReadIsNotToldOfAMention(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i, err := h.Publish(t.Context(), h.Anna.Viewer, content.Draft{Kind: "article", Entity: h.Garten.Entity(), Form: &content.Common{Title: "Intern", Text: "@carla @bert"}})
		if err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "an internal item", community.ContentPublished, "anna", "bert")
		if _, err := h.Revise(t.Context(), h.Bert.Viewer, i.ID, &content.Common{Title: "Intern", Text: "@carla @bert @anna"}); err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "changed", community.PersonMentioned, "anna")

		public := h.publishText(t, "Offen", "x")
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
			return h.Module().Replies[0].Deliver(t.Context(), tx, mailin.Target{ContentID: public.ID}, &mailin.Incoming{Sender: h.Anna.Viewer, Text: "Was meint @carla?", Format: "plain"})
		})
		if err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "an internal comment", community.CommentPosted, "anna", "bert")
	})
}

func TestCommentsTellWhomTheyMention(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := newHouse(t, db)
		i := h.publishText(t, "Offen", "x")
		if _, err := h.Comment(t.Context(), h.Bert.Viewer, i.ID, "Was meint @carla?", 0); err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "a comment", community.CommentPosted, "anna", "bert", "carla")
		id, err := h.Comment(t.Context(), h.Bert.Viewer, i.ID, "Und was meinen die anderen?", 0)
		if err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "another one", community.CommentPosted, "anna", "bert")
		if err := h.threads.Revise(t.Context(), h.Bert.Viewer, id, "Und was meinen @carla und @bert?", 0); err != nil {
			t.Fatal(err)
		}
		h.wantLatest(t, "changed", community.PersonMentioned, "carla")

		notice := h.Module().Notices[2]
		e := community.Activity{ID: 99, Name: community.PersonMentioned, ActorID: h.Bert.ID, EntityID: h.Garten.EntityID, ContentID: i.ID, ContributionID: id}
		m, err := notice.Compose(t.Context(), db, new(lang.Printer), e, notify.Recipient{PersonID: h.Carla.ID, EntityID: h.Carla.EntityID, Slug: "carla", Reason: notify.Mentioned})
		if err != nil {
			t.Fatal(err)
		}
		if m.Intro != "Bert Birke mentions you in “Offen”." || m.Because != "You get this email because it mentions you." || !strings.HasSuffix(m.Thread.ID, ".activity.99") {
			t.Errorf("%+v", m)
		}
	})
}
