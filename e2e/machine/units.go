package machine

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Service starts what a unit of the package says, and holds its socket, as systemd does.
type Service struct {
	m       *Machine
	name    string
	options map[string]string
	socket  *os.File     // that it is handed over; nil without one
	held    net.Listener // the socket itself
	states  chan string  // what it tells systemd
	command *exec.Cmd
	ended   chan error
}

// Service reads a unit of the package, and opens its socket.
func (m *Machine) Service(name string) *Service {
	m.t.Helper()
	s := &Service{m: m, name: name, options: m.unit(name + ".service")}
	path := filepath.Join("/run", name+".notify")
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	m.must(err)
	m.must(os.Chmod(path, 0o666))
	s.states = make(chan string, 100)
	go s.listen(notify)
	if strings.HasSuffix(s.options["Requires"], ".socket") {
		options := m.unit(s.options["Requires"])
		network := "tcp"
		if strings.HasPrefix(options["ListenStream"], "/") {
			network = "unix"
			m.must(os.RemoveAll(options["ListenStream"]))
		}
		listener, err := net.Listen(network, options["ListenStream"])
		m.must(err)
		if network == "unix" {
			m.must(os.Chmod(options["ListenStream"], 0o666))
		}
		s.held = listener
		s.socket, err = listener.(interface{ File() (*os.File, error) }).File()
		m.must(err)
		s.options["LISTEN_FDNAMES"] = options["FileDescriptorName"]
	}
	m.t.Cleanup(func() {
		if s.command != nil {
			_ = s.command.Process.Kill()
		}
	})
	return s
}

// unit reads the options of a unit. Those that are repeated have their last value.
func (m *Machine) unit(name string) map[string]string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join("/lib/systemd/system", name))
	m.must(err)
	options := map[string]string{}
	for scanner := bufio.NewScanner(bytes.NewReader(text)); scanner.Scan(); {
		if key, value, ok := strings.Cut(scanner.Text(), "="); ok && !strings.HasPrefix(key, "#") {
			options[key] = value
		}
	}
	return options
}

// Start starts the service and waits until it says that it is ready.
func (s *Service) Start() {
	s.m.t.Helper()
	log, err := os.OpenFile("/var/log/units.log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	s.m.must(err)
	defer log.Close()
	// The variable LISTEN_PID names the process that the sockets are for.
	s.command = exec.Command("setpriv", append([]string{ // #nosec G204 -- what the unit says
		"--reuid", s.options["User"], "--regid", s.options["Group"], "--init-groups",
		"sh", "-c", `umask "$UMASK"; export LISTEN_PID=$$; exec "$@"`, "sh",
	}, strings.Fields(s.options["ExecStart"])...)...)
	s.command.Dir = s.options["WorkingDirectory"]
	s.command.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=/var/lib/grouprise", "UMASK=" + s.options["UMask"], "NOTIFY_SOCKET=" + filepath.Join("/run", s.name+".notify"),
		"WATCHDOG_USEC=900000",
	}
	if s.socket != nil {
		s.command.ExtraFiles = []*os.File{s.socket}
		s.command.Env = append(s.command.Env, "LISTEN_FDS=1", "LISTEN_FDNAMES="+s.options["LISTEN_FDNAMES"])
	}
	s.command.Stdout, s.command.Stderr = log, log
	for len(s.states) > 0 {
		<-s.states // what the one before said
	}
	s.m.must(s.command.Start())
	s.ended = make(chan error, 1)
	go func(command *exec.Cmd, ended chan error) { ended <- command.Wait() }(s.command, s.ended)
	s.Says("READY=1")
}

// listen reads what the service tells systemd. What no test waits for is dropped, as nobody may wait for systemd.
func (s *Service) listen(notify *net.UnixConn) {
	message := make([]byte, 4096)
	for {
		n, err := notify.Read(message)
		if err != nil {
			return
		}
		select {
		case s.states <- string(message[:n]):
		default:
		}
	}
}

// Says waits until the service has told systemd something.
func (s *Service) Says(state string) {
	s.m.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case said := <-s.states:
			if said == state {
				return
			}
		case <-late:
			s.m.t.Fatalf("%s does not say %s", s.name, state)
		}
	}
}

// Stop ends the service as systemd does, and waits for its end.
func (s *Service) Stop() {
	s.m.t.Helper()
	s.m.must(s.command.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-s.ended:
		if err != nil {
			s.m.t.Errorf("%s ended with %v", s.name, err)
		}
	case <-time.After(40 * time.Second):
		s.m.t.Fatalf("%s does not end", s.name)
	}
	s.command = nil
}

// Units does what maintainer scripts ask systemd for, with the services whose units are started already. observe is called with
// each request before it is done.
func (m *Machine) Units(services []*Service, observe func(action, service string)) {
	m.t.Helper()
	// What says that systemd runs.
	m.must(os.MkdirAll("/run/systemd/system", 0o755))
	listener, err := net.Listen("unix", "/run/systemd/units")
	m.must(err)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action, unit, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		for _, service := range services {
			if service.name+".service" != unit {
				continue // the sockets are held
			}
			observe(action, service.name)
			if action != "start" && service.command != nil {
				service.Stop()
			}
			if action != "stop" && service.command == nil {
				service.Start()
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = server.Serve(listener) }()
	m.t.Cleanup(func() { _ = server.Close() })
}

// Release closes the socket, as stopping its unit does.
func (s *Service) Release() {
	s.m.t.Helper()
	if s.socket != nil {
		s.m.must(s.socket.Close())
		s.m.must(s.held.Close())
	}
}
