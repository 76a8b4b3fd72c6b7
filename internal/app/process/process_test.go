package process_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/process"
)

func TestTheConfigurationThatVersion55WroteInPythonIsNotReadInSilence(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "conf.d")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "800-local.yaml"), []byte("domain: stadt.example"), 0o600)); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		var said strings.Builder
		o, _, err := (&process.Process{Environ: []string{"GROUPRISE_CONFIG=" + folder}, Stderr: &said}).ReadOptions()
		if err != nil || o.Domain != "stadt.example" {
			t.Fatalf("%+v, %v", o, err)
		}
		return said.String()
	}
	if said := read(); said != "" {
		t.Errorf("without it: %s", said)
	}
	file := filepath.Join(filepath.Dir(folder), "settings.py")
	if err := os.WriteFile(file, []byte("DEBUG = True"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := read(); !strings.HasPrefix(said, "warning: "+file+": is not read any more: ") || !strings.Contains(said, folder) {
		t.Errorf("beside it: %s", said)
	}
}
