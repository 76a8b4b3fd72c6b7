package hooks_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/features/hooks"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/scripttest"
)

// program writes a shell script.
func program(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hook")
	scripttest.Write(t, path, lines...)
	return path
}

// town has hooks that a real task runner calls.
type town struct {
	*cast.Cast
	db    *sqldb.DB
	hooks *hooks.Hooks
	queue *queue.Queue
	log   bytes.Buffer
}

func newTown(t *testing.T, db *sqldb.DB, scripts ...string) *town {
	t.Helper()
	w := &town{Cast: cast.New(t, db), db: db}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.queue = queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	w.hooks = hooks.New(hooks.Deps{
		Queue: w.queue, Log: log, Scripts: scripts, BaseURL: "https://stadt.example", Time: time.Minute,
		Environ: []string{"PATH=" + os.Getenv("PATH"), "LANG=C", "GROUPRISE_DATABASE_PASSWORD=sesame"},
	})
	w.queue.Handle(w.hooks.Module().Jobs...)
	return w
}

// happens lets something happen to the garden.
func (w *town) happens(t *testing.T, name community.ActivityName) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, r := range w.hooks.Module().Reactions {
			if r.Activity == name {
				if err := r.Run(t.Context(), tx, community.Activity{Name: name, EntityID: w.Garten.EntityID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) drain(t *testing.T) {
	t.Helper()
	if err := w.queue.Drain(t.Context()); err != nil {
		t.Log(err)
	}
}

func TestProgramsAreToldOfGroups(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		told := filepath.Join(t.TempDir(), "told")
		w := newTown(t, db, program(t, `echo "$1" >>"`+told+`"`, `env | sort | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD >"`+told+`.env"`))
		for _, name := range []community.ActivityName{
			community.GroupFounded, community.GroupChanged, community.GroupArchived, community.GroupReactivated, community.GroupRemoved, community.PersonJoined,
		} {
			w.happens(t, name)
			w.drain(t)
		}
		text, err := os.ReadFile(told)
		if err != nil {
			t.Fatal(err)
		}
		var events []string
		for line := range strings.Lines(string(text)) {
			var event struct {
				EventType  string `json:"eventType"`
				ObjectType string `json:"objectType"`
				ObjectData struct {
					ID   int64  `json:"id"`
					Slug string `json:"slug"`
				} `json:"objectData"`
			}
			if err := json.Unmarshal([]byte(line), &event); err != nil || event.ObjectType != "Group" || event.ObjectData.ID != w.Garten.ID || event.ObjectData.Slug != "garten" {
				t.Errorf("%s: %v", line, err)
			}
			events = append(events, event.EventType)
		}
		if got := strings.Join(events, " "); got != "created changed changed changed deleted" {
			t.Errorf("told of %s", got)
		}
		env, err := os.ReadFile(told + ".env")
		if err != nil || strings.Contains(string(env), "sesame") || !strings.Contains(string(env), "LANG=C\n") ||
			!strings.Contains(string(env), "GROUPRISE_HOOK_EVENT=deleted\nGROUPRISE_HOOK_GROUP_ID=21\nGROUPRISE_HOOK_GROUP_SLUG=garten\nGROUPRISE_HOOK_OBJECT=Group\nGROUPRISE_HOOK_SITE_URL=https://stadt.example/\n") {
			t.Errorf("the environment is %v\n%s", err, env)
		}
	})
}

// TestNamesAreNothingButNames calls a program about groups whose names would be something to a shell, to a program that reads
// options or lines, or to a log: however they came into the database.
func TestNamesAreNothingButNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	told := filepath.Join(folder, "told")
	w := newTown(t, dbtest.SQLite(t), program(t, `printf '%s\n' "$#" "$1" "$GROUPRISE_HOOK_EVENT" >"`+told+`"`, `printf '%s' "$GROUPRISE_HOOK_GROUP_SLUG" >"`+told+`.slug"`))
	for _, slug := range []string{
		"-rf", "--help", "$(touch " + folder + "/made)", "`touch " + folder + "/made`", "; touch " + folder + "/made", `a"b\c'd`, "a\nGROUPRISE_HOOK_EVENT=deleted", "a\r\nlevel=ERROR msg=forged",
		"ä€🌳\u202e", "%s%n", strings.Repeat("a", 1000), "",
	} {
		cast.Execute(t, w.db, `UPDATE entities SET slug = ? WHERE id = ?`, slug, w.Garten.EntityID)
		w.log.Reset()
		w.happens(t, community.GroupChanged)
		w.drain(t)
		text, err := os.ReadFile(told)
		if err != nil {
			t.Fatal(err)
		}
		count, rest, _ := strings.Cut(string(text), "\n")
		argument, event, _ := strings.Cut(rest, "\n")
		var about struct {
			ObjectData struct {
				Slug string `json:"slug"`
			} `json:"objectData"`
		}
		if err := json.Unmarshal([]byte(argument), &about); err != nil || about.ObjectData.Slug != slug || count != "1" || event != "changed\n" {
			t.Errorf("%q: told %q, %v", slug, text, err)
		}
		if name, err := os.ReadFile(told + ".slug"); err != nil || string(name) != slug {
			t.Errorf("%q: the environment says %q, %v", slug, name, err)
		}
		if strings.Count(w.log.String(), "\n") != 1 {
			t.Errorf("%q: the log has other lines:\n%s", slug, w.log.String())
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "made")); !os.IsNotExist(err) {
		t.Error("a name was run as a command")
	}
}

func TestAProgramThatFailsKeepsNobodyFromBeingToldAndIsNotCalledAgain(t *testing.T) {
	t.Parallel()
	told := filepath.Join(t.TempDir(), "told")
	failing, other := program(t, "echo first; echo no such list", "exit 3"), program(t, `echo x >>"`+told+`"`)
	w := newTown(t, dbtest.SQLite(t), failing, other)
	w.happens(t, community.GroupFounded)
	w.drain(t)
	w.drain(t)
	if text, err := os.ReadFile(told); err != nil || string(text) != "x\n" {
		t.Errorf("the other one was told %q, %v", text, err)
	}
	dead, err := w.queue.Dead(t.Context(), 0, 10)
	if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Failure, "exit status 3: no such list") {
		t.Errorf("dead: %+v, %v", dead, err)
	}
	if !strings.Contains(w.log.String(), `level=ERROR msg="a hook failed"`) || !strings.Contains(w.log.String(), "no such list") {
		t.Errorf("the log says %s", w.log.String())
	}
}

func TestOnlyWhatIsConfiguredIsCalled(t *testing.T) {
	t.Parallel()
	told := filepath.Join(t.TempDir(), "told")
	db := dbtest.SQLite(t)
	w := newTown(t, db, program(t, `echo x >>"`+told+`"`))
	w.happens(t, community.GroupFounded)
	without := queue.New(db, queue.Config{Logger: slog.New(slog.DiscardHandler)})
	without.Handle(hooks.New(hooks.Deps{Queue: without, Log: slog.New(slog.NewTextHandler(&w.log, nil))}).Module().Jobs...)
	if err := without.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(told); !os.IsNotExist(err) || !strings.Contains(w.log.String(), "not configured any more") {
		t.Errorf("it was called: %v, %s", err, w.log.String())
	}
}
