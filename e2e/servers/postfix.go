package servers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MailboxDomain is the domain whose addresses all have a mailbox with each Postfix.
const MailboxDomain = "post.example"

// PostfixConfig says what a Postfix does with mail.
type PostfixConfig struct {
	Address string // where it listens: host:port; empty: a free address
	Domain  string // the site's mail domain
	LMTP    string // where the site takes its mail: host:port
	// Settings are further lines of main.cf.
	Settings map[string]string
}

// Postfix is a private mail server.
type Postfix struct {
	Address string // where it takes mail from anybody on this machine: host:port

	folder  string
	process *exec.Cmd
	ended   chan struct{}
}

// StartPostfix starts a private Postfix, which takes all mails for the site and sends a bounce for what the site refuses. How a
// site's own Postfix is set up is tried by e2e/machine. Only root can.
func StartPostfix(t testing.TB, config PostfixConfig) *Postfix {
	t.Helper()
	// Not t.TempDir, which other accounts may not enter.
	folder, err := os.MkdirTemp("", "postfix")
	if err != nil {
		t.Fatal(err)
	}
	p := &Postfix{Address: cmp.Or(config.Address, FreeAddress(t)), folder: folder, ended: make(chan struct{})}
	t.Cleanup(func() { p.stop(t) })
	for name, owner := range map[string]string{
		".": "root", "etc": "root", "queue": "root", "data": "postfix", "log": "root", "mail": "nobody",
	} {
		if err := p.makeFolder(name, owner); err != nil {
			t.Fatal(err)
		}
	}
	p.write(t, "etc/main.cf", p.mainConfig(config))
	p.write(t, "etc/master.cf", p.masterConfig(t))
	p.start(t)
	return p
}

func (p *Postfix) makeFolder(name, owner string) error {
	account, err := user.Lookup(owner)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	path := p.path(name)
	return errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755), os.Chown(path, uid, -1))
}

func (p *Postfix) path(name string) string { return filepath.Join(p.folder, name) }

func (p *Postfix) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p *Postfix) mainConfig(config PostfixConfig) string {
	settings := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       p.path("queue"),
		"data_directory":        p.path("data"),
		"maillog_file":          p.path("log/mail"),
		"maillog_file_prefixes": p.path("log"),
		"inet_interfaces":       "127.0.0.1",
		"inet_protocols":        "ipv4",
		"myhostname":            "mx." + MailboxDomain,
		"myorigin":              MailboxDomain,
		"mydestination":         "",
		"mynetworks":            "127.0.0.0/8",
		"alias_maps":            "",
		"alias_database":        "",
		"local_recipient_maps":  "",
		"notify_classes":        "",
		"message_size_limit":    strconv.Itoa(100 << 20),
		"mailbox_size_limit":    "0",
		"virtual_mailbox_limit": "0",
		"biff":                  "no",

		// Nothing leaves this machine, not even a question.
		"disable_dns_lookups":   "yes",
		"smtpd_peername_lookup": "no",
		"default_transport":     "error:5.1.2 nothing leaves this machine",
		"local_transport":       "error:5.1.1 there are no local mailboxes",

		// The mailboxes. One folder holds all; each message says in Delivered-To whose it is.
		"virtual_mailbox_domains": MailboxDomain,
		"virtual_mailbox_base":    p.path("mail"),
		"virtual_mailbox_maps":    "static:all/",
		"virtual_uid_maps":        "static:65534",
		"virtual_gid_maps":        "static:65534",

		// The site.
		"relay_domains":        config.Domain,
		"relay_transport":      "lmtp:inet:" + config.LMTP,
		"relay_recipient_maps": "",

		// What comes too early is tried again within the patience of a test.
		"queue_run_delay":                                  "1s",
		"minimal_backoff_time":                             "1s",
		"maximal_backoff_time":                             "2s",
		"lmtp_destination_concurrency_failed_cohort_limit": "0",

		"smtpd_relay_restrictions":     "permit_mynetworks, reject_unauth_destination",
		"smtpd_recipient_restrictions": "permit_mynetworks, reject",
	}
	maps.Copy(settings, config.Settings)
	var b strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&b, "%s = %s\n", name, value)
	}
	return b.String()
}

