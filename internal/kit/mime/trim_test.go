package mime_test

import (
	"strings"
	"testing"
)

const plainBody = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"

func TestWhatSomebodyWroteIsNeverCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		subject, body string
		keep          []string
	}{
		"answers between quotes":       {"Re: x", "> Kommst du?\nJa.\n> Bringst du Kuchen?\nNein.\n", []string{"Kommst du?", "Ja.", "Bringst du Kuchen?", "Nein."}},
		"an answer below":              {"Re: x", "Am 12.03.24 um 10:11 schrieb Anna:\n> Kommst du?\n\nJa, gern.\n", []string{"Ja, gern."}},
		"only a quote":                 {"Re: x", "> Kommst du?\n", []string{"Kommst du?"}},
		"two dashes between thoughts":  {"Re: x", "Erstens\n--\nZweitens\n", []string{"Erstens", "Zweitens"}},
		"a rule between thoughts":      {"x", "Erstens\n-----\nZweitens\n", []string{"Erstens", "Zweitens"}},
		"dashes above a long text":     {"x", "Erstens\n-- \n" + strings.Repeat("Noch ein Satz.\n", 40), []string{"Erstens", "Noch ein Satz."}},
		"lines with From":              {"Re: x", "From: here to there is a long way.\nReally.\n", []string{"long way", "Really."}},
		"who drives whom":              {"Re: Ausflug", "Die Liste:\n\nVon: Rathaus\nAn: Markt\nDatum: 7. März, 9:00\nAbfahrt ist um neun.\n", []string{"Rathaus", "Abfahrt"}},
		"a postscript":                 {"Re: x", "Ich komme.\n\n-- \nAnna\nTel. 0123 4567\n\nPS: Bringt Kuchen mit!\n", []string{"Ich komme.", "PS: Bringt Kuchen mit!"}},
		"an answer below a signature":  {"Re: x", "Ich komme.\n-- \nAnna\n\n> Bringst du Kuchen?\nJa, zwei.\n", []string{"Ich komme.", "Ja, zwei."}},
		"a citation at the end":        {"Re: Wege", "Im Gesetz steht dazu:\n\n> Wege sind freizuhalten.\n", []string{"Wege sind freizuhalten."}},
		"a citation in a first mail":   {"Wege", "Schön gesagt\n\n> Wege entstehen beim Gehen.\n", []string{"Wege entstehen beim Gehen."}},
		"answers announced":            {"AW: x", "Antworten unten.\n\n-----Ursprüngliche Nachricht-----\nVon: Bert <b@x.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: Anna\nBetreff: x\n\nKuchen?\nJa, zwei Bleche.\n", []string{"Ja, zwei Bleche."}},
		"answers with a name":          {"AW: x", "Hallo,\n\n-----Ursprüngliche Nachricht-----\nVon: Bert <b@x.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: alle\nBetreff: x\n\nKuchen?\n[Anna] Zwei Bleche.\n", []string{"Zwei Bleche."}},
		"answers in an unmarked quote": {"Re: x", "See below.\n\nOn Mon, Nov 2, 2026 at 9:12 AM Bert <b@x.example> wrote:\n\nCake?\nTwo.\n", []string{"Two."}},
		"a forward":                    {"Fwd: x", "Zur Kenntnis\n\n> Das Wasser ist aus.\n", []string{"Das Wasser ist aus."}},
		"a forward without Fwd":        {"Wasser", "Lest das:\n\nVon: Amt <amt@x.example>\nGesendet: Montag, 2. November 2026 09:00\nAn: Anna\nBetreff: Wasser\n\nEs ist aus.\n", []string{"Es ist aus."}},
		"a forward that was marked":    {"Re: Wasser", "Lest das:\n\n---------- Forwarded message ---------\nFrom: Amt <amt@x.example>\nDate: Mon, 2 Nov 2026 at 9:00\nSubject: Wasser\nTo: Anna\n\nEs ist aus.\n", []string{"Es ist aus."}},
		"sent by a person":             {"Paket", "Wohin damit?\nVon Anna gesendet\n", []string{"Von Anna gesendet"}},
		"leaving the cleaning rota":    {"x", "Kurz\n\n----------------------------------------\nWer sich vom Putzdienst abmelden will, sagt mir Bescheid.\n", []string{"Putzdienst"}},
		"a date above an attribution":  {"Re: x", "Am 2. November komme ich.\nBert schrieb:\n> Kommst du?\n", []string{"Am 2. November komme ich."}},
		"until when":                   {"Re: x", "Meldet euch bis 2.11.2026 18:00 Uhr bei anna@example.org:\nDort liegt die Liste.\n", []string{"Dort liegt die Liste."}},
		"the greeting":                 {"Re: x", "Ich komme.\n\nViele Grüße\nAnna\n", []string{"Viele Grüße\nAnna"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, "From: Anna Ahorn <anna@example.org>\nSubject: "+c.subject+"\n"+plainBody+c.body)
			for _, text := range c.keep {
				if !strings.Contains(m.Text, text) {
					t.Errorf("%q is not in %q (cut: %q)", text, m.Text, m.Cut)
				}
			}
		})
	}
}

