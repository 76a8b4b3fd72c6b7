package site

import (
	"io"
	"net/http"

	"grouprise.org/grouprise/internal/kit/errs"
)

// identifyProgram finds out whose app password a program sends with its request. Without one it is nobody's.
func (v *Visit) identifyProgram() error {
	login, secret, ok := v.R.BasicAuth()
	if !ok {
		return nil
	}
	id, err := v.site.deps.Programs.ProgramOwner(v.Context(), login, secret, v.route.Scope)
	if err != nil {
		return err
	}
	viewer, err := v.site.deps.Viewers.Viewer(v.Context(), id)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return errs.New(errs.Unauthenticated, "This account has been closed.").Because(err)
	}
	if err != nil {
		return err
	}
	v.recognise(viewer)
	return nil
}

// failText tells a program what is wrong. Where an app password would help, it is asked for. A program that reads is led on
// to whoever has another short name now.
func (v *Visit) failText(err error, former string) {
	if former != "" && (v.R.Method == http.MethodGet || v.R.Method == http.MethodHead) && v.followFormer(former) {
		return
	}
	f := v.failure(err)
	if errs.Is(err, errs.Unauthenticated) {
		f.Status = http.StatusUnauthorized
		v.raw.Header().Set("WWW-Authenticate", `Basic realm="`+v.site.base.Hostname()+`", charset="UTF-8"`)
	}
	v.raw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.raw.WriteHeader(f.Status)
	if v.R.Method != http.MethodHead {
		_, _ = io.WriteString(v.raw, f.Text+"\n") // a program that has gone is nobody's fault
	}
}
