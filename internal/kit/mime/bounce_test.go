package mime_test

import (
	_ "embed"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/mime"
)

//go:embed testdata/reports.txt
var reports string

// sample is a message with a name.
type sample struct{ name, message string }

func samples(t testing.TB, text string) []sample {
	t.Helper()
	var all []sample
	for _, s := range strings.Split(text, "=== ")[1:] {
		name, message, _ := strings.Cut(s, "\n")
		all = append(all, sample{name, "From: Carla <carla@example.org>\nMIME-Version: 1.0\n" + message})
	}
	if len(all) < 10 {
		t.Fatalf("only %d samples", len(all))
	}
	return all
}

// TestReportsAreRecognisedByWhatTheySay is for forwarders that put a person's address into From.
func TestReportsAreRecognisedByWhatTheySay(t *testing.T) {
	t.Parallel()
	missed := 0
	all := samples(t, reports)
	for _, s := range all {
		m := parse(t, s.message)
		if m.Auto.Kind != mime.DeliveryReport {
			missed++
			t.Errorf("%s: %+v", s.name, m.Auto)
		}
		from := "From: Mail Delivery System <MAILER-DAEMON@mx.example>\n"
		if m := parse(t, from+strings.TrimPrefix(s.message, "From: Carla <carla@example.org>\n")); m.Auto.Kind != mime.DeliveryReport {
			t.Errorf("%s from a mail server: %+v", s.name, m.Auto)
		}
	}
	t.Logf("%d of %d reports", len(all)-missed, len(all))
}

func TestWhoSpeaksOfAReportIsNoMachine(t *testing.T) {
	t.Parallel()
	const returned = "\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <a@example.org>\nReceived: from x by y\n"
	for name, message := range map[string]string{
		"a question":           "Subject: Was heißt das?\n\nHallo,\n\nich bekomme immer das hier zurück:\n\nThis is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<x@y.example>: 550 5.1.1 User unknown" + returned,
		"an answer":            "Subject: Re: Undelivered Mail Returned to Sender\n\nDie Adresse gibt es nicht mehr.\n\n> This is the mail system at host mx.example.\n> <x@y.example>: 550 5.1.1 User unknown\n",
		"a forward":            "Subject: Fwd: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered.\n\n<x@y.example>: 550 5.1.1 User unknown" + returned,
		"a German forward":     "Subject: WG: Unzustellbar: Fest\n\nFehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nx@y.example\n#550 5.1.1 RESOLVER\n",
		"a forward as a file":  "Subject: Bitte ansehen\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nDas kam zurück, 550 5.1.1. Wer kennt die richtige Adresse?\n--x\nContent-Type: message/rfc822\n\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; boundary=y\n\n--y\nContent-Type: message/delivery-status\n\nAction: failed\n--y--\n--x--\n",
		"an inline forward":    "Subject: Mailproblem\n\n\n-------- Weitergeleitete Nachricht --------\nBetreff: Undelivered Mail Returned to Sender\nVon: Mail Delivery System <MAILER-DAEMON@mx.example>\n\nThis is the mail system at host mx.example.\n\n<x@y.example>: 550 5.1.1 User unknown\n",
		"an administrator":     "From: postmaster@example.org\nSubject: Umzug des Mailservers\n\nSeit gestern melden einige Server 550 5.1.1 User unknown. Ihre Mails konnten nicht zugestellt werden, bitte schickt sie noch einmal.\n",
		"an apology":           "Subject: Deine Nachricht\n\nYour message did not reach me until today, sorry. What is the status?\n",
		"a German apology":     "Subject: Brief\n\nIhre Nachricht hat mich leider nicht erreicht, bitte noch einmal schicken.\n",
		"a parcel":             "Subject: Lieferung fehlgeschlagen\n\nHallo, die Lieferung der Erde ist fehlgeschlagen, der Empfänger war nicht da. Wer kann morgen?\n",
		"a delivery":           "Subject: Delivery failed again\n\nHi all, the compost delivery failed again, nobody was there. Who can be at the garden tomorrow?\n",
		"a post office":        "Subject: Zustellung der Flyer gescheitert\n\nWir konnten die Flyer in der Bachstraße nicht zustellen, die Briefkästen sind voll.\n",
		"an error":             "Subject: Fehler auf der Webseite\n\nError: die Seite zeigt 502 Bad Gateway. Wer kann helfen?\n",
		"a number":             "Subject: Spenden\n\nWir haben 550 Euro gesammelt, 5.1.2026 ist Kassenprüfung.\n",
		"a person's promise":   "Auto-Submitted: no\nSubject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.example.\n\n550 5.1.1 User unknown\n",
		"a list":               "Subject: Adressen\n\nThe following addresses have to go, mailbox full or user unknown: x@y.example, z@y.example.\n",
		"an account":           "Subject: Konto\n\nUser account of Bert: user not found. Who can help?\n",
		"a question of status": "Subject: Message status?\n\nMy old account doesn't exist any more, user not found. Did you get my message?\n",
		"a title":              "Subject: Delivery problem\n\nKönnen wir am Samstag über die Lieferung sprechen? Ich bringe Kuchen.\n",
		"a German title":       "Subject: Rückgabe: Die Nachricht wurde nicht zugestellt\n\nSo hieß das Stück. Es war schön.\n",
	} {
		if !strings.Contains(message, "From: ") {
			message = "From: Carla <carla@example.org>\n" + message
		}
		if m := parse(t, message); m.Auto.Answers() {
			t.Errorf("%s: %+v", name, m.Auto)
		}
	}
}

// FuzzReports changes reports at will: whatever comes is read, and what somebody forwards is theirs.
func FuzzReports(f *testing.F) {
	for _, s := range samples(f, reports) {
		f.Add(s.message)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		m, err := mime.Parse(strings.NewReader(raw), mime.Limits{MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		if m.Auto.Header != strings.ToValidUTF8(m.Auto.Header, "") || len(m.Auto.Header) > 1000 {
			t.Errorf("the log gets %q", m.Auto.Header)
		}
		if m.Auto.Kind == mime.DeliveryReport && strings.HasPrefix(m.Auto.Header, "Text: ") && strings.HasPrefix(m.Subject, "Fwd: ") {
			t.Errorf("a forwarded report is taken for one: %+v", m.Auto)
		}
	})
}
