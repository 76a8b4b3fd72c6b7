package threads

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// commands are those about comments and messages.
func (t *Threads) commands() []commander.Command {
	return []commander.Command{
		{Name: "comment show", Args: "COMMENT_URL", About: lang.Text("Shows a comment or a message."), Run: t.sayComment},
		{Name: "comment remove", Args: "COMMENT_URL", About: lang.Text("Deletes a comment or a message."), Plan: t.planRemoval, Run: t.removeNamed},
	}
}

// named returns the comment or message that an address leads to. Internal comments are found by nobody who has only the
// address.
func (t *Threads) named(ctx context.Context, arg string) (Contribution, error) {
	missing := errs.New(errs.NotFound, "There is no comment at %s. Its address ends in “/#contribution-” and a number.", arg)
	address, number, ok := strings.Cut(arg, "#contribution-")
	if _, ours := commander.Path(t.deps.BaseURL, address); !ok || !ours || !strings.HasSuffix(address, "/") {
		return Contribution{}, missing
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return Contribution{}, missing
	}
	c, err := t.Contribution(ctx, t.deps.DB, id)
	if errs.Is(err, errs.NotFound) || err == nil && !c.Public {
		return c, missing
	}
	return c, err
}

// Excerpt returns how a comment or message begins, in one line.
func (t *Threads) Excerpt(c Contribution) string {
	return commander.Excerpt(t.deps.Texts.SummaryOf(c.Format, c.Text, commander.ExcerptWords))
}

func (t *Threads) sayComment(ctx context.Context, args []string) (commander.Reply, error) {
	c, err := t.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	return commander.Reply{
		commander.Pair(lang.T(ctx, "Author"), c.AuthorSlug),
		commander.Pair(lang.T(ctx, "Time"), commander.Moment(ctx, c.CreatedAt)),
		commander.Pair(lang.T(ctx, "Text"), t.Excerpt(c)),
	}, nil
}

func (t *Threads) planRemoval(ctx context.Context, args []string) (string, error) {
	c, err := t.named(ctx, args[0])
	if err != nil {
		return "", err
	}
	return lang.T(ctx, "This deletes what %s wrote: %s", c.AuthorSlug, t.Excerpt(c)), nil
}

func (t *Threads) removeNamed(ctx context.Context, args []string) (commander.Reply, error) {
	c, err := t.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if err := t.Erase(ctx, c.ID); err != nil {
		return nil, err
	}
	return commander.Reply{lang.T(ctx, "The comment of %s has been deleted.", c.AuthorSlug)}, nil
}

// Erase removes a comment or message without a trace, for whoever runs the site.
func (t *Threads) Erase(ctx context.Context, id int64) error {
	return t.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		var locked int64
		if err := tx.GetLocked(ctx, &locked, `SELECT id FROM contributions WHERE id = ?`, id); err != nil {
			return fmt.Errorf("lock contribution %d: %w", id, err)
		}
		c, err := t.Contribution(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE contributions SET deleted_at = ? WHERE id = ?`, tx.Now, id); err != nil {
			return fmt.Errorf("erase contribution %d: %w", id, err)
		}
		return t.removed(ctx, tx, c)
	})
}

// removed lets everything follow that a contribution is gone.
func (t *Threads) removed(ctx context.Context, tx *sqldb.Tx, c Contribution) error {
	if err := t.deps.Search.Put(ctx, tx, foundAs, c.ID); err != nil {
		return err
	}
	if err := t.changed(ctx, tx, c.ID); err != nil {
		return err
	}
	c.Text = ""
	if err := renoteTags(ctx, tx, c); err != nil {
		return err
	}
	return t.touch(ctx, tx, c.ID)
}

// Gone lets everything follow that a conversation is gone, with what was said in it.
func (t *Threads) Gone(ctx context.Context, tx *sqldb.Tx, conversationID int64) error {
	var ids []int64
	if err := tx.Select(ctx, &ids, `SELECT id FROM contributions WHERE conversation_id = ? AND deleted_at IS NULL ORDER BY id`, conversationID); err != nil {
		return fmt.Errorf("list the messages of conversation %d: %w", conversationID, err)
	}
	for _, id := range ids { // who shows them elsewhere is told of each
		if err := t.changed(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
