// Package articles is the room of the simplest content: a title and a text.
package articles

import (
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Kind returns articles as a kind of content.
func Kind() content.Kind {
	return content.Kind{
		Name:      "article",
		Label:     lang.Text("Article"),
		Plural:    lang.Text("Articles"),
		About:     lang.Text("What the groups and people of the town write."),
		Write:     lang.Text("Write an article"),
		Published: lang.Text("Your article is published."),
		Empty:     lang.Text("Here the articles of the groups will stand."),
		Icon:      parts.IconFile,
		ListPath:  "/stadt/articles",
	}
}
