package email

import "testing"

// BenchmarkNotice measures what one more recipient of a notice costs, beside the database and the mail server. The
// target is a millisecond.
func BenchmarkNotice(b *testing.B) {
	e, _ := newEmail(b)
	e.Pictures = pictures{"garten.jpg": hill(b)}
	notices, _ := kinds(e.Catalogues.Printer("de", nil))
	d := comment("de")
	d.Message = notices["article"]
	o := outgoing{Delivery: &d, mailbox: mailbox{ID: 1, Address: "bert@example.org"}, replyKey: "abcdefghijklmno"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.notice(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
