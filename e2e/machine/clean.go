package machine

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// cleanRoot is the variable that says where the clean Debian has been unpacked.
const cleanRoot = "GROUPRISE_TEST_CLEAN_ROOT"

// suite is the variable that says which of Debian's releases the clean one is: bookworm, unless it is set.
const suite = "GROUPRISE_TEST_SUITE"

// EnterClean gives a top-level test a machine with nothing on it but a minimal Debian, and the packages of the project in /root. It
// returns nil where the test has already been run there, and must return at once. e2e/packages makes the Debian; apt finds there what
// the guides install.
func EnterClean(t *testing.T) *Machine {
	t.Helper()
	if os.Getenv(inside) != "" {
		return furnishClean(t)
	}
	archive := filepath.Join("..", "..", ".cache", cmp.Or(os.Getenv(suite), "bookworm")+".tar")
	if _, err := os.Stat(archive); err != nil {
		t.Fatalf("%v (e2e/packages makes it)", err)
	}
	root := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-C", root, "-xf", archive).CombinedOutput(); err != nil { // #nosec G204
		t.Fatalf("unpack the clean Debian: %v\n%s", err, out)
	}
	// The folder is / there, which everybody may enter; nobody else may enter the one above it.
	if err := os.Chmod(root, 0o755); err != nil { // #nosec G302
		t.Fatal(err)
	}
	reexec(t, cleanRoot+"="+root)
	return nil
}

// furnishClean makes the namespaces, in which the test is the first process, a machine with a clean Debian.
func furnishClean(t *testing.T) *Machine {
	t.Helper()
	m := &Machine{t: t}
	root := os.Getenv(cleanRoot)
	folder, err := os.Getwd()
	m.must(err)
	project := filepath.Join(folder, "..", "..")
	packages, err := filepath.Glob(filepath.Join(project, "dist", "*.deb"))
	if err != nil || len(packages) == 0 {
		t.Fatalf("no packages in dist, %v (make deb makes them)", err)
	}
	for _, path := range packages {
		text, err := os.ReadFile(path)
		m.must(err)
		m.must(os.WriteFile(filepath.Join(root, "root", filepath.Base(path)), text, 0o644))
	}
	m.must(os.MkdirAll(root+project, 0o755))
	m.must(syscall.Mount(project, root+project, "", syscall.MS_BIND, ""))
	m.must(syscall.Mount("proc", root+"/proc", "proc", 0, ""))
	m.must(syscall.Mount("/dev", root+"/dev", "", syscall.MS_BIND|syscall.MS_REC, ""))
	m.must(syscall.Mount("none", root+"/run", "tmpfs", 0, "mode=0755"))
	m.must(syscall.Chroot(root))
	m.must(os.Chdir(folder))
	// Servers are started by their init scripts, as nothing else is there that could.
	m.name("clean")
	return m
}

// standIn writes the stand-ins of a folder into the machine.
func (m *Machine) standIn(folder string) {
	m.t.Helper()
	m.must(fs.WalkDir(standIns, folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := standIns.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile("/usr/local/sbin/"+filepath.Base(path), text, 0o755)
	}))
}
