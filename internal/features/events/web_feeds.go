package events

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/core/tagging"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/ical"
)

// How long a program may keep what it has fetched, without asking again.
const (
	keptPublic  = "public, max-age=300"
	keptPrivate = "private, no-cache"
)

// send answers with a feed.
func (r *Events) send(v *site.Visit, f feed, name, caching string) error {
	text, err := r.write(f)
	if err != nil {
		return err
	}
	return serve(v, text, name, caching)
}

// serve answers with a feed that is written.
func serve(v *site.Visit, text []byte, name, caching string) error {
	sum := sha256.Sum256(text)
	h := v.W.Header()
	h.Set("Content-Type", ical.MediaType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`.ics"`)
	h.Set("Cache-Control", caching)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(v.W, v.R, "", time.Time{}, bytes.NewReader(text))
	return nil
}

// sendList answers with a feed of what a viewer finds in lists, as far as a filter lets it through.
func (r *Events) sendList(v *site.Visit, viewer community.Viewer, f feed, filter feedFilter, name, caching string) error {
	text, err := r.writeList(v.Context(), viewer, f, filter)
	if err != nil {
		return err
	}
	return serve(v, text, name, caching)
}

// writeList returns a feed of what a viewer finds in lists. The calendar of a large town takes some 20 MB to write, so not
// many are written at once.
func (r *Events) writeList(ctx context.Context, viewer community.Viewer, f feed, filter feedFilter) (text []byte, err error) {
	select {
	case r.writing <- struct{}{}:
		defer func() { <-r.writing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.Events, err = listFeed(ctx, r.deps.DB, viewer, filter, clock.At(r.now().Add(-feedBack))); err != nil {
		return nil, err
	}
	return r.write(f)
}

// sendEvent answers with one event, or one date of it, for a calendar program to keep.
func (r *Events) sendEvent(v *site.Visit) error {
	id, err := v.ID("id")
	if err != nil {
		return err
	}
	item, s, err := r.content.Get(v.Context(), r.deps.DB, v.Viewer, id)
	v.Concerns(site.Subject{Entity: item.Entity, Standing: s})
	if err != nil {
		return err
	}
	e, err := feedOfEvent(v.Context(), r.deps.DB, id)
	if err != nil {
		return err
	}
	if day := v.Query(community.DateParameter); day != "" && e.repeats() {
		d, err := getRow(v.Context(), r.deps.DB, id, day)
		if err != nil {
			return err
		}
		e.Dates, e.only = []dateRow{d}, true
	}
	return r.send(v, feed{Name: item.Title, Events: []feedEvent{e}}, item.Slug, keptPrivate)
}

// sendPublic answers with what is public in the whole town.
func (r *Events) sendPublic(v *site.Visit) error {
	f := feed{Name: r.deps.SiteName.String(), Prefixed: true}
	return r.sendList(v, community.Viewer{}, f, feedFilter{OnlyPublic: true, Old: oldSiteFeed}, "public", keptPublic)
}

// sendTag answers with what is public and has a tag: with nothing as long as nobody can know that something has it.
func (r *Events) sendTag(v *site.Visit) error {
	tag, err := tagging.Find(v.Context(), r.deps.DB, community.Viewer{}, v.Query(community.TagParameter))
	if err != nil {
		return err
	}
	if tag.Slug == "" {
		return community.ErrNothingHere()
	}
	f := feed{Name: fmt.Sprintf("#%s (%s)", tag.Name, r.deps.SiteName), Prefixed: true}
	if tag.ID == 0 {
		return r.send(v, f, "tag", keptPublic)
	}
	return r.sendList(v, community.Viewer{}, f, feedFilter{Tag: tag.Slug, OnlyPublic: true}, "tag", keptPublic)
}

// sendGroupPublic answers with what a group has announced publicly, or a person whose page everybody may see.
func (r *Events) sendGroupPublic(v *site.Visit) error {
	e, err := r.content.Shown(v.Context(), community.Viewer{}, v.Path("entity"))
	if err != nil {
		return err
	}
	if err := policy.CheckCalendar(v.Context(), r.deps.DB, e.ID); err != nil {
		return err
	}
	filter := feedFilter{EntityID: e.ID, OnlyPublic: true, Old: oldGroupFeed}
	return r.sendList(v, community.Viewer{}, feed{Name: r.nameOf(e)}, filter, e.Slug, keptPublic)
}

// calendarOwner returns the group or person whose calendar is fetched; Gone if the group is archived.
func (r *Events) calendarOwner(v *site.Visit) (community.Entity, error) {
	e, _, err := r.content.Entity(v.Context(), community.Viewer{}, v.Path("entity"))
	if err != nil {
		return e, err
	}
	return e, policy.CheckCalendar(v.Context(), r.deps.DB, e.ID)
}

// nameOf returns what programs call the calendar of a group or person.
func (r *Events) nameOf(e community.Entity) string {
	return fmt.Sprintf("%s (%s)", e.Name, r.deps.SiteName)
}

// sendGroupPrivate answers with what a group has announced internally, to a member who has been given an address for it.
func (r *Events) sendGroupPrivate(v *site.Visit) error {
	e, err := r.calendarOwner(v)
	if err != nil {
		return err
	}
	viewer, err := r.identified(v, e)
	if errs.Is(err, errs.Unauthenticated) {
		v.W.Header().Set("WWW-Authenticate", "Basic realm=\""+r.host()+"\"")
		v.W.Header().Set("Cache-Control", "no-store")
		http.Error(v.W, v.T("This address of the calendar is not valid, or not any more."), http.StatusUnauthorized)
		return nil
	}
	if err != nil {
		return err
	}
	filter := feedFilter{EntityID: e.ID, Internal: true, Old: oldGroupFeed}
	return r.sendList(v, viewer, feed{Name: r.nameOf(e)}, filter, e.Slug, keptPrivate)
}

// identified returns the member whose address of a group's calendar was fetched; Unauthenticated if it is not valid, or if
// they have left the group.
func (r *Events) identified(v *site.Visit, e community.Entity) (community.Viewer, error) {
	name, secret, ok := v.R.BasicAuth()
	if token := v.Query("token"); token != "" {
		name, secret, ok = strings.Cut(token, ":")
	}
	if !ok || !e.IsGroup() {
		return community.Viewer{}, errNoAddress()
	}
	id, err := findPerson(v.Context(), r.deps.DB, name)
	if err != nil {
		return community.Viewer{}, err
	}
	return r.holder(v, id, e, secret)
}

func errNoAddress() error {
	return errs.New(errs.Unauthenticated, "This address of the calendar is not valid, or not any more.")
}

// holder returns the person to whom a secret of the calendar of an entity was given, if they belong to it.
func (r *Events) holder(v *site.Visit, personID int64, e community.Entity, secret string) (community.Viewer, error) {
	salt, err := getSalt(v.Context(), r.deps.DB, personID, e.ID)
	if err != nil {
		return community.Viewer{}, err
	}
	if salt == "" || !r.deps.Keys.Fit(secret, salt) {
		return community.Viewer{}, errNoAddress()
	}
	viewer, err := r.deps.Viewers.Viewer(v.Context(), personID)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return viewer, errNoAddress()
	}
	if err != nil {
		return viewer, err
	}
	s, err := policy.Standing(v.Context(), r.deps.DB, viewer, e)
	if err == nil && !s.Inside() {
		err = errNoAddress()
	}
	return viewer, err
}

// sendPersonal answers with all that somebody may read, at an address that only they know.
func (r *Events) sendPersonal(v *site.Visit) error {
	number, secret, _ := strings.Cut(v.Path("token"), "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return community.ErrNothingHere()
	}
	owner, err := r.deps.Viewers.Viewer(v.Context(), id)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return community.ErrNothingHere()
	}
	if err != nil {
		return err
	}
	viewer, err := r.holder(v, id, owner.Entity(), secret)
	if errs.Is(err, errs.Unauthenticated) {
		return community.ErrNothingHere()
	}
	if err != nil {
		return err
	}
	f := feed{Name: r.deps.SiteName.String() + ": " + viewer.Name, Prefixed: true}
	return r.sendList(v, viewer, f, feedFilter{}, "mine", keptPrivate)
}

