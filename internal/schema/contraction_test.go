package schema_test

import (
	"archive/tar"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"grouprise.org/grouprise/internal/schema"
)

// standIn is the archive that stands for a release until there is one: see testdata/released.
const standIn = "before-the-first"

// Patterns find in a migration what it changes; the first group is the table, or the definition of a column.
var (
	comments    = regexp.MustCompile(`(?m)--.*$`)
	contraction = regexp.MustCompile(`(?m)^-- contraction: since (\S+) `)
	created     = regexp.MustCompile(`(?i)CREATE TABLE IF NOT EXISTS "?(\w+)"?`)
	added       = regexp.MustCompile(`(?is)(?:\{column \S+|ADD COLUMN) (\S+) ([^};]*)[};]`)
	unique      = regexp.MustCompile(`\{unique \S+ "?(\w+)"? \(([^)]*)\)`)
	narrowing   = map[string]*regexp.Regexp{
		"drops a table":               regexp.MustCompile(`(?i)DROP TABLE (?:IF EXISTS )?"?(\w+)"?`),
		"drops a column":              regexp.MustCompile(`(?i)ALTER TABLE "?(\w+)"?\s+DROP\s+COLUMN\b`),
		"renames":                     regexp.MustCompile(`(?i)(?:ALTER|RENAME) TABLE "?(\w+)"?\s[^;]*\b(?:RENAME|TO)\b`),
		"changes what a column takes": regexp.MustCompile(`(?i)ALTER TABLE "?(\w+)"?\s+(?:ALTER|MODIFY|CHANGE)\b`),
		"adds a condition":            regexp.MustCompile(`(?i)ALTER TABLE "?(\w+)"?\s+ADD\s+(?:CONSTRAINT|FOREIGN|UNIQUE|CHECK|PRIMARY)\b`),
	}
)

// narrows says what of a migration a program of the version before could not live with: it takes away what that reads, or
// refuses what that writes. What the migration has made itself does not count.
func narrows(text string) (problems []string) {
	text = comments.ReplaceAllString(text, "")
	var own []string
	for _, m := range created.FindAllStringSubmatch(text, -1) {
		own = append(own, m[1])
	}
	for what, pattern := range narrowing {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(own, m[1]) {
				problems = append(problems, what+": "+m[1])
			}
		}
	}
	var columns []string
	for _, m := range added.FindAllStringSubmatch(text, -1) {
		columns = append(columns, m[1])
		definition := strings.ToUpper(m[2])
		if strings.Contains(definition, "NOT NULL") && !strings.Contains(definition, "DEFAULT") {
			problems = append(problems, "adds a column that has to be given: "+m[1])
		}
	}
	for _, m := range unique.FindAllStringSubmatch(text, -1) {
		isNew := func(c string) bool { return slices.Contains(columns, c) }
		if !slices.Contains(own, m[1]) && !slices.ContainsFunc(strings.Split(m[2], ", "), isNew) {
			problems = append(problems, "adds a unique index: "+m[1])
		}
	}
	slices.Sort(problems)
	return problems
}

