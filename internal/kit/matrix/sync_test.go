package matrix_test

import (
	"reflect"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/testkit/matrixtest"
)

func TestEventsAreReadAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	const anna = "@anna:" + matrixtest.Domain
	s := matrixtest.New(t)
	room := s.NewRoom(matrixtest.Bot)
	s.Enter(anna, room)
	c, err := matrix.New(matrix.Config{URL: s.URL, User: matrixtest.Bot, Token: matrixtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	relation := func(kind, event string) map[string]any { return map[string]any{"rel_type": kind, "event_id": event} }
	for name, test := range map[string]struct {
		kind    string
		content map[string]any
		want    matrix.Event
	}{
		"a message": {
			"m.room.message",
			map[string]any{"msgtype": "m.text", "body": "hello", "formatted_body": "<b>hello</b>"},
			matrix.Event{Kind: "m.text", Text: "hello", HTML: "<b>hello</b>"},
		},
		"a message in a thread": {
			"m.room.message",
			map[string]any{"msgtype": "m.text", "body": "hello", "m.relates_to": map[string]any{
				"rel_type": "m.thread", "event_id": "$head", "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": "$last"},
			}},
			matrix.Event{Kind: "m.text", Text: "hello", Thread: "$head"},
		},
		"a reply with what it replies to": {
			"m.room.message",
			map[string]any{
				"msgtype": "m.text", "body": "> <@bert:x> first\n> second\n\nhello", "formatted_body": "<mx-reply>first</mx-reply>hello",
				"m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": "$other"}},
			},
			matrix.Event{Kind: "m.text", Text: "hello", HTML: "hello", ReplyTo: "$other"},
		},
		"a message that begins with a quotation": {
			"m.room.message",
			map[string]any{"msgtype": "m.text", "body": "> <b> is bold\nhello"},
			matrix.Event{Kind: "m.text", Text: "> <b> is bold\nhello"},
		},
		"other words": {
			"m.room.message",
			map[string]any{
				"msgtype": "m.text", "body": "* hello", "m.relates_to": relation("m.replace", "$old"),
				"m.new_content": map[string]any{"msgtype": "m.text", "body": "hello"},
			},
			matrix.Event{Kind: "m.text", Text: "hello", Replaces: "$old"},
		},
		"a reaction": {
			"m.reaction",
			map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": "$x", "key": "👍"}},
			matrix.Event{ReactsTo: "$x", Reaction: "👍"},
		},
		"a redaction": {"m.room.redaction", map[string]any{"redacts": "$x"}, matrix.Event{Redacts: "$x"}},
		"a file": {
			"m.room.message",
			map[string]any{"msgtype": "m.image", "body": "beet.jpg", "url": "mxc://x/1", "info": map[string]any{"mimetype": "image/jpeg", "size": 7}},
			matrix.Event{Kind: "m.image", Text: "beet.jpg", File: &matrix.File{Address: "mxc://x/1", Name: "beet.jpg", MediaType: "image/jpeg", Size: 7}},
		},
		"a file with words": {
			"m.room.message",
			map[string]any{"msgtype": "m.file", "body": "our plan", "filename": "plan.pdf", "url": "mxc://x/1"},
			matrix.Event{Kind: "m.file", Text: "our plan", File: &matrix.File{Address: "mxc://x/1", Name: "plan.pdf"}},
		},
		"what is encrypted in a thread": {
			"m.room.encrypted",
			map[string]any{"ciphertext": "x", "m.relates_to": relation("m.thread", "$head")},
			matrix.Event{Encrypted: true, Unreadable: true, Thread: "$head"},
		},
		"what is encrypted": {
			"m.room.encrypted",
			map[string]any{"ciphertext": "x", "body": "not this", "msgtype": "m.text"},
			matrix.Event{Encrypted: true, Unreadable: true},
		},
		"nonsense": {"m.room.message", map[string]any{"msgtype": 5, "body": []int{1}, "m.relates_to": "x"}, matrix.Event{}},
	} {
		before, err := c.Sync(t.Context(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		id := s.Put(anna, room, test.kind, test.content)
		after, err := c.Sync(t.Context(), before.Next, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(after.Rooms) != 1 || len(after.Rooms[0].Events) != 1 {
			t.Fatalf("%s: synced %+v", name, after)
		}
		got := after.Rooms[0].Events[0]
		want := test.want
		want.ID, want.Room, want.Sender, want.Type, want.At = id, room, anna, test.kind, got.At
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read\n%+v, want\n%+v", name, got, want)
		}
	}
}
