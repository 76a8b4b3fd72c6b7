package pictures

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
)

// sendPicture hands out a picture to whoever may see it. Its name stands for its content for ever, so a
// browser asks once.
func (r *Room) sendPicture(v *site.Visit) error {
	name := v.Path("name")
	stored, err := r.deps.Pictures.OpenFor(v.Context(), v.Viewer, name, v.Path("size"), reads(v.R.Header.Get("Accept"), "image/webp"))
	if err != nil {
		return err
	}
	defer stored.Close() // it was only read
	mediaType := media.PictureType(stored.Name)
	if mediaType == "" {
		return errs.New(errs.NotFound, "This file does not exist.")
	}
	h := v.W.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+name+"."+v.Path("size")+strings.TrimPrefix(path.Ext(stored.Name), path.Ext(name))+`"`)
	if v.Path("size") != "" {
		h.Add("Vary", "Accept")
	}
	r.deps.Sender.Send(v.W, v.R, stored.Name, stored)
	return nil
}

// reads reports whether a header Accept names a media type; what stands for all of them does not count.
func reads(accept, mediaType string) bool {
	for one := range strings.SplitSeq(accept, ",") {
		named, parameters, err := mime.ParseMediaType(one)
		if err == nil && named == mediaType {
			quality, err := strconv.ParseFloat(parameters["q"], 64)
			return parameters["q"] == "" || err == nil && quality > 0
		}
	}
	return false
}

// createPicture takes a picture from a script. The answer is its name, and the text that shows it.
func (r *Room) createPicture(v *site.Visit) error {
	var f struct {
		Picture *multipart.FileHeader `form:"picture" missing:"Choose a picture." validate:"required"`
	}
	if err := v.Bind(&f); err != nil {
		return err
	}
	name, err := r.add(v, "picture", f.Picture)
	if err != nil {
		return err
	}
	return v.ShowJSON(http.StatusCreated, map[string]string{"name": name, "markdown": media.Markdown(name, f.Picture.Filename)})
}

// add keeps an uploaded picture, and counts what a person uploads.
func (r *Room) add(v *site.Visit, field string, f *multipart.FileHeader) (name string, err error) {
	if err := media.CountUpload(v.Context(), r.deps.Limiter, v.Viewer.PersonID); err != nil {
		return "", err
	}
	return r.deps.Pictures.Upload(v.Context(), v.Viewer.PersonID, field, f)
}

type picturesForm struct {
	Picture       *multipart.FileHeader `form:"picture" label:"Picture"`
	Cover         *multipart.FileHeader `form:"cover" label:"Cover picture"`
	RemovePicture bool                  `form:"remove_picture"`
	RemoveCover   bool                  `form:"remove_cover"`
}

// visited returns whose pictures are visited: those of the group in ?group=…, or the viewer's own.
func (r *Room) visited(v *site.Visit) (community.Entity, media.EntityPictures, error) {
	e := v.Viewer.Entity()
	if v.R.URL.Path != community.OwnPicturesPath && v.R.URL.Path+"/" != community.OwnPicturesPath {
		var err error
		if e, err = r.deps.Entities.Find(v.Context(), r.deps.DB, v.Query("group")); err != nil {
			return e, media.EntityPictures{}, err
		}
		s, err := policy.Standing(v.Context(), r.deps.DB, v.Viewer, e)
		if err != nil {
			return e, media.EntityPictures{}, err
		}
		v.Concerns(site.Subject{Entity: e, Standing: s})
		if !e.IsGroup() || !policy.CanPublish(s) {
			return e, media.EntityPictures{}, errs.New(errs.Denied, "Only members of the group can change its settings.")
		}
	}
	chosen, err := media.EntityPicturesOf(v.Context(), r.deps.DB, e.ID)
	return e, chosen, err
}

func (r *Room) editPictures(v *site.Visit) error {
	e, chosen, err := r.visited(v)
	if err != nil {
		return err
	}
	return v.Show(r.picturesPage(v, e, chosen, parts.Errors{}))
}

func (r *Room) updatePictures(v *site.Visit) error {
	e, chosen, err := r.visited(v)
	if err != nil {
		return err
	}
	var f picturesForm
	var picture, cover string
	err = v.Bind(&f)
	if err == nil && f.Picture != nil {
		picture, err = r.add(v, "picture", f.Picture)
	}
	if err == nil && f.Cover != nil {
		cover, err = r.add(v, "cover", f.Cover)
	}
	if err == nil {
		err = r.deps.Pictures.SetEntityPictures(v.Context(), e.ID, func(now *media.EntityPictures) {
			now.Picture = changed(now.Picture, f.RemovePicture, picture)
			now.Cover = changed(now.Cover, f.RemoveCover, cover)
		})
	}
	if err != nil {
		if lost := r.deps.Pictures.Discard(context.WithoutCancel(v.Context()), picture, cover); lost != nil {
			return errors.Join(err, lost)
		}
		return v.ShowAgain(err, func(wrong parts.Errors) (site.Page, error) { return r.picturesPage(v, e, chosen, wrong), nil })
	}
	v.Flash(parts.Done, "The pictures have been saved.")
	return v.Redirect(e.Path())
}

// changed returns which picture stands for somebody after the form was sent.
func changed(now string, remove bool, uploaded string) string {
	if remove {
		now = ""
	}
	return cmp.Or(uploaded, now)
}

func (r *Room) picturesPage(v *site.Visit, e community.Entity, chosen media.EntityPictures, wrong parts.Errors) site.Page {
	e.Picture = chosen.Picture
	view := picturesView{Entity: e, Pictures: chosen, Action: community.OwnPicturesPath, Errors: wrong, Megabytes: int(r.deps.MaxBytes >> 20)}
	if e.IsGroup() {
		view.Action = community.GroupPicturesPath(e.Slug)
		return v.ManagePage(e, v.T("Group pictures"), picturesBody(view))
	}
	return v.SettingsPage(v.T("Pictures"), picturesBody(view))
}
