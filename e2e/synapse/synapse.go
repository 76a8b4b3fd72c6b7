// Package synapse starts a real Matrix homeserver for a test: Synapse, private to the test, reachable from this machine
// only, and with an administrator of its own. The script install beside it puts it there.
package synapse

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // as Synapse wants it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"grouprise.org/grouprise/e2e/servers"
)

// Domain is the name of the homeserver in ids.
const Domain = "chat.example"

// Server is a homeserver.
type Server struct {
	URL string // of its client API

	t       testing.TB
	folder  string // in which Synapse is installed
	data    string // of this server, as seen from inside the folder
	secret  string // with which accounts are registered
	command *exec.Cmd
}

// settings are the configuration of a server. limits are its own, in YAML.
const settings = `
server_name: %[1]s
pid_file: %[2]s/pid
listeners:
  - {port: %[3]s, bind_addresses: ["127.0.0.1"], type: http, tls: false, x_forwarded: false, resources: [{names: [client], compress: false}]}
database: {name: sqlite3, args: {database: %[2]s/homeserver.db}}
media_store_path: %[2]s/media
signing_key_path: %[2]s/signing.key
log_config: %[2]s/log.yaml
registration_shared_secret: %[4]s
report_stats: false
bcrypt_rounds: 4
trusted_key_servers: []
suppress_key_server_warning: true
enable_registration: false
room_list_publication_rules: [{user_id: "@grouprise-bot:%[1]s", action: allow}]
`

// Generous are limits that no test reaches.
const Generous = `
rc_message: {per_second: 10000, burst_count: 10000}
rc_registration: {per_second: 10000, burst_count: 10000}
rc_login: {address: {per_second: 10000, burst_count: 10000}, account: {per_second: 10000, burst_count: 10000}}
rc_joins: {local: {per_second: 10000, burst_count: 10000}, remote: {per_second: 10000, burst_count: 10000}}
rc_joins_per_room: {per_second: 10000, burst_count: 10000}
rc_invites: {per_room: {per_second: 10000, burst_count: 10000}, per_user: {per_second: 10000, burst_count: 10000}, per_issuer: {per_second: 10000, burst_count: 10000}}
rc_room_creation: {per_second: 10000, burst_count: 10000}
`

// Start installs Synapse, if need be, and starts a server with limits, which may be empty for those that Synapse has by
// itself.
func Start(t testing.TB, limits string) *Server {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join("..", "synapse", "install")).Output()
	if err != nil {
		t.Fatalf("install Synapse: %v", err)
	}
	s := &Server{t: t, folder: strings.TrimSpace(string(out)), secret: rand.Text()}
	outside, err := os.MkdirTemp(filepath.Join(s.folder, "srv"), "test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(outside) })
	s.data = strings.TrimPrefix(outside, s.folder)
	address := servers.FreeAddress(t)
	s.URL = "http://" + address
	config := fmt.Sprintf(settings, Domain, s.data, address[strings.LastIndexByte(address, ':')+1:], s.secret) + limits
	for name, text := range map[string]string{
		"homeserver.yaml": config,
		"log.yaml":        "version: 1\nhandlers: {err: {class: logging.StreamHandler}}\nroot: {level: ERROR, handlers: [err]}\n",
	} {
		if err := os.WriteFile(filepath.Join(outside, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := s.synapse(t.Context(), "--generate-keys").CombinedOutput(); err != nil {
		t.Fatalf("make the keys of Synapse: %v\n%s", err, out)
	}
	s.Run()
	t.Cleanup(s.Stop)
	return s
}

func (s *Server) synapse(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{s.folder, "python3", "-m", "synapse.app.homeserver", "-c", s.data + "/homeserver.yaml"}, args...)
	command := exec.CommandContext(ctx, "chroot", all...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

// Run starts the server, if it is stopped, and waits until it answers.
func (s *Server) Run() {
	s.t.Helper()
	s.command = s.synapse(context.WithoutCancel(s.t.Context()))
	s.command.Stdout, s.command.Stderr = s.t.Output(), s.t.Output()
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		answer, err := http.Get(s.URL + "/_matrix/client/versions")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("Synapse does not answer: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Stop ends the server as an administrator does.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server in the middle of what it does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(how os.Signal) {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Signal(how)
	_ = s.command.Wait()
	s.command = nil
}

// HalfMake leaves a server that is stopped as it is when it dies while it makes a room: there is an alias, and nothing
// behind it.
func (s *Server) HalfMake(room, alias, creator string) {
	s.t.Helper()
	script := fmt.Sprintf(`
import sqlite3
db = sqlite3.connect(%[1]q)
db.execute("INSERT INTO rooms (room_id, is_public, creator, room_version, has_auth_chain_index) VALUES (?, 1, ?, '11', 1)", (%[2]q, %[4]q))
db.execute("INSERT INTO room_aliases (room_alias, room_id, creator) VALUES (?, ?, ?)", (%[3]q, %[2]q, %[4]q))
db.execute("INSERT INTO room_alias_servers (room_alias, server) VALUES (?, ?)", (%[3]q, %[5]q))
db.commit()
`, s.data+"/homeserver.db", room, alias, creator, Domain)
	command := exec.CommandContext(s.t.Context(), "chroot", s.folder, "python3", "-c", script) // #nosec G204
	if out, err := command.CombinedOutput(); err != nil {
		s.t.Fatalf("leave a room half made: %v\n%s", err, out)
	}
}

// Ask asks the server in the name of an access token, and reads its answer into dest, which may be nil. It returns the
// status.
func (s *Server) Ask(token, method, path string, body, dest any) int {
	s.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, sent)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if dest != nil && answer.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, dest); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return answer.StatusCode
}

func (s *Server) password(name string) string { return name + s.secret }

// SignIn signs an account in once more, as a new device, and returns its access token.
func (s *Server) SignIn(name string) (token string) {
	s.t.Helper()
	var account struct {
		Token string `json:"access_token"`
	}
	status := s.Ask("", http.MethodPost, "/_matrix/client/v3/login", map[string]any{
		"type": "m.login.password", "identifier": map[string]any{"type": "m.id.user", "user": name}, "password": s.password(name),
	}, &account)
	if status != http.StatusOK {
		s.t.Fatalf("sign %s in: %d", name, status)
	}
	return account.Token
}

// Register registers an account and returns its access token.
func (s *Server) Register(name string, admin bool) (token string) {
	s.t.Helper()
	const path = "/_synapse/admin/v1/register"
	var nonce struct {
		Nonce string `json:"nonce"`
	}
	s.Ask("", http.MethodGet, path, nil, &nonce)
	kind := "notadmin"
	if admin {
		kind = "admin"
	}
	password := s.password(name)
	mac := hmac.New(sha1.New, []byte(s.secret))
	mac.Write([]byte(strings.Join([]string{nonce.Nonce, name, password, kind}, "\x00")))
	var account struct {
		Token string `json:"access_token"`
	}
	status := s.Ask("", http.MethodPost, path, map[string]any{
		"nonce": nonce.Nonce, "username": name, "password": password, "admin": admin, "mac": hex.EncodeToString(mac.Sum(nil)),
	}, &account)
	if status != http.StatusOK {
		s.t.Fatalf("register %s: %d", name, status)
	}
	return account.Token
}
