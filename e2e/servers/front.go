package servers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// FrontAccount is the account that the web servers in front run as. Only what its group may read can be sent.
const FrontAccount = "www-data"

// Front is a kind of web server in front of a site.
type Front string

// The web servers that can send files for a site.
const (
	Nginx    Front = "nginx"
	Apache   Front = "apache"
	Lighttpd Front = "lighttpd"
)

// Start starts a private web server in front of the site at an address, and returns its own address. The
// part of its configuration that sends files is the caller's; that of lighttpd names the site as well. Only
// root can.
func (f Front) Start(t testing.TB, site, files string) (address string) {
	t.Helper()
	folder := t.TempDir()
	address = FreeAddress(t)
	command := f.command(t, folder, address, site, files)
	command.Stdout, command.Stderr = t.Output(), t.Output()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait() // it says that it was killed
	})
	Eventually(t, string(f)+" to listen", func() bool {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		return err == nil && connection.Close() == nil
	})
	return address
}

// command writes the configuration of a web server and prepares its call.
func (f Front) command(t testing.TB, folder, address, site, files string) *exec.Cmd {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "config")
	var config string
	var args []string
	switch f {
	case Nginx:
		args = []string{"nginx", "-p", folder, "-c", file}
		config = fmt.Sprintf(`user %s; daemon off; pid pid; error_log stderr; worker_processes 1;
events {}
http {
	access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path a; uwsgi_temp_path b; scgi_temp_path c;
	server {
		listen %s;
		location / { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection ""; }
%s	}
}
`, FrontAccount, address, site, files)
	case Apache:
		args = []string{"apache2", "-DFOREGROUND", "-d", folder, "-f", file}
		for _, module := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "xsendfile"} {
			config += fmt.Sprintf("LoadModule %[1]s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", module)
		}
		config += fmt.Sprintf(`User %s
Group %[1]s
ServerName localhost
Listen %s
PidFile pid
DefaultRuntimeDir %s
ErrorLog /dev/stderr
ProxyPreserveHost On
ProxyPass / http://%s/
%s`, FrontAccount, address, folder, site, files)
	case Lighttpd:
		args = []string{"lighttpd", "-D", "-f", file}
		config = fmt.Sprintf(`server.modules = ( "mod_proxy" )
server.username = %q
server.groupname = %[1]q
server.bind = %q
server.port = %s
server.document-root = %q
%s`, FrontAccount, host, port, folder, files)
	}
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)
}
