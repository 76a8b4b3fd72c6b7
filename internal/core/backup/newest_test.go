package backup

import (
	"bytes"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestTheNewestBackupThatAProgramCanRestoreIsFound(t *testing.T) {
	t.Parallel()
	older := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	archiveOfOne, _ := older.make(t)
	newer := siteOn(t, dbtest.OpenSchema(t, "sqlite", migrations(first)))
	newer.Schema = migrations(first, second)
	if err := sqldb.Migrate(t.Context(), newer.DB, newer.Schema); err != nil {
		t.Fatal(err)
	}
	archiveOfTwo, _ := newer.make(t)
	damaged := bytes.Clone(archiveOfOne)
	damaged[600]++ // in the head
	store, err := media.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for name, archive := range map[string][]byte{
		"grouprise_2026-03-01_02-37-00.tar":     archiveOfOne,
		"preinst_auto_2026-03-02_10-00-00.tar":  archiveOfOne,
		"grouprise_2026-03-02_11-00-00.tar":     damaged,
		"grouprise_2026-03-02_12-00-00.tar.age": archiveOfOne,
		"grouprise_2026-03-03_02-37-00.tar":     archiveOfTwo,
		"grouprise_2026-03-04_02-37-00.tar.txt": []byte("no backup"),
	} {
		if _, err := store.Put(t.Context(), name, bytes.NewReader(archive)); err != nil {
			t.Fatal(err)
		}
	}
	place := Place{Store: store}
	for version, want := range map[int64]string{0: "", 1: "preinst_auto_2026-03-02_10-00-00.tar", 2: "grouprise_2026-03-03_02-37-00.tar", 9: "grouprise_2026-03-03_02-37-00.tar"} {
		name, head, err := place.NewestUpTo(t.Context(), version)
		if err != nil || name != want || want != "" && (head.Program != "6.0" || strings.HasPrefix(name, "preinst") != (head.Version == 1)) {
			t.Errorf("up to version %d: %q, %+v, %v", version, name, head, err)
		}
	}
}
