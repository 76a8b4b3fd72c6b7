package bridge

import (
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/kit/markdown"
)

func TestWordsAreKeptAsAMailWould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		html, text, want string
		format           markdown.Format
	}{
		{"", "Ja, *gern*.", "Ja, *gern*.", markdown.Plain},
		{"<p>Ja, <em>gern</em>.</p><ul><li>eins</li><li>zwei</li></ul>", "…", "Ja, *gern*.\n\n- eins\n- zwei", markdown.Marked},
		{`Danke <a href="https://matrix.to/#/@bert:chat.example.org">Bert</a>!`, "…", "Danke @bert!", markdown.Marked},
		{`Danke <a href="https://matrix.to/#/%40bert%3Achat.example.org">Bert (er)</a>!`, "…", "Danke @bert!", markdown.Marked},
		{`Danke <a href="https://matrix.to/#/@eva:else.example?via=else.example">Eva</a>!`, "…", "Danke Eva!", markdown.Marked},
		{`Fein <img data-mx-emoticon src="mxc://chat.example.org/1" alt=":katze:">`, "…", "Fein :katze:", markdown.Marked},
		{`<script>x</script><b onclick="x">Ja</b>`, "…", "**Ja**", markdown.Marked},
	} {
		text, format, err := said(bot.Event{Kind: "m.text", Text: c.text, HTML: c.html})
		if ids := mentionedIn(text); c.html != "" {
			text = mention(text, map[string]string{"@bert:chat.example.org": "bert"})
			if strings.Contains(c.want, "@bert") != slices.Contains(ids, "@bert:chat.example.org") {
				t.Errorf("%q mentions %q", c.html, ids)
			}
		}
		if err != nil || text != c.want || format != c.format {
			t.Errorf("%q is %q (%s, %v), want %q", c.html, text, format, err, c.want)
		}
	}
}
