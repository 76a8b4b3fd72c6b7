package accounts

import (
	"mime"
	"net/http"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
)

func (r *Accounts) showData(v *site.Visit) error {
	left, err := r.Leftovers(v.Context(), v.Viewer.PersonID)
	if err != nil {
		return err
	}
	return v.Show(v.SettingsPage(v.T("Data and account"), dataBody(v, left, r.deps.Operators)))
}

// sendExport sends the viewer's data as a file.
func (r *Accounts) sendExport(v *site.Visit) error {
	out := &export{visit: v, name: v.Viewer.Slug + "-" + r.deps.DB.Now().Format("2006-01-02") + ".json"}
	err := r.Export(v.Context(), v.Viewer, out)
	if err != nil && out.begun {
		panic(err) // cuts the connection, so that nobody takes a part for the whole
	}
	return err
}

// export is a file on its way to the browser. What comes before its first byte can still be answered by a page.
type export struct {
	visit *site.Visit
	name  string
	begun bool
}

// Write implements io.Writer.
func (e *export) Write(data []byte) (int, error) {
	if !e.begun {
		e.begun = true
		h := e.visit.W.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.name}))
		h.Set("Cache-Control", "no-store")
		e.visit.W.WriteHeader(http.StatusOK)
	}
	return e.visit.W.Write(data)
}

func (r *Accounts) removeAccount(v *site.Visit) error {
	if err := r.Delete(v.Context(), v.Viewer); err != nil {
		return err
	}
	if err := v.SignOut(); err != nil {
		return err
	}
	v.Flash(parts.Info, "Your account has been deleted.")
	return v.Redirect("/")
}
