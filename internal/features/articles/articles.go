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
		About:     lang.Text("What groups and people in town are writing."),
		Write:     lang.Text("Write an article"),
		Published: lang.Text("Your article is published."),
		Empty:     lang.Text("No articles yet."),
		Icon:      parts.IconFile,
		ListPath:  "/stadt/articles",
	}
}
