package search

import (
	"context"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/parts"
	index "grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
)

// beginning says what can be found, before anybody has looked for something.
func beginning(v *site.Visit) string {
	if v.Viewer.SignedIn() {
		return v.T("Find posts, comments, groups, people and your own messages. A few words are enough.")
	}
	return v.T("Find posts, comments, groups and people. A few words are enough.")
}

func kindOptions(ctx context.Context, kinds []index.Kind) []parts.Option {
	all := []parts.Option{{Label: lang.T(ctx, "Everything")}}
	for _, k := range kinds {
		all = append(all, parts.Option{Value: k.Name, Label: lang.T(ctx, string(k.Label))})
	}
	return all
}

func groupOptions(ctx context.Context, groups []community.Entity) []parts.Option {
	all := []parts.Option{{Label: lang.T(ctx, "Everyone")}}
	for _, g := range groups {
		all = append(all, parts.Option{Value: g.Slug, Label: g.Name})
	}
	return all
}

func sinceOptions(ctx context.Context) []parts.Option {
	return []parts.Option{
		{Label: lang.T(ctx, "Any time")},
		{Value: pastWeek, Label: lang.T(ctx, "Past week")},
		{Value: pastMonth, Label: lang.T(ctx, "Past month")},
		{Value: pastYear, Label: lang.T(ctx, "Past year")},
	}
}

func orderOptions(ctx context.Context) []parts.Option {
	return []parts.Option{{Label: lang.T(ctx, "Best match first")}, {Value: newest, Label: lang.T(ctx, "Newest first")}}
}
