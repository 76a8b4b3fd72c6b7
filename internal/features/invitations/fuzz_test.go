package invitations

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/ical"
	"grouprise.org/grouprise/internal/kit/mime"
)

// FuzzNoCalendarDoesHarm reads what anybody may send: it has its effect once, and the answer to it can be read.
func FuzzNoCalendarDoesHarm(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		m, err := mime.Parse(bytes.NewReader(data), mime.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range m.Calendars {
			f.Add(c)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ical.Parse(bytes.NewReader(data), ical.Limits{Bytes: 1 << 16, Events: 50})
		if err != nil {
			return
		}
		parts, _, err := absorb(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if _, changed, err := absorb(parts, c); err != nil || len(changed) > 0 {
			t.Fatalf("the same once more changes %+v: %v", changed, err)
		}
		all, err := combine(parts)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			i := Invitation{UID: e.UID, Organizer: e.Organizer.Address, Invited: "garten@town.example"}
			text := reply(e, community.Entity{Name: e.Title}, i, accepted, time.Unix(0, 0))
			if back, err := ical.Parse(bytes.NewReader(text), ical.Limits{}); err != nil || len(back.Events) != 1 || back.Method != methodReply {
				t.Fatalf("%s: %+v %v", text, back, err)
			}
		}
	})
}
