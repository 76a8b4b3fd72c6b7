// Package articles is the room of the simplest content: a title and a text.
package articles

import (
	"net/http"

	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Kind is the name of articles among the kinds of content.
const Kind = "article"

// Articles is the room.
type Articles struct{ content *content.Content }

// New returns the room and makes its kind known.
func New(c *content.Content) *Articles {
	a := &Articles{content: c}
	c.Teach(content.Kind{Name: Kind, Label: lang.Text("Article"), Edit: a.edit, Update: a.update})
	return a
}

// Module returns the room's table of contents.
func (a *Articles) Module() module.Module {
	return module.Module{
		Name: "articles",
		Entries: []site.Entry{
			site.MenuLink(site.MainMenu, 30, ListPath, lang.Text("Articles"), parts.IconFile),
			site.MenuLink(site.FooterMenu, 20, ListPath, lang.Text("Articles"), parts.IconFile),
		},
		Routes: []site.Route{
			{Method: http.MethodGet, Path: "/stadt/articles", Handle: a.showArticles, Shared: true},
			{Method: http.MethodGet, Path: "/stadt/articles/add", Handle: a.newArticle, SignedIn: true},
			{Method: http.MethodPost, Path: "/stadt/articles/add", Handle: a.createArticle, SignedIn: true, BodyLimit: a.content.FormBytes()},
			{Method: http.MethodGet, Path: "/{entity}/articles/add", Handle: a.newArticleOf},
			{Method: http.MethodPost, Path: "/{entity}/articles/add", Handle: a.createArticleOf, BodyLimit: a.content.FormBytes()},
		},
	}
}