// What others wrote and what programs append is folded away, whatever the language, with quote marks and without.
func TestWhatOthersWroteIsFoldedAway(t *testing.T) {
	t.Parallel()
	attributions := map[string]string{
		"English":               "On Mon, Nov 2, 2026 at 9:12 AM Bert Birke <bert@case.example> wrote:",
		"English, wrapped":      "On Mon, Nov 2, 2026 at 9:12 AM Bert Birke <\nbert@case.example> wrote:",
		"French":                "Le lun. 2 nov. 2026 à 09:12, Bert Birke <bert@case.example> a écrit :",
		"Dutch":                 "Op ma 2 nov 2026 om 09:12 schreef Bert Birke <bert@case.example>:",
		"German":                "Am 02.11.26 um 09:12 schrieb Bert Birke:",
		"German by Gmail":       "Bert Birke <bert@case.example> schrieb am Mo., 2. Nov. 2026, 09:12:",
		"German, wrapped":       "Bert Birke-Langname <bert.birke@case.example> schrieb am Mo., 2. Nov. 2026\num 09:12 Uhr:",
		"an ISO date":           "2026-11-02 9:12 GMT+01:00 Bert Birke <bert@case.example>:",
		"an ISO date, wrapped":  "2026-11-02 9:12 GMT+01:00 Bert Birke mit langem Namen <\nbert@case.example>:",
		"Russian":               "понедельник, 2 ноября 2026 г. в 09:12, Bert Birke <bert@case.example>:",
		"Russian by Yandex":     "2 ноября 2026 г., 09:12 пользователь Bert Birke <bert@case.example> написал:",
		"Norwegian":             "man. 2. nov. 2026 kl. 09:12 skrev Bert Birke <bert@case.example>:",
		"Norwegian, older":      "Den 2. november 2026 kl. 09:12 skrev Bert Birke <bert@case.example>:",
		"Spanish":               "El lun, 2 nov 2026 a las 9:12, Bert Birke (<bert@case.example>) escribió:",
		"Yahoo in German":       "    Am Montag, 2. November 2026 um 09:12:33 MEZ hat Bert <bert@case.example> Folgendes geschrieben:  ",
		"Polish":                "W dniu 2.11.2026 o 09:12 Bert Birke pisze:",
		"Portuguese":            "Em seg., 2 de nov. de 2026 às 09:12, Bert Birke <bert@case.example> escreveu:",
		"Italian":               "Il giorno lun 2 nov 2026 alle ore 09:12 Bert Birke <bert@case.example> ha scritto:",
		"nothing but the quote": "",
	}
	for name, attribution := range attributions {
		for kind, quote := range map[string]string{"quoted": "> Kommst du?\n> Bert", "not quoted": "Kommst du?\nBert", "without the text": ""} {
			if attribution == "" && kind != "quoted" {
				continue
			}
			m := parse(t, replyHead+plainBody+"Ich komme gern.\n\n"+attribution+"\n\n"+quote+"\n")
			if m.Text != "Ich komme gern." || quote != "" && !strings.Contains(m.Cut, "Kommst du?") {
				t.Errorf("%s, %s: %q and %q", name, kind, m.Text, m.Cut)
			}
		}
	}
	for _, line := range []string{
		"Von meinem iPhone gesendet", "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.", "Gesendet mit der GMX Mail App", "Gesendet von Outlook für Android",
		"Sent from my iPhone", "Sent with Proton Mail secure email.", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Gesendet von Annas iPhone",
		"Envoyé de mon iPhone", "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Verzonden vanaf mijn iPhone", "Sendt fra min iPhone", "Skickat från min iPhone",
		"Wysłane z iPhone'a", "Odesláno z mého iPhonu", "Отправлено с iPhone", "-- \nAnna Ahorn", "--\nAnna Ahorn\nTel. 0123 45678", "--\nVorstand\nhttps://verein.example",
		"_______________________________________________\nGarten mailing list\nhttps://lists.example/garten",
	} {
		if m := parse(t, head+plainBody+"Ich komme gern.\n\n"+line+"\n"); m.Text != "Ich komme gern." || m.Cut == "" {
			t.Errorf("%q: %q and %q", line, m.Text, m.Cut)
		}
	}
}

func FuzzTrim(f *testing.F) {
	f.Add("Re: x", "Anna", "Ja.\n\nAm 1.1.2026 um 9:12 schrieb B <b@c.de>:\n> x\n\n-- \nAnna\nPS: y\nVon: a@b\nAn: c\nBetreff: d")
	f.Add("Fwd: x", "", "--\nAnna\n\n-----Original Message-----\nFrom: a@b\nSent: 1\nSubject: c\n\n[Anna] x")
	f.Fuzz(func(t *testing.T, subject, sender, text string) {
		raw := "Subject: " + strings.ReplaceAll(subject, "\n", " ") + "\nFrom: \"" + strings.ReplaceAll(sender, "\n", " ") + "\" <a@b.example>\n" + plainBody + text
		m := parse(t, raw)
		// Every word is either shown or folded away.
		all := m.Text + "\n" + m.Cut
		if len(m.Attachments) > 0 {
			return // a file within the text
		}
		for word := range strings.FieldsSeq(text) {
			if plainWord(word) && !strings.Contains(all, word) {
				t.Fatalf("%q is lost: %q and %q", word, m.Text, m.Cut)
			}
		}
		if strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.Cut) != "" {
			t.Fatalf("nothing is shown of %q", text)
		}
	})
}

// plainWord reports whether a word has nothing that decoding could change.
func plainWord(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool { return r < 'A' || r > 'z' }) < 0
}
