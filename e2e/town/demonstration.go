package town

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// Demonstrations keeps demonstration towns on SQLite, which are copied: inventing one takes seconds. Its zero value is
// ready to use.
type Demonstrations struct {
	lock    sync.Mutex
	folders map[string]string // by the arguments of the command
}

// Fill fills a town that does not run yet by the command demo with arguments.
func (d *Demonstrations) Fill(town *Town, args ...string) {
	town.t.Helper()
	d.lock.Lock()
	defer d.lock.Unlock()
	key := strings.Join(args, " ")
	if folder, known := d.folders[key]; known {
		town.copies(folder, town.Folder())
		return
	}
	if code, out := town.Call("", slices.Insert(args, 0, "demo")...); code != 0 {
		town.t.Fatalf("demo: %d\n%s", code, out)
	}
	folder, err := os.MkdirTemp("", "demonstration")
	if err != nil {
		town.t.Fatal(err)
	}
	town.copies(town.Folder(), folder)
	if d.folders == nil {
		d.folders = map[string]string{}
	}
	d.folders[key] = folder
}

// copies copies all that is in a folder, with its permissions.
func (town *Town) copies(from, to string) {
	town.t.Helper()
	if out, err := exec.CommandContext(town.t.Context(), "cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		town.t.Fatalf("%v\n%s", err, out)
	}
}

// Remove removes what was kept.
func (d *Demonstrations) Remove() error {
	d.lock.Lock()
	defer d.lock.Unlock()
	for key, folder := range d.folders {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
		delete(d.folders, key)
	}
	return nil
}
