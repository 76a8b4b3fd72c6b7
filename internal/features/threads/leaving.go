package threads

import (
	"context"
	"fmt"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// leavePath is where somebody leaves a thread by a link that only they have.
const leavePath = "/stadt/leave/{container}/{id}/{person}/{key}"

// Thread is a content item or a conversation that somebody takes part in; the id of the other one is 0.
type Thread struct{ ContentID, ConversationID int64 }

// LeavePath returns the path at which a person leaves a thread. A POST to it needs nothing else; a GET asks first,
// because programs that scan mails follow links.
func (t *Threads) LeavePath(personID int64, th Thread) string {
	container, id := th.address()
	return fmt.Sprintf("/stadt/leave/%s/%d/%d/%s/", container, id, personID, t.deps.Keys.Of(th.link(personID)))
}

// LeaveURL is LeavePath for mails.
func (t *Threads) LeaveURL(personID int64, th Thread) string {
	return t.deps.BaseURL + t.LeavePath(personID, th)
}

// address returns the thread as it stands in links, and before _id in the columns of the database.
func (th Thread) address() (container string, id int64) {
	if th.ConversationID != 0 {
		return "conversation", th.ConversationID
	}
	return "content", th.ContentID
}

// link is what the key of a link to leave a thread is about.
func (th Thread) link(personID int64) string {
	container, id := th.address()
	return fmt.Sprintf("person %d %s %d", personID, container, id)
}

// Leave ends a person's part in a thread: they are told of it no more, and what they wrote does not let them read it any
// longer. Whoever may read it anyway can go on, and take part again.
func (t *Threads) Leave(ctx context.Context, personID int64, th Thread) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := notify.Silence(ctx, tx, t.deps.Channels, personID, th.ContentID, th.ConversationID); err != nil {
			return err
		}
		return updateLeft(ctx, tx, personID, th, true)
	})
}

// takePart takes back that somebody has left a thread in which they write.
func takePart(ctx context.Context, tx *sqldb.Tx, personID int64, th Thread) error {
	had, err := notify.Resume(ctx, tx, personID, th.ContentID, th.ConversationID)
	if err != nil || !had {
		return err
	}
	return updateLeft(ctx, tx, personID, th, false)
}

// updateLeft notes on all that somebody has written in a thread whether they have left it.
func updateLeft(ctx context.Context, tx *sqldb.Tx, personID int64, th Thread, left bool) error {
	container, id := th.address()
	var at any
	if left {
		at = tx.Now
	}
	if _, err := tx.Exec(ctx, `UPDATE contributions SET left_at = ? WHERE `+container+`_id = ? AND author_id = ?`, at, id, personID); err != nil {
		return fmt.Errorf("note who has left a thread: %w", err)
	}
	return nil
}

// byKey returns the person and the thread of a link; NotFound if its key does not fit.
func (t *Threads) byKey(v *site.Visit) (personID int64, th Thread, err error) {
	if personID, th, err = addressed(v); err != nil {
		return 0, th, err
	}
	if !t.deps.Keys.Fit(v.Path("key"), th.link(personID)) {
		return 0, th, errIncompleteLink()
	}
	return personID, th, nil
}

// addressed returns the person and the thread that the path of a link names.
func addressed(v *site.Visit) (personID int64, th Thread, err error) {
	id, err := v.ID("id")
	if err != nil {
		return 0, th, err
	}
	if personID, err = v.ID("person"); err != nil {
		return 0, th, err
	}
	switch v.Path("container") {
	case "content":
		return personID, Thread{ContentID: id}, nil
	case "conversation":
		return personID, Thread{ConversationID: id}, nil
	default:
		return 0, th, errIncompleteLink()
	}
}

func errIncompleteLink() error {
	return errs.New(errs.NotFound, "This link isn’t complete. Please copy it from the email again.")
}

func (t *Threads) askToLeave(v *site.Visit) error {
	if _, _, err := t.byKey(v); err != nil {
		return err
	}
	title := v.T("Leave the conversation")
	return v.Show(site.Page{
		Title: title, Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title}),
		Body: parts.ConfirmForm(parts.Confirmation{
			Question: v.T("Do you want to leave the conversation? You’ll no longer be notified about it. If you can only read it because you took part, you won’t be able to read it any more either."),
			Button:   title, Cancel: "/",
		}),
	})
}

// leave answers the POST of a mail program as well as that of the form: with 200 and no redirect, as RFC 8058 asks, and
// the same if it comes twice. Who has signed in does not matter.
func (t *Threads) leave(v *site.Visit) error {
	personID, th, err := t.byKey(v)
	if err != nil {
		return err
	}
	if err := t.Leave(v.Context(), personID, th); err != nil {
		return err
	}
	title := v.T("You’ve left the conversation")
	return v.Show(site.Page{Title: title, Hidden: true, Crumbs: v.FromHome(parts.Crumb{Label: title}), Body: leftBody()})
}
