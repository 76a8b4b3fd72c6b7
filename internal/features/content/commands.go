package content

import (
	"context"
	"strconv"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// commands are those about what groups and people have published.
func (c *Content) commands() []commander.Command {
	return []commander.Command{
		{Name: "content show", Args: "CONTENT_URL", About: lang.Text("Shows a post or a conversation."), Run: c.sayItem},
		{Name: "content visibility", Args: "CONTENT_URL public|private", About: lang.Text("Says who can read a post."), Run: c.sayVisibility},
		{Name: "content ownership", Args: "CONTENT_URL GROUP_OR_USER", About: lang.Text("Gives a post to another group or person."), Run: c.giveTo},
		{Name: "content remove", Args: "CONTENT_URL", About: lang.Text("Deletes a post or a conversation."), Plan: c.planRemoval, Run: c.removeNamed},
	}
}

// named returns the item at an address: of its permalink, or of its page.
func (c *Content) named(ctx context.Context, arg string) (i Item, err error) {
	path, ok := commander.Path(c.deps.BaseURL, arg)
	if !ok {
		return i, errNoItem(arg)
	}
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) == 3 && parts[0] == "stadt" && parts[1] == "content":
		id, problem := strconv.ParseInt(parts[2], 10, 64)
		if problem != nil {
			return i, errNoItem(arg)
		}
		i, err = getItem(ctx, c.deps.DB, ` WHERE c.id = ? AND c.deleted_at IS NULL`, id)
	case len(parts) == 2:
		i, err = getItem(ctx, c.deps.DB, ` WHERE e.slug_key = ? AND c.slug_key = ? AND c.deleted_at IS NULL ORDER BY CASE WHEN c.slug = ? THEN 0 ELSE 1 END, c.id LIMIT 1`,
			strings.ToLower(parts[0]), strings.ToLower(parts[1]), parts[1])
	default:
		return i, errNoItem(arg)
	}
	if errs.Is(err, errs.NotFound) {
		err = errNoItem(arg)
	}
	return i, err
}

// owner returns a line that says whose an item is.
func owner(ctx context.Context, i Item) string {
	if i.Entity.IsGroup() {
		return commander.Pair(lang.T(ctx, "Group"), i.Entity.Slug)
	}
	return commander.Pair(lang.T(ctx, "Author"), i.Entity.Slug)
}

func (c *Content) sayItem(ctx context.Context, args []string) (commander.Reply, error) {
	i, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	return commander.Reply{owner(ctx, i), commander.Pair(lang.T(ctx, "Title"), i.Title)}, nil
}

func (c *Content) sayVisibility(ctx context.Context, args []string) (commander.Reply, error) {
	word := strings.ToLower(args[1])
	if word != "public" && word != "private" {
		return nil, commander.Refuse(lang.T(ctx, "“%s” is neither “public” nor “private”.", args[1]))
	}
	i, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	changed, err := c.ShowTo(ctx, i.ID, word == "public")
	switch {
	case err != nil:
		return nil, err
	case !changed && word == "public":
		return commander.Reply{lang.T(ctx, "“%s” is public already.", i.Title)}, nil
	case !changed:
		return commander.Reply{lang.T(ctx, "“%s” is internal already.", i.Title)}, nil
	case word == "public":
		return commander.Reply{lang.T(ctx, "Everybody can read “%s” now.", i.Title)}, nil
	default:
		return commander.Reply{lang.T(ctx, "Only insiders can read “%s” now.", i.Title)}, nil
	}
}

func (c *Content) giveTo(ctx context.Context, args []string) (commander.Reply, error) {
	i, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	slug := commander.Slug(args[1])
	to, err := c.deps.Entities.Find(ctx, c.deps.DB, slug)
	if errs.Is(err, errs.NotFound) {
		return nil, commander.Unknown(ctx, c.deps.DB, community.GroupEntity, slug)
	}
	if err != nil {
		return nil, err
	}
	moved, err := c.MoveTo(ctx, i.ID, to)
	switch {
	case err != nil:
		return nil, err
	case !moved:
		return commander.Reply{lang.T(ctx, "“%s” belongs to %s already.", i.Title, to.Slug)}, nil
	default:
		return commander.Reply{lang.T(ctx, "“%s” belongs to %s now.", i.Title, to.Slug)}, nil
	}
}

func (c *Content) planRemoval(ctx context.Context, args []string) (string, error) {
	i, err := c.named(ctx, args[0])
	if err != nil {
		return "", err
	}
	return lang.T(ctx, "This deletes “%s” of %s, with its comments (%d).", i.Title, i.Entity.Slug, i.Comments), nil
}

func (c *Content) removeNamed(ctx context.Context, args []string) (commander.Reply, error) {
	i, err := c.named(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if err := c.Remove(ctx, i.ID); err != nil {
		return nil, err
	}
	return commander.Reply{lang.T(ctx, "“%s” has been deleted.", i.Title)}, nil
}
