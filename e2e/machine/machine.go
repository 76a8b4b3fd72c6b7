// Package machine gives a test a Debian machine of its own, on which it does what the guides for administrators say, word by word: with
// the real paths, ports, users and servers.
//
// The test runs again in namespaces of its own (see unshare(1)): a network in which nobody else listens, processes that end with it, and
// folders whose changes are forgotten. What cannot be had without the internet and without systemd stands in for it: systemctl, which does
// what the unit says, apt, which finds everything installed, and certbot, which asks the web server as the certificate authority does.
// Only root can.
package machine

import (
	"cmp"
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inside is the variable that says that the test is on its machine already. The program does not mind it.
const inside = "GROUPRISE_TEST_MACHINE"

// standIns are the programs of the machine that do what needs systemd or the internet otherwise.
//
//go:embed standins
var standIns embed.FS

// Domain is the name of the machine, which is the domain in the guides.
const Domain = "stadt.example"

// Machine is a machine of a test.
type Machine struct {
	t     *testing.T
	World *World // everybody else
}

// Enter gives a top-level test its machine. It returns nil where the test has already been run on it, and must return at once.
func Enter(t *testing.T) *Machine {
	t.Helper()
	if os.Getenv(inside) != "" {
		return furnish(t)
	}
	reexec(t)
	return nil
}

// reexec runs the test in namespaces of its own.
func reexec(t *testing.T, environ ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--uts", "--ipc",
		"--fork", "--kill-child", "--mount-proc",
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=15m") // #nosec G204 -- this test
	command.Env = append(append(os.Environ(), inside+"=1"), environ...)
	command.Stdout, command.Stderr = t.Output(), t.Output()
	if err := command.Run(); err != nil {
		t.Fatalf("on its own machine: %v", err)
	}
}

// furnish makes the namespaces, in which the test is the first process, a machine.
func furnish(t *testing.T) *Machine {
	t.Helper()
	m := &Machine{t: t}
	program, err := os.ReadFile(filepath.Join("..", "..", "bin", "grouprise"))
	if err != nil {
		t.Fatalf("%v (make build makes it)", err)
	}
	packages, err := filepath.Glob(filepath.Join("..", "..", ".cache", "debian", "*.deb"))
	if err != nil || len(packages) == 0 {
		t.Fatalf("no Debian packages in .cache/debian, %v (e2e/setup fetches them)", err)
	}
	for i := range packages {
		if packages[i], err = filepath.Abs(packages[i]); err != nil {
			t.Fatal(err)
		}
	}
	m.mounts()
	m.must(os.WriteFile("/root/grouprise", program, 0o755))
	m.must(os.MkdirAll("/root/packages", 0o755))
	for _, path := range packages {
		m.must(os.Symlink(path, filepath.Join("/root/packages", filepath.Base(path))))
	}
	m.name("installed")
	return m
}

// name gives the machine its name, its stand-ins and its network.
func (m *Machine) name(kind string) {
	t := m.t
	t.Helper()
	m.standIn("standins/every")
	m.standIn("standins/" + kind)
	m.must(os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
	m.must(os.Setenv("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
	m.must(syscall.Sethostname([]byte(Domain)))
	m.must(os.WriteFile("/etc/hosts", []byte("127.0.0.1 localhost\n127.0.1.1 "+Domain+"\n::1 localhost ip6-localhost\n"), 0o644))
	m.must(os.WriteFile("/etc/resolv.conf", []byte("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n"), 0o644))
	m.must(os.WriteFile("/etc/mailname", []byte(Domain+"\n"), 0o644))
	m.Run("machine")
	m.World = startWorld(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(m.output("logs"))
		}
	})
}

// mounts lays a folder of changes that are forgotten over each folder of the system.
func (m *Machine) mounts() {
	m.t.Helper()
	m.must(syscall.Mount("none", "/mnt", "tmpfs", 0, "mode=0755"))
	for _, folder := range []string{"/etc", "/home", "/root", "/tmp", "/usr", "/var"} {
		upper, work := filepath.Join("/mnt/upper", folder), filepath.Join("/mnt/work", folder)
		info, err := os.Stat(folder)
		m.must(err)
		m.must(os.MkdirAll(upper, 0o755))
		m.must(os.Chmod(upper, info.Mode()))
		m.must(os.MkdirAll(work, 0o755))
		m.must(syscall.Mount("overlay", folder, "overlay", 0, "lowerdir="+folder+",upperdir="+upper+",workdir="+work))
	}
	m.must(syscall.Mount("none", "/run", "tmpfs", 0, "mode=0755"))
}

func (m *Machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// Run runs a command as root in /root and returns what it said. It fails the test if the command fails.
func (m *Machine) Run(script string) string {
	m.t.Helper()
	out, err := m.run(script)
	if err != nil {
		m.t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return out
}

// Fails reports whether a command fails, and returns what it said.
func (m *Machine) Fails(script string) (out string, failed bool) {
	m.t.Helper()
	out, err := m.run(script)
	return out, err != nil
}

func (m *Machine) output(script string) string {
	out, _ := m.run(script)
	return out
}

func (m *Machine) run(script string) (string, error) {
	command := exec.Command("sh", "-eu", "-c", script) // #nosec G204 -- what the guides say
	command.Dir = "/root"
	command.WaitDelay = 10 * time.Second // servers that a script starts may keep its output open
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "from=" + os.Getenv("from"),
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

// Do runs the commands that a page names so.
func (m *Machine) Do(page, name string) string {
	m.t.Helper()
	return m.Run(find(m.t, page, name).Text)
}

// Follow does what blocks of a page say, in order: it writes those that are named by a path into their files, and runs the others.
func (m *Machine) Follow(page string, names ...string) {
	m.t.Helper()
	for _, name := range names {
		if !strings.HasPrefix(name, "/") {
			m.Do(page, name)
			continue
		}
		block := find(m.t, page, name)
		m.must(os.MkdirAll(filepath.Dir(name), 0o755))
		m.must(os.WriteFile(name, []byte(block.Text), 0o644))
	}
}

// Text returns a block of a page.
func (m *Machine) Text(page, name string) string {
	m.t.Helper()
	return find(m.t, page, name).Text
}

// Eventually calls done until it returns true.
func (m *Machine) Eventually(what string, done func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("waited in vain for %s", cmp.Or(what, "it"))
		}
	}
}

// StartLighttpd starts lighttpd with TLS, for which Debian has no site of its own, and lines of a guide.
func (m *Machine) StartLighttpd(lines string) {
	m.t.Helper()
	m.must(os.WriteFile("/etc/lighttpd/lighttpd.conf", []byte(`server.modules = ( "mod_openssl", "mod_proxy" )
server.username = "www-data"
server.groupname = "www-data"
server.document-root = "/var/www/html"
server.errorlog = "/var/log/lighttpd/error.log"
server.port = 443
ssl.engine = "enable"
ssl.pemfile = "/etc/letsencrypt/live/stadt.example/fullchain.pem"
ssl.privkey = "/etc/letsencrypt/live/stadt.example/privkey.pem"
`+lines), 0o644))
	m.Run("dpkg --install /root/packages/lighttpd-mod-openssl*.deb >/dev/null; " +
		"lighttpd -f /etc/lighttpd/lighttpd.conf </dev/null >/dev/null 2>&1")
}
