package machine_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/kit/machine"
)

func TestMemoryIsReadAsLinuxSaysIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want machine.Memory
		ok   bool
	}{
		{"MemTotal:        2048 kB\nMemFree:          100 kB\nMemAvailable:    1024 kB\nHugePages_Total:       0\n", machine.Memory{Available: 1 << 20, Total: 2 << 20}, true},
		{"MemTotal: 2048 kB\n", machine.Memory{Total: 2 << 20}, true},
		{"MemTotal: 1 kB\nMemAvailable: 2 kB\n", machine.Memory{}, false},
		{"MemTotal: many kB\n", machine.Memory{}, false},
		{"", machine.Memory{}, false},
	} {
		got, err := machine.ParseMemory(strings.NewReader(c.text))
		if c.ok != (err == nil) || c.ok && got != c.want {
			t.Errorf("%q is read as %+v, %v", c.text, got, err)
		}
	}
}

func FuzzParseMemory(f *testing.F) {
	f.Add("MemTotal: 2048 kB\nMemAvailable: 1024 kB\n")
	f.Add("MemTotal: 99999999999999999999 kB\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := machine.ParseMemory(strings.NewReader(text))
		if err == nil && (m.Total <= 0 || m.Available < 0 || m.Available > m.Total) {
			t.Errorf("%q is read as %+v", text, m)
		}
	})
}

func TestWhatIsLeftOfADisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r, err := machine.RoomIn(folder)
	if err != nil || r.Total <= 0 || r.Free < 0 || r.Free > r.Total {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := machine.RoomIn(filepath.Join(folder, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a folder that is not there: %v", err)
	}
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if uid, ok := machine.Owner(info); ok && uid != os.Getuid() {
		t.Errorf("what we make belongs to %d, and we are %d", uid, os.Getuid())
	}
}
