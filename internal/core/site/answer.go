package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/web"
)

// Redirect sends the browser to a path of the site by 303, so that reloading does not post again.
func (v *Visit) Redirect(path string) error {
	local, ok := web.LocalPath(path, v.site.BaseURL)
	if !ok {
		return fmt.Errorf("redirect to %q: not a path of this site", path)
	}
	return v.redirect(local, http.StatusSeeOther)
}

func (v *Visit) redirect(path string, code int) error {
	if v.restoring {
		return errNotSent()
	}
	if err := v.dropSent(); err != nil {
		return err
	}
	v.keepFlashes()
	if err := v.save(); err != nil {
		return err
	}
	v.raw.Header().Set("Location", path)
	v.raw.Header().Set("Cache-Control", "no-store")
	v.raw.WriteHeader(code)
	return nil
}

// Show answers with a page. Nothing is written before the whole page is rendered and the session is
// saved, so that an error can still become an error page.
func (v *Visit) Show(p Page) error {
	v.readFlashes()
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if err := v.render(buffer, p); err != nil {
		return err
	}
	if err := v.save(); err != nil {
		return err
	}
	status := p.statusOr(http.StatusOK)
	if v.cacheKey != "" && status == http.StatusOK && len(v.flashes) == 0 && buffer.Len() <= maxCachedPage {
		cache := v.site.cache
		cache.send(v.raw, v.R, cache.add(v.cacheKey, v.changes, newPage(bytes.Clone(buffer.Bytes()))))
		return nil
	}
	v.write(status, buffer)
	return nil
}

// ShowJSON answers a script with JSON.
func (v *Visit) ShowJSON(status int, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write JSON for %s: %w", v.R.URL.Path, err)
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.WriteHeader(status)
	_, err = v.W.Write(text)
	return err
}

// ShowPart answers a script with a piece of a page.
func (v *Visit) ShowPart(part templ.Component) error {
	buffer := templ.GetBuffer()
	defer templ.ReleaseBuffer(buffer)
	if err := part.Render(v.R.Context(), buffer); err != nil {
		return fmt.Errorf("render a piece of %s: %w", v.R.URL.Path, err)
	}
	if err := v.save(); err != nil {
		return err
	}
	v.raw.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusOK, buffer)
	return nil
}

// render draws the page and its frame.
func (v *Visit) render(buffer *bytes.Buffer, p Page) error {
	notes, err := v.Blocks(EveryPage, v.subject)
	if err != nil {
		return err
	}
	if err := document(v, p, notes).Render(v.R.Context(), buffer); err != nil {
		return fmt.Errorf("render %s: %w", v.R.URL.Path, err)
	}
	return nil
}

func (v *Visit) write(status int, page *bytes.Buffer) {
	if v.route.holdsSecret() { // whoever finds the page where a browser keeps it finds the address, too
		v.raw.Header().Set("Cache-Control", "no-store")
	}
	pageHeader(v.raw.Header())
	v.raw.WriteHeader(status)
	if v.R.Method != http.MethodHead {
		_, _ = v.raw.Write(page.Bytes()) // a browser that has gone is nobody's fault
	}
}

// pageHeader says what every page is, and that nobody but the browser may keep it, unless the handler has
// said otherwise.
func pageHeader(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Language, Cookie")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
}

// save writes the session before the first byte of the answer.
func (v *Visit) save() error {
	if !v.session {
		return nil
	}
	if err := v.site.deps.Sessions.Save(v.raw, v.R); err != nil {
		return unavailable(err)
	}
	return nil
}

// savingWriter saves the session when a handler writes by itself: downloads, feeds, calendars.
type savingWriter struct {
	http.ResponseWriter
	visit   *Visit
	written bool
	failed  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *savingWriter) WriteHeader(code int) {
	if w.written {
		return
	}
	w.written = true
	if err := w.visit.save(); err != nil {
		w.failed = true
		w.visit.fail(err)
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *savingWriter) Write(b []byte) (int, error) {
	if !w.written {
		w.WriteHeader(http.StatusOK)
	}
	if w.failed {
		return 0, errs.New(errs.Unavailable, "The session could not be saved.")
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and http.ServeContent reach the connection.
func (w *savingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