// export is what the page says about how a calendar gets into a program.
type export struct {
	Public    string // absolute addresses
	Private   string // "" if there is none yet
	Mine      bool   // the private address is that of all that the viewer may read
	CanBePriv bool   // the viewer can have a private address
	SignIn    string
	Path      string          // of the page
	More      templ.Component // what other rooms add; nil for nothing
}

// showExport tells how the calendar of the town gets into a program.
func (r *Events) showExport(v *site.Visit) error {
	x := export{Path: exportPath, Public: v.URL(publicPath), Mine: true, CanBePriv: v.Viewer.SignedIn()}
	if !x.CanBePriv {
		x.SignIn = community.SignInPath(exportPath)
	} else if secret, err := r.secret(v, v.Viewer.EntityID); err != nil {
		return err
	} else if secret != "" {
		x.Private = v.URL(fmt.Sprintf("/stadt/events/mine/%d-%s/events.ics", v.Viewer.PersonID, secret))
	}
	var err error
	if x.More, err = v.Blocks(site.CalendarMain, site.Subject{}); err != nil {
		return err
	}
	title := v.T("Subscribe to calendar")
	return v.Show(site.Page{
		Title: title, Body: exportBody(x), Hidden: true,
		Crumbs: v.FromHome(parts.Crumb{Label: v.T("Calendar"), Path: listPath}, parts.Crumb{Label: title}),
	})
}

