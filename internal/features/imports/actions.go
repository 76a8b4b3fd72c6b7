package imports

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/fetch"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// maxAddress is how many characters an address may have.
const maxAddress = 1000

func errNotMember(v community.Viewer) error {
	if !v.SignedIn() {
		return community.PleaseSignIn()
	}
	return errs.New(errs.Denied, "Only members of the group can manage what it imports.")
}

func errEnded() error {
	return errs.New(errs.NotFound, "This is no longer imported.")
}

// Add lets a group show the events of the calendar, or the posts of the website, at an address, in the name of the viewer. It
// is read soon.
func (r *Imports) Add(ctx context.Context, v community.Viewer, group community.Entity, typed string, public bool) error {
	address, err := r.checkAddress(typed)
	if err != nil {
		return err
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		known, err := r.add(ctx, tx, v, group, address, public)
		if err == nil && known {
			err = errs.Check(errs.Field("address", "The group imports this already."))
		}
		return err
	})
}

// Follow lets a group show the posts of its website, as a setting of grouprise 5.5 did, unless it does.
func (r *Imports) Follow(ctx context.Context, v community.Viewer, group community.Entity, website string) error {
	address, err := r.checkAddress(website)
	if err != nil {
		return err
	}
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := r.add(ctx, tx, v, group, address, true)
		return err
	})
}

// add adds an import to a group, unless it is there already: that is known.
func (r *Imports) add(ctx context.Context, tx *sqldb.Tx, v community.Viewer, group community.Entity, address string, public bool) (known bool, err error) {
	if err := r.mayAdd(ctx, tx, v, group); err != nil {
		return false, err
	}
	if err := lockGroup(ctx, tx, group.OwnerID); err != nil {
		return false, err
	}
	all, err := listImports(ctx, tx, group.OwnerID)
	switch {
	case err != nil:
		return false, err
	case slices.ContainsFunc(all, func(i Import) bool { return i.Address == address }):
		return true, nil
	case len(all) >= maxImports:
		return false, errs.Check(errs.Field("address", "A group can import up to %d calendars and websites. Remove one first.", maxImports))
	}
	id, err := insertImport(ctx, tx, Import{GroupID: group.OwnerID, AuthorID: v.PersonID, Address: address, Public: public})
	if err != nil {
		return false, err
	}
	return false, r.enqueue(ctx, tx, id)
}

// checkAddress returns an address as it is kept.
func (r *Imports) checkAddress(typed string) (string, error) {
	if strings.TrimSpace(typed) == "" {
		return "", errs.Check(errs.Field("address", "Enter the address of a calendar or website."))
	}
	address, err := fetch.Parse(typed)
	wrong, _ := errors.AsType[*fetch.Error](err)
	switch {
	case wrong != nil && wrong.Problem == fetch.WithPassword:
		return "", errs.Check(errs.Field("address", "Addresses with a username or password can’t be used."))
	case err != nil, len(address) > maxAddress:
		return "", errs.Check(errs.Field("address", "Enter a web address such as https://example.org."))
	}
	if r.origin().holds(address) {
		return "", errs.Check(errs.Field("address", "This is an address of this site. What’s there is here already."))
	}
	return address, nil
}

// origin returns what tells our own events from others.
func (r *Imports) origin() origin {
	o := origin{url: strings.ToLower(r.deps.BaseURL)}
	if u, err := url.Parse(o.url); err == nil {
		o.host = u.Hostname()
	}
	return o
}

func (*Imports) mayManage(ctx context.Context, q sqldb.Querier, v community.Viewer, group community.Entity) error {
	s, err := policy.Standing(ctx, q, v, group)
	if err != nil {
		return err
	}
	if !CanManage(s) {
		return errNotMember(v)
	}
	return nil
}

func (*Imports) mayAdd(ctx context.Context, q sqldb.Querier, v community.Viewer, group community.Entity) error {
	s, err := policy.Standing(ctx, q, v, group)
	switch {
	case err != nil:
		return err
	case !CanManage(s):
		return errNotMember(v)
	case !CanAdd(s):
		return community.ErrArchived()
	}
	return nil
}

// enqueue has an import read as soon as possible. Nothing reads it at the same time.
func (r *Imports) enqueue(ctx context.Context, tx *sqldb.Tx, id int64) error {
	return r.deps.Queue.Enqueue(ctx, tx, readJob, payload{id}, queue.Unique(importKey(id)))
}

// change changes an import of a group in a transaction, if the viewer may manage it.
func (r *Imports) change(ctx context.Context, v community.Viewer, group community.Entity, id int64, how func(tx *sqldb.Tx, i Import) error) error {
	return r.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if err := r.mayManage(ctx, tx, v, group); err != nil {
			return err
		}
		i, err := lockImport(ctx, tx, id)
		if errs.Is(err, errs.NotFound) || err == nil && i.GroupID != group.OwnerID {
			return errEnded()
		}
		if err != nil {
			return err
		}
		return how(tx, i)
	})
}

// Refresh has an import read now.
func (r *Imports) Refresh(ctx context.Context, v community.Viewer, group community.Entity, id int64) error {
	return r.change(ctx, v, group, id, func(tx *sqldb.Tx, i Import) error {
		if i.Paused {
			return community.ErrArchived()
		}
		if !i.Active {
			return errs.New(errs.Denied, "This is no longer updated: the person who added it isn’t a member any more.")
		}
		return r.enqueue(ctx, tx, id)
	})
}

// Show says who may read what an import brings: everybody, or the members. It is so at once.
func (r *Imports) Show(ctx context.Context, v community.Viewer, group community.Entity, id int64, public bool) error {
	return r.change(ctx, v, group, id, func(tx *sqldb.Tx, i Import) error {
		contents, err := contentsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := r.deps.Content.ShowExternal(ctx, tx, contents, public); err != nil {
			return err
		}
		i.Public = public
		return updateOwner(ctx, tx, i)
	})
}

// TakeOver continues an import in the name of the viewer, because whoever set it up does not belong to the group any more.
func (r *Imports) TakeOver(ctx context.Context, v community.Viewer, group community.Entity, id int64) error {
	return r.change(ctx, v, group, id, func(tx *sqldb.Tx, i Import) error {
		if i.Active {
			return nil
		}
		i.AuthorID = v.PersonID
		if err := updateOwner(ctx, tx, i); err != nil {
			return err
		}
		return r.enqueue(ctx, tx, id)
	})
}

// End ends an import. What it has brought goes with it, or stays as the group’s own.
func (r *Imports) End(ctx context.Context, v community.Viewer, group community.Entity, id int64, keep bool) error {
	return r.change(ctx, v, group, id, func(tx *sqldb.Tx, _ Import) error {
		contents, err := contentsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if keep {
			err = r.deps.Content.ReleaseExternal(ctx, tx, contents)
		} else if err = r.deps.Content.WithdrawExternal(ctx, tx, contents); err == nil {
			err = forgetEntries(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		return deleteImport(ctx, tx, id)
	})
}
