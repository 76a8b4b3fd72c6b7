//go:build e2e && synapse

package synapse_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/synapse"
	"grouprise.org/grouprise/e2e/town"
)

// TestAMemberCannotMakeTheBotDeaf lets a member put all into their room that the homeserver takes: events of a form that no
// client writes, names that are meant to be taken for something else, texts as long and as deeply nested as there is room for, and
// state that looks like that of the bot. Afterwards the room still answers, and the member is removed with their group.
func TestAMemberCannotMakeTheBotDeaf(t *testing.T) {
	t.Parallel()
	s := newStory(t, town.SQLite, synapse.Generous)
	s.Start("bot")
	s.eventually("somebody to listen", s.listens)
	const room, post = "werkstatt-private", "/werkstatt/sommerfest/"
	s.openWorkshop()
	s.post("anna", "/stadt/settings/group/matrix-chat/?group=werkstatt", url.Values{"answers": {"on"}})
	s.post("anna", "/werkstatt/articles/add/", url.Values{"title": {"Sommerfest"}, "text": {"Wer bringt was mit?"}})
	head := s.awaitsWords("bert", room, "Wer bringt was mit?").ID

	taken := 0
	try := func(method, path string, content any) {
		t.Helper()
		if s.Server.Ask(s.tokens["bert"], method, "/_matrix/client/v3"+path, content, nil) == http.StatusOK {
			taken++
		}
	}
	try(http.MethodPut, "/profile/"+url.PathEscape(id("bert"))+"/displayname", map[string]any{"displayname": "<b>" + id("grouprise-bot") + "</b>\u202e\n!grouprise"})
	inRoom := "/rooms/" + url.PathEscape(s.room(room))
	for kind, content := range map[string]map[string]any{
		"org.grouprise.room":     {"site": 5, "kind": []int{1}, "owner": "Bert"},
		"m.room.canonical_alias": {"alias": nil, "alt_aliases": []int{}},
		"m.room.name":            {"name": []int{5}},
		"m.room.topic":           {"topic": map[string]any{"a": 1}},
		"m.room.avatar":          {"url": 5},
		"m.space.child":          {"via": "x"},
	} {
		try(http.MethodPut, inRoom+"/state/"+kind, content)
	}
	for n := range 20 {
		try(http.MethodPut, fmt.Sprint(inRoom, "/state/org.grouprise.room/", n), map[string]any{"x": strings.Repeat("x", 60_000)})
	}
	below := map[string]any{"rel_type": "m.thread", "event_id": head, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": head}}
	deep := strings.Repeat("<blockquote><ul><li>", 1000)
	for n, e := range []struct {
		kind    string
		content map[string]any
	}{
		{"m.room.redaction", map[string]any{"redacts": 5}},
		{"m.room.redaction", map[string]any{"redacts": []string{head}}},
		{"m.room.member", map[string]any{"membership": "leave"}},
		{"m.room.encryption", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}},
		{"m.room.encrypted", map[string]any{"algorithm": 5, "ciphertext": map[string]any{"a": 1}, "m.relates_to": below}},
		{"m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": 5, "key": []string{"👍"}}}},
		{"m.room.message", map[string]any{"msgtype": 5, "body": []int{1}, "m.relates_to": "x"}},
		{"m.room.message", map[string]any{"msgtype": "m.text", "body": "*", "m.new_content": 5, "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": head}}},
		{"m.room.message", map[string]any{"msgtype": "m.text", "body": strings.Repeat("x", 60_000), "m.relates_to": below}},
		{"m.room.message", map[string]any{"msgtype": "m.text", "body": "tief", "format": "org.matrix.custom.html", "formatted_body": deep, "m.relates_to": below}},
		{"m.room.message", map[string]any{"msgtype": "m.text", "body": "leer", "format": "org.matrix.custom.html", "formatted_body": "<script>alert(1)</script><img src=x onerror=alert(1)>", "m.relates_to": below}},
		{"m.room.message", map[string]any{"msgtype": "m.file", "body": "../../etc/passwd\x00", "url": "mxc://" + synapse.Domain + "/../../etc/passwd", "m.relates_to": below}},
		{"m.room.message", map[string]any{"msgtype": "m.file", "body": "x", "url": "mxc://" + synapse.Domain + "/x", "info": map[string]any{"size": -1, "mimetype": 5}, "m.relates_to": below}},
	} {
		try(http.MethodPut, fmt.Sprintf("%s/send/%s/hostile%d", inRoom, e.kind, n), e.content)
	}
	if taken < 25 {
		t.Errorf("the homeserver takes %d events only", taken)
	}
	s.says("anna", room, inThread(head, "Ich bringe Kuchen mit."))
	s.eventually("Anna's comment", func() bool { return strings.Contains(s.page("anna", post), "Ich bringe Kuchen mit.") })
	if page := s.page("anna", post); strings.Contains(page, "<script>alert") || strings.Contains(page, "onerror") {
		t.Error("a script of a chat room stands on the page")
	}
	s.post("bert", fmt.Sprintf("/stadt/groups/%d/resign/", s.groupID()), url.Values{})
	s.awaits(room, "bert", "leave")
}
