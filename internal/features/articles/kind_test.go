package articles_test

import (
	"testing"

	"grouprise.org/grouprise/internal/features/articles"
	"grouprise.org/grouprise/internal/testkit/contenttest"
)

func TestArticlesAreAKindOfContent(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, articles.Kind(), contenttest.Sample{})
}
