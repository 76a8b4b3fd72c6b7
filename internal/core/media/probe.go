package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
)

// ProbePath is where a Probe asks for its file.
const ProbePath = "/stadt/downloads/probe"

// The file that a Probe asks for. Its content cannot come from anywhere but the folder: our own answer is empty.
const (
	probeName    = "downloads-probe.txt"
	probeContent = "The web server in front of grouprise sends files.\n"
)

// Probe finds out whether the web server in front sends the files that it is told to: it asks for one through the public
// address of the site, as a browser does.
type Probe struct {
	Sender  Sender
	Store   Store
	BaseURL string // of the site, without a slash at its end
	Client  *http.Client
	Log     *slog.Logger
}

// ProbeClient returns a client for a Probe: it follows no redirect, so that nobody else answers.
func ProbeClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Needed reports whether files are meant to be sent by the web server in front.
func (p *Probe) Needed() bool { return p.Sender.header != "" }

// Run asks now and again until the context ends, and lets the sender do accordingly: soon while it does not work, and
// every ten minutes while it does.
func (p *Probe) Run(ctx context.Context) error {
	const works = "it works"
	last := "" // what was logged
	for ctx.Err() == nil {
		pause, found := 10*time.Minute, works
		if err := p.Ask(ctx); err != nil {
			pause, found = 15*time.Second, err.Error()
		}
		switch {
		case ctx.Err() != nil || found == last:
		case found == works:
			p.Log.InfoContext(ctx, "the web server in front sends files")
		default:
			p.Log.WarnContext(ctx, "the web server in front does not send files, and so the program sends them itself: look at file_download_backend", "reason", found)
		}
		last = found
		clock.Pause(ctx, pause)
	}
	return nil
}

// Ask asks once. The error says what the web server does instead of sending the file.
func (p *Probe) Ask(ctx context.Context) error {
	err := p.ask(ctx)
	p.Sender.works.Store(err == nil)
	return err
}

func (p *Probe) ask(ctx context.Context) error {
	if _, err := p.Store.Put(ctx, probeName, strings.NewReader(probeContent)); err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	status, header, body, err := p.get(ctx, ProbePath)
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return fmt.Errorf("it answers %d: the files are not where it looks, or it may not read them", status)
	case body != probeContent:
		return fmt.Errorf("it does not heed the header %s: what sends files is not set up there", p.Sender.header)
	case !strings.Contains(header.Get("Content-Security-Policy"), "sandbox"):
		return errors.New("it sends files without Content-Security-Policy: scripts in them could run on the site")
	case header.Get("X-Content-Type-Options") != "nosniff":
		return errors.New("it sends files without X-Content-Type-Options: browsers could take them for pages")
	}
	return nil
}

// get asks the site at its public address, and returns what it answers and as much of the body as a probe has.
func (p *Probe) get(ctx context.Context, path string) (status int, header http.Header, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.BaseURL+path, nil)
	if err != nil {
		return 0, nil, "", err
	}
	answer, err := p.Client.Do(r)
	if err != nil {
		return 0, nil, "", fmt.Errorf("the site cannot be reached at its public address: %w", err)
	}
	read, err := io.ReadAll(io.LimitReader(answer.Body, int64(len(probeContent))+1))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return 0, nil, "", fmt.Errorf("read the answer of the web server: %w", err)
	}
	return answer.StatusCode, answer.Header, string(read), nil
}

// Exposed returns an address at which the web server in front sends uploaded files to anybody, "" if there is none: files
// are for those whom the program lets have them.
func (p *Probe) Exposed(ctx context.Context) (path string, err error) {
	if _, err := p.Store.Put(ctx, probeName, strings.NewReader(probeContent)); err != nil && !errs.Is(err, errs.Conflict) {
		return "", err
	}
	for _, folder := range []string{DownloadsPath, "/stadt/media/", "/media/"} { // those of nginx, of grouprise 5.5, and of habit
		_, _, body, err := p.get(ctx, folder+probeName)
		if err != nil {
			return "", err
		}
		if body == probeContent {
			return folder, nil
		}
	}
	return "", nil
}

// ServeHTTP answers what Ask asks: by the name of the file alone, so that only the web server in front can fill the
// answer.
func (p *Probe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	p.Sender.handOver(w, r, probeName)
}
