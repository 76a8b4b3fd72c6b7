package conversations

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

// commands are those that posts have, too, where the address is that of a conversation.
func (c *Conversations) commands() []commander.Command {
	only := func(context.Context, []string) (commander.Reply, error) {
		return nil, errs.New(errs.Denied, "A conversation belongs to those who take part in it: it can’t be shown to others.")
	}
	return []commander.Command{
		{Name: "content show", Args: "CONTENT_URL", About: lang.Text("Shows a post or a conversation."), Fits: c.isMeant, Run: c.sayConversation},
		{Name: "content visibility", Args: "CONTENT_URL public|private", About: lang.Text("Says who can read a post."), Fits: c.isMeant, Run: only},
		{Name: "content ownership", Args: "CONTENT_URL GROUP_OR_USER", About: lang.Text("Gives a post to another group or person."), Fits: c.isMeant, Run: only},
		{Name: "content remove", Args: "CONTENT_URL", About: lang.Text("Deletes a post or a conversation."), Fits: c.isMeant, Plan: c.planRemoval, Run: c.removeNamed},
	}
}

const conversationPath = "/stadt/conversations/"

// isMeant reports whether an address is that of a conversation.
func (c *Conversations) isMeant(args []string) bool {
	path, ok := commander.Path(c.deps.BaseURL, args[0])
	return ok && strings.HasPrefix(path, conversationPath)
}

// named returns the conversation at an address.
func (c *Conversations) named(ctx context.Context, arg string) (conv Conversation, err error) {
	missing := errs.New(errs.NotFound, "There is no conversation at %s.", arg)
	path, _ := commander.Path(c.deps.BaseURL, arg)
	path, _, _ = strings.Cut(strings.TrimPrefix(path, conversationPath), "#")
	id, err := strconv.ParseInt(strings.Trim(path, "/"), 10, 64)
	if err != nil {
		return conv, missing
	}
	conv, err = getConversation(ctx, c.deps.DB, id)
	if errs.Is(err, errs.NotFound) || err == nil && conv.Deleted {
		return conv, missing
	}
	return conv, err
}

func (c *Conversations) sayConversation(ctx context.Context, args []string) (commander.Reply, error) {
	conv, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	label := lang.T(ctx, "Author")
	if conv.Entity.IsGroup() {
		label = lang.T(ctx, "Group")
	}
	reply := commander.Reply{commander.Pair(label, conv.Entity.Slug), commander.Pair(lang.T(ctx, "Title"), conv.Subject)}
	first, err := c.deps.Threads.Contribution(ctx, c.deps.DB, conv.FirstID)
	if errs.Is(err, errs.NotFound) {
		return reply, nil
	}
	if err != nil {
		return nil, err
	}
	return append(reply, commander.Pair(lang.T(ctx, "First message"), fmt.Sprintf("%s (%s)", c.deps.Threads.Excerpt(first), first.AuthorSlug))), nil
}

func (c *Conversations) planRemoval(ctx context.Context, args []string) (string, error) {
	conv, err := c.named(ctx, args[0])
	if err != nil {
		return "", err
	}
	return lang.T(ctx, "This deletes the conversation “%s” with %s, with its messages (%d).", conv.Subject, conv.Entity.Slug, conv.Messages), nil
}

func (c *Conversations) removeNamed(ctx context.Context, args []string) (commander.Reply, error) {
	conv, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if err := c.Remove(ctx, conv.ID); err != nil {
		return nil, err
	}
	return commander.Reply{lang.T(ctx, "The conversation “%s” has been deleted.", conv.Subject)}, nil
}

// Remove takes a conversation from everybody, for whoever runs the site.
func (c *Conversations) Remove(ctx context.Context, id int64) error {
	return c.deps.DB.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Exec(ctx, `UPDATE conversations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL`, tx.Now, id)
		if err != nil {
			return fmt.Errorf("remove conversation %d: %w", id, err)
		}
		if rows == 0 {
			return errs.New(errs.NotFound, "This conversation has been deleted already.")
		}
		if err := c.deps.Search.Put(ctx, tx, foundAs, id); err != nil {
			return err
		}
		return c.deps.Threads.Gone(ctx, tx, id)
	})
}
