package chatsettings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// Connect lets a chat account be asked whether it is the viewer's, and reports whether that is needed: the account that the
// site gives them is theirs without a question, and so is the one that they have proved already. Invalid is returned for what is no Matrix id,
// TooMany for somebody who has had many asked, and for an account that has been asked often.
func (r *Settings) Connect(ctx context.Context, v community.Viewer, typed string) (needed bool, err error) {
	id, err := ParseID(typed)
	if err != nil {
		return false, err
	}
	if id == r.deps.Server.User() || slices.Contains(r.deps.Bots, id) {
		return false, errs.Check(errs.Field(idField, "This is the chat account of the site. Enter your own."))
	}
	if id == r.deps.Chat.LocalID(v.Slug) {
		return false, r.Disconnect(ctx, v)
	}
	own, err := chat.IDOf(ctx, r.deps.DB, v.PersonID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return false, err
	}
	if own.MatrixID == id && own.Proven {
		return false, r.withdrawQuestions(ctx, v)
	}
	if err := r.deps.Limiter.Allow(ctx, limitAsking(), web.Account(v.PersonID)); err != nil {
		return false, err
	}
	if err := r.deps.Limiter.Allow(ctx, limitAsked(), id); err != nil {
		return false, err
	}
	return true, r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		direct, err := putQuestion(ctx, tx, v.PersonID, id)
		if err != nil {
			return err
		}
		left, err := closeWhere(ctx, tx, `person_id = ? AND id <> ? AND matrix_id <> ?`, v.PersonID, direct, own.MatrixID)
		if err != nil {
			return err
		}
		return r.enqueue(ctx, tx, append(left, direct)...)
	})
}

// withdrawQuestions takes back that other accounts are asked whether they are the viewer's.
func (r *Settings) withdrawQuestions(ctx context.Context, v community.Viewer) error {
	return r.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) error {
		left, err := closeWhere(ctx, tx, `person_id = ? AND state IN (?)`, v.PersonID, []State{asking, asked})
		if err != nil {
			return err
		}
		return r.enqueue(ctx, tx, left...)
	})
}

// Disconnect gives the viewer the chat account of the site in place of the one that they have proved to be theirs.
func (r *Settings) Disconnect(ctx context.Context, v community.Viewer) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := r.deps.Chat.ResetID(ctx, tx, v.PersonID); err != nil {
			return err
		}
		now, err := listReach(ctx, tx, []int64{v.PersonID})
		if err != nil {
			return err
		}
		return r.follow(ctx, tx, v.PersonID, now)
	})
}

// Prove makes the account of a chat that of its person, who has followed the link in the question; Conflict if it is that
// of somebody else meanwhile.
func (r *Settings) Prove(ctx context.Context, d Direct) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error { return r.prove(ctx, tx, d) })
}

// prove makes the account of a chat that of its person, and lets everything follow: the rooms of their groups, and what the
// site has to tell them.
func (r *Settings) prove(ctx context.Context, tx *sqldb.Tx, d Direct) error {
	if err := r.deps.Chat.SetID(ctx, tx, d.PersonID, d.MatrixID); err != nil {
		return err
	}
	if _, err := setState(ctx, tx, d, proven); err != nil {
		return err
	}
	fresh, err := needClient(ctx, tx, domainOf(d.MatrixID))
	if err != nil {
		return err
	}
	if fresh {
		if err := r.deps.Queue.Enqueue(ctx, tx, lookUpJob, client{Domain: domainOf(d.MatrixID)}); err != nil {
			return err
		}
	}
	return r.follow(ctx, tx, d.PersonID, []reach{{PersonID: d.PersonID, MatrixID: d.MatrixID, DirectID: d.ID}})
}

// follow lets the site leave the chats with a person but the one where they are reached now; what they have not been told
// yet is said there. Nowhere is an empty list.
func (r *Settings) follow(ctx context.Context, tx *sqldb.Tx, personID int64, now []reach) error {
	keep, matrixID := int64(0), ""
	for _, n := range now {
		matrixID, keep = n.MatrixID, n.DirectID
	}
	before, err := directsOf(ctx, tx, personID, tx.Now)
	if err != nil {
		return err
	}
	left, err := closeWhere(ctx, tx, `person_id = ? AND matrix_id <> ?`, personID, matrixID)
	if err != nil {
		return err
	}
	reached := slices.ContainsFunc(before, func(d Direct) bool { return d.State == open || d.State == failed })
	if keep == 0 && matrixID != "" && reached {
		if err := openDirects(ctx, tx, now); err != nil {
			return err
		}
		if keep, err = idOf(ctx, tx, personID, matrixID); err != nil {
			return err
		}
	}
	for _, direct := range left {
		if err := r.deps.Messages.HandOver(ctx, tx, direct, keep); err != nil {
			return err
		}
	}
	if keep != 0 {
		left = append(left, keep)
	}
	return r.enqueue(ctx, tx, left...)
}

