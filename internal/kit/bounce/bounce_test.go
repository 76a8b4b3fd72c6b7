package bounce_test

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/bounce"
	"grouprise.org/grouprise/internal/kit/mime"
)

var (
	//go:embed testdata/formats.txt
	formats string // how the programs that write reports write them
	//go:embed testdata/answers.txt
	answers string // what stands in them
	//go:embed testdata/others.txt
	others string // reports as a whole, and what only looks like one
)

// sample is a message that came back for a mail to an address.
type sample struct {
	name, to, message string
	want              bounce.Kind
}

// People and domains of the samples. Some have names that mean something else in a report.
var (
	locals  = []string{"bert", "carla.full", "d.spam", "user.unknown", "e+blocked", "postfach-voll", "quota", "anna", "gesperrt", "no.such.user"}
	domains = []string{"post.example", "spamfilter.example", "uni-nord.example", "blocklist.example", "mailbox.example", "relay.example", "verein.example"}
)

var statusCode = regexp.MustCompile(`\b[45]\.\d{1,3}\.\d{1,3}\b`)

// samples returns the samples: each answer in its format, with names and domains in turn.
func samples(tb testing.TB) (all []sample) {
	tb.Helper()
	blocks := func(text string) map[string]string {
		found := map[string]string{}
		for _, b := range strings.Split("\n"+text, "\n=== ")[1:] {
			name, message, _ := strings.Cut(b+"\n", "\n")
			found[name] = message
		}
		return found
	}
	templates := blocks(formats)
	for line := range strings.Lines(answers) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(cells) < 3 || templates[cells[1]] == "" {
			tb.Fatalf("a broken sample: %s", line)
		}
		n := len(all)
		domain := domains[n%len(domains)]
		to := locals[n%len(locals)] + "@" + domain
		put := func(text string) string {
			return strings.NewReplacer("{to}", to, "{domain}", domain, "{host}", "mx1."+domain, "{elsewhere}", "anderswo.example", `\n`, "\n    ").Replace(text)
		}
		answer, text := put(cells[2]), ""
		if len(cells) > 3 {
			text = put(cells[3])
		}
		status := statusCode.FindString(answer)
		if status == "" {
			status = "5.0.0"
		}
		message := put(strings.NewReplacer("{answer}", answer, "{text}", text, "{status}", status).Replace(templates[cells[1]]))
		all = append(all, sample{name: line, to: to, message: message, want: bounce.Kind(cells[0])})
	}
	whole := blocks(others)
	names := make([]string, 0, len(whole))
	for name := range whole {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		want, _, _ := strings.Cut(name, " ")
		if want = strings.TrimSuffix(want, ","); want == "none" {
			want = ""
		}
		all = append(all, sample{name: name, to: "bert@post.example", message: whole[name], want: bounce.Kind(want)})
	}
	return all
}

func judge(tb testing.TB, s sample) bounce.Result {
	tb.Helper()
	report, err := mime.ReadReport(strings.NewReader(s.message), mime.Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", s.name, err)
	}
	return bounce.Of(report, s.to)
}

// TestReportsAreJudged is the measure: of at least 300 reports 95 % are judged as they are meant, and none says wrongly that
// a mailbox is no more.
func TestReportsAreJudged(t *testing.T) {
	t.Parallel()
	all := samples(t)
	right := 0
	for _, s := range all {
		got := judge(t, s)
		switch {
		case got.Kind == s.want:
			right++
		case got.Kind.Hard() && !s.want.Hard():
			t.Errorf("wrongly hard: %q of %s", got, s.name)
		default:
			t.Logf("%q instead of %q: %s", got, s.want, s.name)
		}
	}
	t.Logf("%d of %d", right, len(all))
	if len(all) < 300 || right*100 < len(all)*95 {
		t.Errorf("%d of %d are judged as they are meant", right, len(all))
	}
}

// TestAnswersAreJudged is for what mail servers say while a mail is sent.
func TestAnswersAreJudged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		text string
		want bounce.Kind
	}{
		{550, "5.1.1 <bert@post.example>: Recipient address rejected: User unknown in virtual mailbox table", bounce.NoAddress},
		{550, "5.1.1", bounce.NoAddress},
		{550, "5.1.2 <bert@gone.example>: Recipient address rejected: Domain not found", bounce.NoDomain},
		{556, "5.1.10 <bert@null.example>: Recipient address rejected: Domain null.example does not accept mail (nullMX)", bounce.NoDomain},
		{550, "5.2.1 mailbox disabled", bounce.Closed},
		{552, "5.2.2 mailbox full", bounce.Full},
		{552, "5.3.4 message too big", bounce.TooLarge},
		{550, "5.7.1 <spam@post.example>: Recipient address rejected: Access denied", bounce.Blocked},
		{554, "5.7.1 rejected by DMARC policy", bounce.Blocked},
		{554, "", bounce.Refused},
		{550, "No", bounce.Refused},
		{450, "4.1.1 <bert@post.example>: user unknown", bounce.Away},
		{452, "4.2.2 mailbox full", bounce.Full},
		{421, "", bounce.Away},
	} {
		if got := bounce.OfReply(c.code, c.text); got != c.want {
			t.Errorf("%d %s: %q instead of %q", c.code, c.text, got, c.want)
		}
	}
}

// TestNothingPassingIsHard puts what speaks for a passing reason beside what speaks for the end of a mailbox.
func TestNothingPassingIsHard(t *testing.T) {
	t.Parallel()
	for _, hard := range []string{"5.1.1 user unknown", "5.1.1 <bert@post.example>: Recipient address rejected", "5.2.1 mailbox disabled", "5.1.2 domain not found", "Benutzer unbekannt"} {
		for _, passing := range []string{
			"rejected as spam", "blocked using zen.spamhaus.org", "sender address rejected", "mailbox is full", "over quota", "message too large", "try again later", "greylisted",
			"DMARC policy", "connection timed out", "wegen Spamverdacht", "Postfach voll", "vorübergehend", "policy violation", "not authorized", "too many connections", "access denied",
		} {
			for _, text := range []string{hard + "; " + passing, passing + ": " + hard} {
				if got := bounce.OfReply(550, text); got.Hard() {
					t.Errorf("%s: %q", text, got)
				}
			}
		}
	}
}

// FuzzReports changes reports at will: none of them breaks anything, and a judgement is one of those that there are.
func FuzzReports(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.message, s.to)
	}
	f.Fuzz(func(t *testing.T, message, to string) {
		report, err := mime.ReadReport(strings.NewReader(message), mime.Limits{MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		got := bounce.Of(report, to)
		if got.Kind.Hard() && got.Kind.Soft() || len([]rune(got.Answer)) > 300 || strings.ContainsAny(got.Answer, "\r\n") || strings.ToValidUTF8(got.Answer, "") != got.Answer {
			t.Errorf("%q", got)
		}
		if got.Kind.Hard() && report.Auto.Kind != mime.DeliveryReport && len(report.Status) == 0 {
			t.Errorf("what is no report says that a mailbox is no more: %q", got)
		}
	})
}
