package notify_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/channels/inbox"
	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

// pager takes deliveries over in place of the recorder, for Bert.
type pager struct {
	bert  int64
	taken []int64
}

var (
	_ notify.RelayChannel = (*pager)(nil)
	_ notify.Substitute   = (*pager)(nil)
)

func (*pager) Name() string                               { return "pager" }
func (*pager) Replaces() string                           { return "record" }
func (*pager) ServesActor() bool                          { return false }
func (*pager) Setting() notify.Setting                    { return notify.Setting{} }
func (p *pager) Reaches() string                          { return fmt.Sprintf(`p.id = %d`, p.bert) }
func (*pager) Reached(_ *lang.Printer, people int) string { return fmt.Sprint(people) }

func (p *pager) TakeOver(_ context.Context, _ *sqldb.Tx, all []notify.Delivery) error {
	for _, d := range all {
		p.taken = append(p.taken, d.To.PersonID)
	}
	return nil
}

func TestASubstituteTakesThePlaceOfAnotherChannel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		c := cast.New(t, db)
		mail, instead := &recorder{sent: map[string][]string{}}, &pager{bert: c.Bert.ID}
		channels := []notify.Channel{mail, inbox.Inbox{}, instead}
		jobs := queue.New(db, queue.Config{})
		n := notify.New(notify.Config{DB: db, Queue: jobs, Zone: time.UTC, Channels: channels, Catalogues: &lang.Catalogues{}})
		members := func(context.Context, sqldb.Querier, community.Activity) (notify.Audience, error) {
			return notify.Among(notify.Member, `SELECT m.person_id FROM memberships m WHERE m.group_id = ?`, c.Garten.ID), nil
		}
		compose := func(context.Context, sqldb.Querier, *lang.Printer, community.Activity, notify.Recipient) (*notify.Message, error) {
			return &notify.Message{}, nil
		}
		err := n.Follow(
			notify.Notice{Activity: community.CommentPosted, Audience: members, Compose: compose, Said: true},
			notify.Notice{Activity: community.GroupArchived, Audience: members, Compose: compose, Channels: []string{"record"}, Always: true},
		)
		if err != nil {
			t.Fatal(err)
		}
		box := outbox.New(jobs)
		jobs.Handle(n.Jobs()...)
		happens := func(e community.Activity, want ...string) {
			t.Helper()
			cast.Execute(t, db, `DELETE FROM deliveries`)
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := box.Record(t.Context(), tx, e)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := &post{t: t, db: db}
			var got []string
			for _, key := range slices.Sorted(maps.Keys(p.states())) {
				got = append(got, key+" "+p.states()[key])
			}
			if !slices.Equal(got, want) {
				t.Errorf("after %s there are %q, want %q", e.Name, got, want)
			}
		}
		content := cast.AddContent(t, db, cast.Content{EntityID: c.Garten.EntityID, AuthorID: c.Anna.ID, Public: true})
		comment := community.Activity{Name: community.CommentPosted, ActorID: c.Anna.ID, EntityID: c.Garten.EntityID, ContentID: content}
		happens(comment, "anna record sent", "bert inbox sent", "bert pager sent")
		reach, err := n.Reach(t.Context(), db, comment, notify.Only(notify.Member, c.Bert.ID))
		if err != nil || reach.People != 1 || len(reach.ByChannel) != 2 || reach.ByChannel[1].Channel.Name() != "pager" {
			t.Errorf("it would reach %+v, %v", reach, err)
		}
		own := comment
		own.ActorID = c.Bert.ID
		happens(own, "anna inbox sent", "anna record sent")
		happens(community.Activity{Name: community.GroupArchived, ActorID: c.Anna.ID, EntityID: c.Garten.EntityID}, "anna record sent", "bert record sent")
		if !slices.Equal(instead.taken, []int64{c.Bert.ID}) {
			t.Errorf("taken over for %v", instead.taken)
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error { return notify.Mute(t.Context(), tx, channels, c.Bert.ID, content, 0, true) })
		if err != nil {
			t.Fatal(err)
		}
		happens(comment, "anna record sent", "bert inbox sent")
	})
}