// showGroupExport tells how the calendar of a group gets into a program.
func (r *Events) showGroupExport(v *site.Visit) error {
	e, err := r.visitedGroup(v)
	if err != nil {
		return err
	}
	x := export{Path: groupExportPath(e), Public: v.URL(community.EntityPath(e.Slug) + "events/public.ics"), CanBePriv: v.Viewer.SignedIn() && v.Subject().Standing.Inside()}
	if x.CanBePriv {
		secret, err := r.secret(v, e.ID)
		if err != nil {
			return err
		}
		if secret != "" {
			x.Private = v.URL(community.EntityPath(e.Slug)+"events/private.ics") + "?token=" + url.QueryEscape(v.Viewer.Slug) + ":" + secret
		}
	}
	if x.More, err = v.Blocks(site.CalendarMain, v.Subject()); err != nil {
		return err
	}
	return v.Show(v.GroupTab(groupOf(e), v.T("Subscribe to calendar"), exportBody(x)))
}

// visitedGroup returns the group in the path; Gone if it is archived.
func (r *Events) visitedGroup(v *site.Visit) (community.Entity, error) {
	e, s, err := r.content.Entity(v.Context(), v.Viewer, v.Path("entity"))
	if err != nil {
		return e, err
	}
	if !e.IsGroup() {
		return e, community.ErrNothingHere()
	}
	v.Concerns(site.Subject{Entity: e, Standing: s})
	return e, policy.CheckCalendar(v.Context(), r.deps.DB, e.ID)
}

// secret returns the viewer's secret of the calendar of an entity; "" if they have none.
func (r *Events) secret(v *site.Visit, entityID int64) (string, error) {
	salt, err := getSalt(v.Context(), r.deps.DB, v.Viewer.PersonID, entityID)
	if err != nil || salt == "" {
		return "", err
	}
	return r.deps.Keys.Of(salt), nil
}

// exportForm makes a private address, in the place of the one before, or removes it.
type exportForm struct {
	Remove bool `form:"remove"`
}

func (r *Events) updateExport(v *site.Visit) error {
	return r.changeAddress(v, v.Viewer.EntityID, exportPath)
}

func (r *Events) updateGroupExport(v *site.Visit) error {
	e, err := r.visitedGroup(v)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return community.PleaseSignIn()
	}
	if !v.Subject().Standing.Inside() {
		return errs.New(errs.Denied, "Only members of the group can see this.")
	}
	return r.changeAddress(v, e.ID, groupExportPath(e))
}

func groupExportPath(e community.Entity) string {
	return community.EntityPath(e.Slug) + "events/export"
}

func (r *Events) changeAddress(v *site.Visit, entityID int64, path string) error {
	var f exportForm
	if err := v.Bind(&f); err != nil {
		return err
	}
	salt := rand.Text()
	if f.Remove {
		salt = ""
	}
	if err := r.setSalt(v.Context(), v.Viewer.PersonID, entityID, salt); err != nil {
		return err
	}
	if f.Remove {
		v.Flash(parts.Done, "The private address no longer works.")
	} else {
		v.Flash(parts.Done, "You have a new private address.")
	}
	return v.Redirect(path)
}
