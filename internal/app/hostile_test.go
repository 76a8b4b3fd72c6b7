package app

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"runtime"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/lmtp"
)

// mailServer is a mail server that brings mails to a town.
type mailServer struct {
	t       *testing.T
	address net.Addr
}

func (w *town) open(t *testing.T) mailServer {
	t.Helper()
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	server := lmtp.Server{
		Listen: "127.0.0.1:0", Handler: w.intake, Log: slog.New(slog.DiscardHandler), MaxBytes: w.options.LMTP.MaxBytes(), Sentence: w.sentence,
		Ready: func(a net.Addr) { ready <- a },
	}
	go func() { ended <- server.Serve(t.Context()) }()
	select {
	case address := <-ready:
		return mailServer{t, address}
	case err := <-ended:
		t.Fatal(err)
		return mailServer{}
	}
}

// brings hands a message over and returns the answer for each recipient.
func (s mailServer) brings(message []byte, recipients ...string) []string {
	s.t.Helper()
	raw, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.address.String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn := textproto.NewConn(raw)
	defer func() { _ = conn.Close() }()
	answer := func() (code int, text string) {
		code, text, err := conn.ReadResponse(0)
		if err != nil && code == 0 {
			s.t.Fatal(err)
		}
		return code, strings.TrimSpace(fmt.Sprint(code, " ", text))
	}
	say := func(line string) (int, string) {
		if err := conn.PrintfLine("%s", line); err != nil {
			s.t.Fatal(err)
		}
		return answer()
	}
	answer()
	say("LHLO mx.example")
	say("MAIL FROM:<anna@example.org>")
	var answers []string
	accepted := 0
	for _, to := range recipients {
		if code, text := say("RCPT TO:<" + to + ">"); code == 250 {
			accepted++
		} else {
			answers = append(answers, text)
		}
	}
	if code, text := say("DATA"); code != 354 {
		return append(answers, text)
	}
	go func() { // the server may answer before it has read everything
		w := conn.DotWriter()
		_, _ = w.Write(message)
		_ = w.Close()
	}()
	for range accepted {
		_, text := answer()
		answers = append(answers, text)
	}
	return answers
}

// TestHostileMailsAreRefusedClearlyOrHaveTheRightEffect is not parallel: it looks at the memory of the whole process.
func TestHostileMailsAreRefusedClearlyOrHaveTheRightEffect(t *testing.T) {
	w := newTown(t)
	server := w.open(t)
	const head = "From: anna@example.org\r\nSubject: Hostile\r\n"
	attached := func(megabytes int) []byte {
		var b bytes.Buffer
		b.WriteString(head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nA film.\r\n--x\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{byte(megabytes)}, 57)) + "\r\n"
		for b.Len() < megabytes<<20 {
			b.WriteString(line)
		}
		b.WriteString("--x--\r\n")
		return b.Bytes()
	}
	var deep strings.Builder
	deep.WriteString(head)
	for n := range 200 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", n, n)
	}
	many := []string{}
	for n := range 1000 {
		many = append(many, []string{"garten@example.org", "nobody@example.org", fmt.Sprintf("x%d@example.org", n)}[min(n, 2)])
	}
	for name, c := range map[string]struct {
		message    []byte
		recipients []string
		want       []string
	}{
		"30 MB":                          {attached(30), []string{"garten@example.org"}, []string{"250"}},
		"60 MB":                          {attached(60), []string{"garten@example.org"}, []string{"552 "}},
		"10,000 header lines":            {[]byte(head + strings.Repeat("X-Line: x\r\n", 10_000) + "\r\nx"), []string{"garten@example.org"}, []string{"550 "}},
		"200 nested parts":               {[]byte(deep.String() + "\r\nx"), []string{"garten@example.org"}, []string{"550 "}},
		"a line of 1 MB":                 {[]byte(head + "\r\n" + strings.Repeat("x", 1<<20)), []string{"garten@example.org"}, []string{"550 5.6.0"}},
		"nothing, which is told by mail": {nil, []string{"garten@example.org"}, []string{"250 "}},
	} {
		got := server.brings(c.message, c.recipients...)
		if len(got) != len(c.want) || !strings.HasPrefix(got[0], c.want[0]) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		t.Logf("%s: %.120q", name, got)
	}
	answers := server.brings([]byte(head+"Message-ID: <many@x>\r\n\r\nHello"), many...)
	taken := 0
	for _, a := range answers {
		if strings.HasPrefix(a, "250 ") {
			taken++
		} else if !strings.HasPrefix(a, "550 ") {
			t.Errorf("one of a thousand recipients: %q", a)
		}
	}
	if len(answers) != len(many) || taken != 1 {
		t.Errorf("%d answers for a thousand recipients, %d of them taken", len(answers), taken)
	}
	var effects int
	if err := w.db.Get(t.Context(), &effects, `SELECT COUNT(*) FROM conversations WHERE subject = 'Hostile'`); err != nil || effects < 2 || effects > 3 {
		t.Errorf("%d conversations: %v", effects, err)
	}
	runtime.GC()
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc > 200<<20 {
		t.Errorf("%d MB are still in use", m.HeapAlloc>>20)
	}
}