func TestNarrowingMigrationsAreRecognised(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE TABLE IF NOT EXISTS tags (id {id}){options};\n{unique tags_slug tags (slug)}":                         "",
		"{column people motto VARCHAR(9)}\n{column people mood VARCHAR(9) NOT NULL DEFAULT ''}":                       "",
		"{index people_motto people (motto, id)}\nUPDATE people SET motto = '' WHERE motto IS NULL;":                  "",
		"-- DROP TABLE people; is not done\n{column people motto {text}}":                                             "",
		"{column people motto VARCHAR(9) NOT NULL}":                                                                   "adds a column that has to be given: motto",
		"ALTER TABLE people ADD COLUMN motto BIGINT NOT NULL;":                                                        "adds a column that has to be given: motto",
		"{column people motto BIGINT}\n{unique people_motto people (motto)}":                                          "",
		"{unique people_motto people (motto)}":                                                                        "adds a unique index: people",
		"{unique groups_motto \"groups\" (motto)}":                                                                    "adds a unique index: groups",
		"DROP TABLE IF EXISTS people;":                                                                                "drops a table: people",
		"ALTER TABLE \"groups\" DROP COLUMN address;":                                                                 "drops a column: groups",
		"alter table people drop column motto;":                                                                       "drops a column: people",
		"ALTER TABLE people DROP CONSTRAINT people_motto;":                                                            "",
		"ALTER TABLE people RENAME COLUMN motto TO device;":                                                           "renames: people",
		"RENAME TABLE people TO persons;":                                                                             "renames: people",
		"ALTER TABLE people ALTER COLUMN motto SET NOT NULL;":                                                         "changes what a column takes: people",
		"ALTER TABLE people MODIFY motto VARCHAR(5);":                                                                 "changes what a column takes: people",
		"ALTER TABLE people ADD FOREIGN KEY (entity_id) REFERENCES entities (id);":                                    "adds a condition: people",
		"CREATE TABLE IF NOT EXISTS anew (id {id}){options};\nDROP TABLE people;\nALTER TABLE anew RENAME TO people;": "drops a table: people",
	} {
		got := strings.Join(narrows(text), "; ")
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s\nis said to be %q, want %q", text, got, want)
		}
	}
}

// stranding says which migrations of those that came after the first release a program of the last one could not live with.
// The releases are known by their names, with the version that the database of each had.
func stranding(fsys fs.FS, releases map[string]int64) (problems []string, err error) {
	if len(releases) == 0 {
		return nil, nil
	}
	first := slices.Min(slices.Collect(maps.Values(releases)))
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		narrowed := narrows(string(text))
		if version <= first || len(narrowed) == 0 {
			continue
		}
		// What an earlier release did not need any more may go.
		if m := contraction.FindStringSubmatch(string(text)); m != nil {
			if since, known := releases[m[1]]; known && since < version {
				continue
			}
		}
		problems = append(problems, name+" "+strings.Join(narrowed, ", "))
	}
	return problems, nil
}

func TestMigrationsThatStrandAreNamed(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"00001_people.sql":  {Data: []byte("CREATE TABLE IF NOT EXISTS people (id {id}){options};\nDROP TABLE persons;")},
		"00002_mottos.sql":  {Data: []byte("{column people motto VARCHAR(9)}")},
		"00003_devices.sql": {Data: []byte("ALTER TABLE people DROP COLUMN motto;")},
		"00004_gone.sql":    {Data: []byte("-- contraction: since 6.1 nothing reads devices\nDROP TABLE devices;")},
	}
	for _, c := range []struct {
		releases map[string]int64
		want     []string
	}{
		{nil, nil},
		{map[string]int64{"6.0": 1}, []string{"00003_devices.sql drops a column: people", "00004_gone.sql drops a table: devices"}},
		{map[string]int64{"6.0": 1, "6.1": 3}, []string{"00003_devices.sql drops a column: people"}},
		{map[string]int64{"6.1": 3}, nil},
	} {
		got, err := stranding(fsys, c.releases)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("after %v: %q, %v, want %q", c.releases, got, err, c.want)
		}
	}
}

// TestMigrationsLetTheReleaseBeforeGoOn holds what has come since the first release to decision 0063: the last release works
// on the tables of the next one.
func TestMigrationsLetTheReleaseBeforeGoOn(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/released/*.tar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("the archives are %v, %v", archives, err)
	}
	releases := map[string]int64{}
	for _, archive := range archives {
		if name := strings.TrimSuffix(filepath.Base(archive), ".tar"); name != standIn {
			releases[name] = versionOf(t, archive)
		}
	}
	problems, err := stranding(schema.FS, releases)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: the last release could not go on beside this. What a release has not needed any more may go in a migration that says so: -- contraction: since VERSION …", problem)
	}
}

// versionOf returns the version of the database of which an archive was made.
func versionOf(t *testing.T, archive string) int64 {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	parts := tar.NewReader(file)
	if _, err := parts.Next(); err != nil {
		t.Fatal(err)
	}
	var head struct {
		Version int64 `json:"version"`
	}
	if err := json.NewDecoder(parts).Decode(&head); err != nil || head.Version == 0 {
		t.Fatalf("%s begins with %+v, %v", archive, head, err)
	}
	return head.Version
}
