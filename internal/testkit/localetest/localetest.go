// Package localetest gives tests the texts of the program.
package localetest

import (
	"sync"
	"testing"

	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/locale"
)

// load reads the catalogues once in a process: nobody can change them, and reading them costs more than many a test.
var load = sync.OnceValues(func() (*lang.Catalogues, error) { return lang.Load(locale.FS) })

// Catalogues returns the texts of the program in all languages. All tests of a process have the same ones.
func Catalogues(t testing.TB) *lang.Catalogues {
	t.Helper()
	catalogues, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return catalogues
}