// Open sees to it that the site has a chat with each of some people who have a Matrix id, and returns the ids of these
// chats by those of the people. A chat may come into being later, and still be there when somebody has left it.
func (r *Settings) Open(ctx context.Context, tx *sqldb.Tx, people []int64) (map[int64]int64, error) {
	all, err := listReach(ctx, tx, people)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	lacking := slices.DeleteFunc(slices.Clone(all), func(a reach) bool { return a.Settled })
	if len(lacking) > 0 {
		if err := openDirects(ctx, tx, lacking); err != nil {
			return nil, err
		}
		if all, err = listReach(ctx, tx, people); err != nil {
			return nil, err
		}
	}
	directs := map[int64]int64{}
	for _, a := range all {
		directs[a.PersonID] = a.DirectID
		if a.Settled {
			continue
		}
		if err := r.enqueue(ctx, tx, a.DirectID); err != nil {
			return nil, err
		}
	}
	return directs, nil
}

// setInstead notes whether a person wants to be told in chat instead of by mail. Who has left their chat with the site
// is asked in once more.
func (r *Settings) setInstead(ctx context.Context, tx *sqldb.Tx, personID int64, on bool) error {
	was, err := insteadOfMail(ctx, tx, personID)
	if err != nil || was == on {
		return err
	}
	if err := r.deps.Chat.GiveIDs(ctx, tx, personID); err != nil {
		return err
	}
	if err := chat.SetNotifies(ctx, tx, personID, on); err != nil || !on {
		return err
	}
	all, err := listReach(ctx, tx, []int64{personID})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errs.New(errs.Conflict, "Enter your chat account first, under “Chat” in the settings.")
	}
	if _, err := tx.Exec(ctx, `UPDATE chat_directs SET invited = FALSE WHERE id = ?`, all[0].DirectID); err != nil {
		return fmt.Errorf("ask person %d into their chat once more: %w", personID, err)
	}
	_, err = r.Open(ctx, tx, []int64{personID})
	return err
}

// insteadOfMail reports whether a person wants to be told in chat instead of by mail.
func insteadOfMail(ctx context.Context, q sqldb.Querier, personID int64) (bool, error) {
	own, err := chat.IDOf(ctx, q, personID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return false, err
	}
	return own.Notifies, nil
}

// leaveAll lets the site leave all chats with somebody who deletes their account, and forgets what was said there.
func (r *Settings) leaveAll(ctx context.Context, tx *sqldb.Tx, e community.Activity) error {
	return r.follow(ctx, tx, e.PersonID, nil)
}

// Arrangement says which room is one of the chat rooms of a group, and whether the link to it stands on its page.
type Arrangement struct {
	Kind    chat.Kind
	Field   string // of the form, to which what is wrong with the room belongs
	RoomID  string // "" leaves it as it is
	Visible bool
}

// Arrange arranges the chat rooms of a group, and whether the private one answers. The viewer has to be a member.
func (r *Settings) Arrange(ctx context.Context, g community.Group, s community.Standing, all []Arrangement, answers bool) error {
	if !CanManage(s) {
		return errNotMember(s.Viewer)
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		for _, a := range all {
			if a.RoomID != "" {
				if err := r.deps.Chat.Move(ctx, tx, g, a.Kind, a.RoomID); err != nil {
					return inField(a.Field, err)
				}
			}
			if err := r.deps.Chat.Show(ctx, tx, g.Entity(), a.Kind, a.Visible); err != nil {
				return err
			}
		}
		return r.deps.Answers.Set(ctx, tx, s, g.EntityID, answers)
	})
}

// inField returns what is wrong with a room as what is wrong with a field.
func inField(name string, err error) error {
	known, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && known.Kind == errs.Invalid && len(known.Fields) > 0:
		return errs.Check(errs.Field(name, known.Fields[0].Message, known.Fields[0].Args...))
	case ok && known.Kind == errs.Conflict && known.Message != "":
		return errs.Check(errs.Field(name, known.Message, known.Args...))
	default:
		return err
	}
}

func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can do this.")
}