// masterConfig lists the services. None runs in a chroot, which would need files of the system.
func (p *Postfix) masterConfig(t testing.TB) string {
	t.Helper()
	lines := []string{
		p.Address + " inet n - n - - smtpd",
		"pickup unix n - n 60 1 pickup",
		"cleanup unix n - n - 0 cleanup",
		"qmgr unix n - n 300 1 qmgr",
		"tlsmgr unix - - n 1000? 1 tlsmgr",
		"rewrite unix - - n - - trivial-rewrite",
		"bounce unix - - n - 0 bounce",
		"defer unix - - n - 0 bounce",
		"trace unix - - n - 0 bounce",
		"verify unix - - n - 1 verify",
		"flush unix n - n 1000? 0 flush",
		"proxymap unix - - n - - proxymap",
		"proxywrite unix - - n - 1 proxymap",
		"smtp unix - - n - - smtp",
		"relay unix - - n - - smtp",
		"lmtp unix - - n - - lmtp",
		"showq unix n - n - - showq",
		"error unix - - n - - error",
		"retry unix - - n - - error",
		"discard unix - - n - - discard",
		"virtual unix - n n - - virtual",
		"anvil unix - - n - 1 anvil",
		"scache unix - - n - 1 scache",
		"postlog unix-dgram n - n - 1 postlogd",
	}
	return strings.Join(lines, "\n") + "\n"
}

// start starts the server and waits until it greets.
func (p *Postfix) start(t testing.TB) {
	t.Helper()
	p.process = exec.Command("postfix", "-c", p.path("etc"), "start-fg")
	p.process.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	var output bytes.Buffer
	p.process.Stdout, p.process.Stderr = &output, &output
	p.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.process.Wait() // however it ended, it is gone
		close(p.ended)
	}()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if p.greets() {
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("Postfix ended at once: %s\n%s", output.String(), p.Log())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("Postfix does not greet: %s", p.Log())
		}
	}
}

func (p *Postfix) greets() bool {
	connection, err := net.DialTimeout("tcp", p.Address, time.Second)
	if err != nil {
		return false
	}
	defer connection.Close()
	greeting := make([]byte, 4)
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return false
	}
	n, err := connection.Read(greeting)
	return err == nil && n > 2 && string(greeting[:3]) == "220"
}

// stop ends the server and all its services, shows its log if the test failed, and removes its folder.
func (p *Postfix) stop(t testing.TB) {
	t.Helper()
	if t.Failed() {
		t.Logf("the log of Postfix:\n%s", p.Log())
	}
	if p.process != nil && p.process.Process != nil {
		p.signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			p.signal(syscall.SIGKILL)
			<-p.ended
			t.Errorf("Postfix in %s had to be killed", p.folder)
		}
	}
	// Services that are about to end may still write.
	var err error
	for range 50 {
		if err = os.RemoveAll(p.folder); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error(err)
}

// signal tells the server and all its services, which are a process group of their own, and what started
// them.
func (p *Postfix) signal(signal syscall.Signal) {
	if note, err := os.ReadFile(p.path("queue/pid/master.pid")); err == nil {
		if master, err := strconv.Atoi(strings.TrimSpace(string(note))); err == nil && master > 1 {
			_ = syscall.Kill(-master, signal)
		}
	}
	_ = syscall.Kill(-p.process.Process.Pid, signal)
}

// Log returns what the server did.
func (p *Postfix) Log() string {
	text, err := os.ReadFile(p.path("log/mail"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Mails returns the messages in the mailbox of an address below MailboxDomain, the oldest first, each as it
// was delivered.
func (p *Postfix) Mails(t testing.TB, address string) [][]byte {
	t.Helper()
	type delivered struct {
		at  time.Time
		raw []byte
	}
	var mails []delivered
	folder := p.path("mail/all/new")
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, entry := range entries {
		raw, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		message, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.EqualFold(message.Header.Get("Delivered-To"), address) {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, delivered{info.ModTime(), raw})
	}
	slices.SortFunc(mails, func(a, b delivered) int { return a.at.Compare(b.at) })
	raws := make([][]byte, len(mails))
	for i := range mails {
		raws[i] = mails[i].raw
	}
	return raws
}

// WaitForMails waits until the mailbox of an address holds a number of messages, and returns them.
func (p *Postfix) WaitForMails(t testing.TB, address string, count int) [][]byte {
	t.Helper()
	var mails [][]byte
	Eventually(t, fmt.Sprintf("%d mails for %s", count, address), func() bool {
		mails = p.Mails(t, address)
		return len(mails) >= count
	})
	return mails
}
