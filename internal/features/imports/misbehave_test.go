package imports_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// misbehave is a server that does what the path says.
func misbehave(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if status, err := strconv.Atoi(path); err == nil {
		w.WriteHeader(status)
		return
	}
	begin := []byte("BEGIN:VCALENDAR\r\n")
	chunk := bytes.Repeat([]byte("X-FILLER:"+strings.Repeat("x", 60)+"\r\n"), 1000)
	switch path {
	case "html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Please sign in</title>")
	case "cut":
		_, _ = io.WriteString(w, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n")
	case "rubbish":
		_, _ = w.Write(bytes.Repeat([]byte{0, 255, 10}, 1000))
	case "hundred":
		_, _ = w.Write(begin)
		for n := 0; n < 100<<20; n += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	case "endless":
		_, _ = w.Write(begin)
		for r.Context().Err() == nil {
			_, _ = w.Write(chunk)
		}
	case "bomb":
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			panic(err)
		}
		for range 300 {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
	case "slow":
		_, _ = w.Write(begin)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "damaged":
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(begin)
	case "circle":
		http.Redirect(w, r, "/circle", http.StatusFound)
	case "inside":
		http.Redirect(w, r, "http://127.0.0.2:4711/", http.StatusFound)
	case "inside-by-name":
		http.Redirect(w, r, "http://inside.example:4711/", http.StatusFound)
	case "nowhere":
		http.Redirect(w, r, "http://nowhere.example/", http.StatusFound)
	case "file":
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	default:
		_, _ = io.WriteString(w, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
	}
}
