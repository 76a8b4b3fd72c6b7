// Package hooks is the room of the programs of whoever runs the site that are called when a group is started, changes or
// goes, as in version 5.5 (the option hook_script_paths).
//
// Each call is a job: it is there if and only if the change is, no request waits for it, and it outlives the process. A
// program is called once for each event. If it fails, the others are called nevertheless, the log and the administration
// page say so, and an administrator may have it called again.
package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/script"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// runJob is the kind of job that calls a program.
const runJob = "hooks.run"

// The limits of a call, those of version 5.5 in time.
const (
	longest = 5 * time.Minute
	margin  = 30 * time.Second // in which a program that took too long is ended
	output  = 4 << 10          // bytes that the log keeps
)

// Queue is what this room needs of the task runner.
type Queue interface {
	EnqueueMany(ctx context.Context, tx *sqldb.Tx, kind string, payloads ...any) error
}

// Deps is what the room stands on.
type Deps struct {
	Queue   Queue
	Log     *slog.Logger
	Scripts []string // paths of the programs, in the order in which they are called
	BaseURL string   // of the site, without a slash at the end

	Environ []string      // of which a program gets what is no secret; nil is that of the process
	Time    time.Duration // of a call; zero is 5 minutes
}

// Hooks is the room.
type Hooks struct{ deps Deps }

// New returns the room.
func New(d Deps) *Hooks {
	if d.Environ == nil {
		d.Environ = os.Environ()
	}
	if d.Time == 0 {
		d.Time = longest
	}
	return &Hooks{d}
}

// The events, as programs know them.
const (
	created = "created"
	changed = "changed"
	deleted = "deleted"
)

// Module returns the room's table of contents.
func (h *Hooks) Module() module.Module {
	m := module.Module{
		Name: "hooks",
		Jobs: []queue.Kind{{Name: runJob, Handle: h.run, Lane: queue.Housekeeping, MaxAttempts: 3, Timeout: h.deps.Time + margin}},
	}
	for _, r := range []struct {
		activity community.ActivityName
		event    string
	}{
		{community.GroupFounded, created},
		{community.GroupChanged, changed},
		{community.GroupArchived, changed},
		{community.GroupReactivated, changed},
		{community.GroupRemoved, deleted},
	} {
		m.Reactions = append(m.Reactions, outbox.Reaction{
			Activity: r.activity, Does: "calls the programs of hook_script_paths: " + r.event,
			Run: func(ctx context.Context, tx *sqldb.Tx, a community.Activity) error {
				return h.enqueue(ctx, tx, r.event, a.EntityID)
			},
		})
	}
	return m
}

// call is the payload of runJob: what a program is told, as it was when it happened.
type call struct {
	Script string `json:"script"`
	Event  string `json:"event"`
	ID     int64  `json:"id"`
	Slug   string `json:"slug"`
}

// enqueue has all programs called about an event of a group.
func (h *Hooks) enqueue(ctx context.Context, tx *sqldb.Tx, event string, entityID int64) error {
	if len(h.deps.Scripts) == 0 {
		return nil
	}
	c, err := getGroup(ctx, tx, entityID)
	if err != nil {
		return err
	}
	payloads := make([]any, len(h.deps.Scripts))
	for i, path := range h.deps.Scripts {
		c.Script, c.Event = path, event
		payloads[i] = c
	}
	return h.deps.Queue.EnqueueMany(ctx, tx, runJob, payloads...)
}

// run calls a program. One that is not configured any more is not: what runs is decided by the configuration alone, and
// not by what stands in the database.
func (h *Hooks) run(ctx context.Context, j queue.Job) error {
	var c call
	if err := j.Decode(&c); err != nil {
		return err
	}
	about := []any{"script", c.Script, "event", c.Event, "group", c.Slug}
	if !slices.Contains(h.deps.Scripts, c.Script) {
		h.deps.Log.WarnContext(ctx, "a hook is not called, because it is not configured any more", about...)
		return nil
	}
	argument, err := c.argument()
	if err != nil {
		return err
	}
	r, err := script.Run(ctx, script.Call{Path: c.Script, Args: []string{argument}, Env: h.environ(c), Time: h.deps.Time, Output: output})
	about = append(about, "took", r.Took.Round(time.Millisecond), "output", r.Output)
	if r.More {
		about = append(about, "and more", true)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return err // the process ends: it is called again
	case err != nil:
		h.deps.Log.ErrorContext(ctx, "a hook failed", append(about, "error", err)...)
		return queue.Permanent(fmt.Errorf("call a hook (%s, %s): %w%s", c.Event, c.Slug, err, lastLine(r.Output)))
	}
	h.deps.Log.InfoContext(ctx, "a hook was called", about...)
	return nil
}

// lastLine returns the last thing that a program said, behind a colon, for a page that lists what failed.
func lastLine(said string) string {
	said = strings.TrimSpace(said)
	if said == "" {
		return ""
	}
	return ": " + said[strings.LastIndexByte(said, '\n')+1:]
}

// argument returns what a program is told, as version 5.5 did.
func (c call) argument() (string, error) {
	type data struct {
		ID   int64  `json:"id"`
		Slug string `json:"slug"`
	}
	text, err := json.Marshal(struct {
		EventType  string `json:"eventType"`
		ObjectType string `json:"objectType"`
		ObjectData data   `json:"objectData"`
	}{c.Event, "Group", data{c.ID, c.Slug}})
	return string(text), err
}

// inherited are the variables that a program gets of ours. Others may hold passwords.
func inherited() []string {
	return []string{"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "GROUPRISE_CONFIG"}
}

// environ returns the environment of a call.
func (h *Hooks) environ(c call) []string {
	var env []string
	for _, variable := range h.deps.Environ {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(inherited(), name) {
			env = append(env, variable)
		}
	}
	return append(env,
		"GROUPRISE_HOOK_EVENT="+c.Event, "GROUPRISE_HOOK_OBJECT=Group", "GROUPRISE_HOOK_GROUP_ID="+strconv.FormatInt(c.ID, 10),
		"GROUPRISE_HOOK_GROUP_SLUG="+c.Slug, "GROUPRISE_HOOK_SITE_URL="+h.deps.BaseURL+"/")
}
