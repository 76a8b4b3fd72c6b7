package mailin_test

import (
	"fmt"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestAnAnswerGoesIntoTheThreadWhateverAddressItIsSentTo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		key := p.key(t, p.Bert.ID) // of the first article
		second := cast.AddContent(t, db, cast.Content{EntityID: p.Garten.EntityID, AuthorID: p.Anna.ID})
		imported := cast.AddContent(t, db, cast.Content{EntityID: p.Garten.EntityID, AuthorID: p.Anna.ID})
		cast.Execute(t, db, `UPDATE contents SET message_key = 'content.77' WHERE id = ?`, imported)
		deleted := cast.AddContent(t, db, cast.Content{EntityID: p.Garten.EntityID, AuthorID: p.Anna.ID, Deleted: true})
		elsewhere := cast.AddContent(t, db, cast.Content{EntityID: p.Chor.EntityID, AuthorID: p.Anna.ID})
		conversation := cast.AddConversation(t, db, cast.Conversation{EntityID: p.Garten.EntityID, AuthorID: p.Carla.ID})
		message := cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: p.Carla.ID})
		removed := cast.AddContribution(t, db, cast.Contribution{ConversationID: conversation, AuthorID: p.Carla.ID, Deleted: true})
		said := fmt.Sprintf("conversation.%d.contribution.%d-0123456789abcdef@town.example", conversation, message)
		in := fmt.Sprintf("message %d below %d", conversation, message)
		for name, c := range map[string]struct{ header, to, want string }{
			"an item":                    {fmt.Sprintf("In-Reply-To: <content.%d-0123456789abcdef@town.example>", second), "garten", fmt.Sprint("answer ", second)},
			"an imported item":           {"In-Reply-To: <content.77-0123456789abcdef@town.example>", "garten", fmt.Sprint("answer ", imported)},
			"a message":                  {"In-Reply-To: <" + said + ">", "garten", in},
			"a message that was removed": {fmt.Sprintf("In-Reply-To: <conversation.1.contribution.%d@town.example>\nReferences: <%s>", removed, said), "garten", in},
			"somebody's own answer":      {"In-Reply-To: <x@elsewhere.example>\nReferences: <content.1@town.example> <" + said + "> <x@elsewhere.example>", "garten", in},
			"the other one of two":       {"In-Reply-To: <" + said + ">", "reply+" + key, in},
			"an item that was deleted":   {fmt.Sprintf("In-Reply-To: <content.%d@town.example>", deleted), "garten", "to garten"},
			"what another group wrote":   {fmt.Sprintf("In-Reply-To: <content.%d@town.example>", elsewhere), "garten", "to garten"},
			"that, to a reply address":   {fmt.Sprintf("In-Reply-To: <content.%d@town.example>", elsewhere), "reply+" + key, "answer 1"},
			"something else":             {"In-Reply-To: <content.x@town.example> <content.999999999999999999999@town.example> <contribution.1@x>", "garten", "to garten"},
			"nothing, beside an answer":  {"To: x@example.org, Reply+" + key + "@town.example\nCc: garten@town.example", "garten", "answer 1"},
		} {
			p.taken = nil
			if got := p.delivers(t, "bert@example.org", c.header+"\nFrom: bert@example.org\nMessage-ID: <"+name+"@x>\n\nYes.\n", c.to+"@town.example"); got != "taken" {
				t.Errorf("%s: %s", name, got)
			}
			if got := strings.Join(p.taken, "\n"); got != "bert "+c.want+": Yes." {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	})
}

func TestOneMessageToTheReplyAddressAndTheGroupIsOneMessage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		p := newPost(t, db, "")
		reply := "reply+" + p.key(t, p.Bert.ID) + "@town.example"
		const garten = "garten@town.example"
		number := 0
		message := func(header string) string {
			number++
			return fmt.Sprintf("From: bert@example.org\nTo: %s\nCc: Garten <%s>\nMessage-ID: <%d@x>\n%s\nYes.\n", reply, garten, number, header)
		}
		for _, header := range []string{"", "In-Reply-To: <content.1-0123456789abcdef@town.example>\n"} {
			for _, recipients := range [][]string{{reply, garten}, {garten, reply}} {
				p.taken = nil
				if got := p.delivers(t, "bert@example.org", message(header), recipients...); got != "taken, taken" {
					t.Error(got)
				}
				p.expect(t, "bert answer 1: Yes.")

				p.taken = nil
				m := message(header) // as some mail servers bring it: one recipient at a time, and the first one again
				for _, to := range append(recipients, recipients[0]) {
					if got := p.delivers(t, "bert@example.org", m, to); got != "taken" {
						t.Error(got)
					}
				}
				p.expect(t, "bert answer 1: Yes.")
			}
		}
	})
}

func TestWhatCannotBeAnsweredAnyMoreIsANewConversationWithTheGroup(t *testing.T) {
	t.Parallel()
	p := newPost(t, dbtest.SQLite(t), "")
	key := p.key(t, p.Bert.ID)
	p.closed = true
	m := "From: bert@example.org\nMessage-ID: <1@x>\nIn-Reply-To: <content.1-0123456789abcdef@town.example>\n\nYes.\n"
	if got := p.delivers(t, "bert@example.org", m, "garten@town.example"); got != "taken" {
		t.Error(got)
	}
	p.expect(t, "bert to garten: Yes.")
	if got := p.delivers(t, "bert@example.org", strings.ReplaceAll(m, "1@x", "2@x"), "reply+"+key+"@town.example"); got != "taken" || len(p.tray.Take()) != 1 {
		t.Errorf("%s, or no letter says that nobody got the answer", got)
	}
	p.expect(t, "bert to garten: Yes.")
}
