package media

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"
)

// DownloadsPath is where nginx and Caddy look for files that they are told to send. The location is internal, so that
// nobody gets at a file without having asked this program.
const DownloadsPath = "/protected-downloads/"

// Sender sends stored files to browsers. The zero value sends them itself; one of SendThrough leaves that
// to the web server in front, once it has been decided who may have a file.
type Sender struct {
	header, prefix string
	works          *atomic.Bool // the web server in front has been seen sending a file
}

// SendThrough returns a Sender that hands files over to the web server in front: nginx, apache, lighttpd or caddy,
// or none. root is the folder of the store, which that server must be able to read. Until a Probe has seen that it does,
// and while it does not, the Sender sends files itself: browsers would keep the empty answers of a server that does not
// know what it is told.
func SendThrough(server, root string) Sender {
	switch server {
	case "nginx", "caddy":
		return Sender{header: "X-Accel-Redirect", prefix: DownloadsPath, works: new(atomic.Bool)}
	case "apache", "lighttpd":
		return Sender{header: "X-Sendfile", prefix: (&url.URL{Path: filepath.Clean(root) + "/"}).EscapedPath(), works: new(atomic.Bool)}
	default:
		return Sender{}
	}
}

// Send answers with the stored file of a name, or a part of it. The handler has set the headers that say
// what it is, with an ETag; whoever has that already is told so.
func (s Sender) Send(w http.ResponseWriter, r *http.Request, name string, file io.ReadSeeker) {
	if s.header == "" || !s.works.Load() {
		http.ServeContent(w, r, "", time.Time{}, file)
		return
	}
	s.handOver(w, r, name)
}

// handOver answers with the name of a file alone.
func (s Sender) handOver(w http.ResponseWriter, r *http.Request, name string) {
	// The web server knows the file, and cuts the part out of it that was asked for.
	whole := r.Clone(r.Context())
	whole.Header.Del("Range")
	http.ServeContent(&offloadWriter{ResponseWriter: w, header: s.header, value: s.prefix + url.PathEscape(name)}, whole, "", time.Time{}, bytes.NewReader(nil))
}

// offloadWriter names the file in answers that send it. A 304 must not name it: the web server would send it.
type offloadWriter struct {
	http.ResponseWriter
	header, value string
}

// WriteHeader implements http.ResponseWriter.
func (h *offloadWriter) WriteHeader(code int) {
	if code == http.StatusOK {
		h.Header().Set(h.header, h.value)
		h.Header().Del("Accept-Ranges") // the web server says so itself
	}
	h.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (h *offloadWriter) Unwrap() http.ResponseWriter { return h.ResponseWriter }
