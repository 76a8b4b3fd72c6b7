// Package locale holds what grouprise says in other languages than that of its source.
//
// Each language has a folder of gettext catalogues, one file per package: de/articles.po is what the
// room articles says in German. The message ids are the English sentences in the code, so English has
// entries only where it deviates from them. `go run ./internal/locale/extract` adds what is missing.
package locale

import "embed"

// FS holds <language>/<package>.po.
//
//go:embed de/*.po en/*.po
var FS embed.FS
