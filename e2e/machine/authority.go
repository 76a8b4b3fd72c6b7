package machine

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// AuthorityConfig says how an authority for certificates behaves.
type AuthorityConfig struct {
	Life      time.Duration // of its certificates, in whole seconds
	HTTP, TLS int           // the ports at which it looks for answers to challenges
}

// Authority is an authority that gives certificates automatically (ACME): pebble. With each start it is another one, that
// knows nobody.
type Authority struct {
	Directory string // its address
	Root      string // the file with the certificate that its own https is checked with

	m       *Machine
	command *exec.Cmd
}

// Where pebble and its DNS server are.
const (
	authorityAddress  = "127.0.0.1:14000"
	authorityManaging = "127.0.0.1:15000"
	authorityDNS      = "127.0.0.1:8053"
)

// StartAuthority starts an authority, which finds every name on this machine.
func (m *Machine) StartAuthority(c AuthorityConfig) *Authority {
	m.t.Helper()
	a := &Authority{Directory: "https://localhost:14000/dir", Root: "/etc/ssl/authority.pem", m: m}
	const folder = "/mnt/pebble"
	m.must(os.MkdirAll(folder, 0o755))
	if _, err := os.Stat(a.Root); err != nil {
		m.Run(`cd /mnt/pebble
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request -subj /CN=localhost 2>/dev/null
			echo subjectAltName=DNS:localhost >extensions
			openssl x509 -req -in request -CA /mnt/authority/certificate -CAkey /mnt/authority/key -CAcreateserial -days 1 -extfile extensions -out cert.pem 2>/dev/null`)
		m.Run("cp /mnt/authority/certificate " + a.Root)
		a.start(exec.Command("pebble-challtestsrv", "-defaultIPv4", machineAddress, "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "",
			"-management", "127.0.0.1:8055", "-dns01", authorityDNS))
	}
	text, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": authorityAddress, "managementListenAddress": authorityManaging, "certificate": filepath.Join(folder, "cert.pem"),
		"privateKey": filepath.Join(folder, "key.pem"), "httpPort": c.HTTP, "tlsPort": c.TLS, "certificateValidityPeriod": int(c.Life.Seconds()),
	}})
	m.must(err)
	m.must(os.WriteFile(filepath.Join(folder, "config.json"), text, 0o644))
	a.command = exec.Command("pebble", "-config", filepath.Join(folder, "config.json"), "-dnsserver", authorityDNS) // #nosec G204
	// It neither dawdles nor takes the last answer for the next one.
	a.command.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0")
	a.start(a.command)
	m.Eventually("the authority to answer", func() bool {
		_, err := a.ask("/roots/0")
		return err == nil
	})
	return a
}

// start starts a program of the authority, which ends with the test.
func (a *Authority) start(command *exec.Cmd) {
	a.m.t.Helper()
	log, err := os.OpenFile("/var/log/authority.log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	a.m.must(err)
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	a.m.must(command.Start())
	a.m.t.Cleanup(func() { _ = command.Process.Kill() })
}

// Stop ends the authority.
func (a *Authority) Stop() {
	a.m.t.Helper()
	a.m.must(a.command.Process.Signal(syscall.SIGKILL))
	_ = a.command.Wait() // it was killed
}

// Pool returns what the certificates that it gives are checked with.
func (a *Authority) Pool() *x509.CertPool {
	a.m.t.Helper()
	text, err := a.ask("/roots/0")
	a.m.must(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		a.m.t.Fatalf("the authority has the certificate %q", text)
	}
	return pool
}

// Trust lets the whole machine trust the certificates that it gives, as it does those of others.
func (a *Authority) Trust() {
	a.m.t.Helper()
	text, err := a.ask("/roots/0")
	a.m.must(err)
	file, err := os.OpenFile("/etc/ssl/certs/ca-certificates.crt", os.O_APPEND|os.O_WRONLY, 0o644)
	a.m.must(err)
	defer file.Close()
	_, err = file.Write(text)
	a.m.must(err)
}

// Log returns what it did.
func (a *Authority) Log() string {
	text, _ := os.ReadFile("/var/log/authority.log")
	return string(text)
}

func (a *Authority) ask(path string) ([]byte, error) {
	text, err := os.ReadFile(a.Root)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, DisableKeepAlives: true,
	}}
	r, err := client.Get("https://" + authorityManaging + path)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, strconv.Itoa(r.StatusCode))
	}
	return io.ReadAll(r.Body)
}
