package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Static serves files that never change under their name, because a hash of the content is part of
// it. Files beside them that end in .br and .gz are the same, compressed.
type Static struct {
	prefix   string
	files    map[string]staticFile
	manifest map[string]string
}

type staticFile struct {
	kind, etag         string
	plain, brotli, zip []byte
}

// manifestName is the file that maps the names of sources to the names of files: {"site.css": "site-3F2A.css"}.
const manifestName = "manifest.json"

// NewStatic reads all files of a folder into memory. Without a manifest there is nothing to serve.
func NewStatic(files fs.FS, prefix string) (*Static, error) {
	s := &Static{prefix: prefix, files: map[string]staticFile{}, manifest: map[string]string{}}
	manifest, err := fs.ReadFile(files, manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(manifest, &s.manifest)
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of static files: %w", err)
	}
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == manifestName || path.Ext(name) == ".br" || path.Ext(name) == ".gz" || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		file := staticFile{kind: contentType(name)}
		if file.plain, err = fs.ReadFile(files, name); err != nil {
			return err
		}
		for suffix, target := range map[string]*[]byte{".br": &file.brotli, ".gz": &file.zip} {
			data, err := fs.ReadFile(files, name+suffix)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			*target = data
		}
		sum := sha256.Sum256(file.plain)
		file.etag = hex.EncodeToString(sum[:8])
		s.files[name] = file
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	return s, nil
}

// Empty reports whether there is nothing to serve.
func (s *Static) Empty() bool { return len(s.files) == 0 }

// Path returns the address of a source's file, "" if there is none.
func (s *Static) Path(source string) string {
	name, ok := s.manifest[source]
	if !ok {
		return ""
	}
	return s.prefix + name
}

// Read returns the content of a source's file, and whether there is one.
func (s *Static) Read(source string) (content []byte, ok bool) {
	file, ok := s.files[s.manifest[source]]
	return file.plain, ok
}

// ServeHTTP implements http.Handler. It writes nothing and returns 404 for unknown names; use Has to
// answer those with a page.
func (s *Static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := s.files[strings.TrimPrefix(r.URL.Path, s.prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	body, etag := file.plain, file.etag
	accepted := r.Header.Get("Accept-Encoding")
	switch {
	case file.brotli != nil && accepts(accepted, "br"):
		body, etag = file.brotli, etag+"-br"
		h.Set("Content-Encoding", "br")
	case file.zip != nil && accepts(accepted, "gzip"):
		body, etag = file.zip, etag+"-gz"
		h.Set("Content-Encoding", "gzip")
	}
	etag = strconv.Quote(etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", etag)
	h.Set("Content-Type", file.kind)
	if r.Header.Get("If-None-Match") == etag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that has gone is nobody's fault
	}
}

// Has reports whether a request's path names a file.
func (s *Static) Has(requestPath string) bool {
	_, ok := s.files[strings.TrimPrefix(requestPath, s.prefix)]
	return ok
}

// contentType knows the kinds that a bundle has, whatever the machine's own table says.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// AcceptsGzip reports whether the client takes an answer that is compressed with gzip.
func AcceptsGzip(r *http.Request) bool { return accepts(r.Header.Get("Accept-Encoding"), "gzip") }

// accepts reports whether an Accept-Encoding header takes a coding.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		quality, found := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		value, err := strconv.ParseFloat(quality, 64)
		return !found || err == nil && value > 0
	}
	return false
}
