package versionctl_test

import (
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/app/versionctl"
)

// What the program consists of is looked at in a program that was built: packaging/check.
func TestTheProgramSaysWhichItIs(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := new(versionctl.Version).Run(&process.Process{Version: "6.0.0", Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "grouprise 6.0.0, linux/") || !strings.HasSuffix(got, ", AGPL-3.0-or-later\n") {
		t.Errorf("%q", got)
	}
}
