//go:build e2e && synapse

package synapse_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// machine makes a machine of its own of the folder in which Synapse is installed, with a site on which some groups are, and
// runs commands there. What they change is forgotten. systemctl does what the units say, and apt finds everything
// installed.
const machine = `
set -eu
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$SYNAPSE,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
mount -t proc proc proc
mount --rbind /dev dev
ip link set lo up
install -m 755 "$PROGRAM" usr/bin/grouprise
printf '127.0.0.1 localhost\n::1 localhost\n' >etc/hosts
cat >usr/local/sbin/apt <<'END'
#!/bin/sh
set -eu
[ "$1" = install ]
dpkg -s "$2" >/dev/null
END
cat >usr/local/sbin/systemctl <<'END'
#!/bin/sh
set -eu
[ "$1" = restart ]
if [ -s "/run/$2.pid" ]; then
	kill "$(cat "/run/$2.pid")"
	while kill -0 "$(cat "/run/$2.pid")" 2>/dev/null; do sleep 0.1; done
fi
case $2 in
matrix-synapse)
	config="--config-path /etc/matrix-synapse/homeserver.yaml --config-path /etc/matrix-synapse/conf.d/"
	python3 -m synapse.app.homeserver $config --generate-keys >>/var/log/matrix-synapse.log 2>&1
	setsid python3 -m synapse.app.homeserver $config >>/var/log/matrix-synapse.log 2>&1 &
	;;
grouprise) setsid grouprise serve >>/var/log/grouprise.log 2>&1 & ;;
esac
echo $! >"/run/$2.pid"
END
chmod 755 usr/local/sbin/apt usr/local/sbin/systemctl
cat >commands
chroot . sh -eu <<'END'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
groupadd _grouprise
rm -f /etc/matrix-synapse/conf.d/server_name.yaml
mkdir -p /etc/grouprise/conf.d /var/lib/grouprise
cat >/etc/grouprise/conf.d/site.yaml <<'YAML'
domain: stadt.example
data_path: /var/lib/grouprise
email_submission:
  backend: dummy
YAML
grouprise demo --people 4 --groups 2 --contents 2 --comments 0 --conversations 0
cd /root
if ! sh -eux /commands; then
	tail -n 50 /var/log/*.log
	exit 1
fi
END
`

// commandBlock is a command of the guide.
var commandBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

func TestTheGuideLeadsFromNothingToARoom(t *testing.T) {
	t.Parallel()
	folder, err := exec.CommandContext(t.Context(), filepath.Join("..", "synapse", "install")).Output()
	if err != nil {
		t.Fatalf("install Synapse: %v", err)
	}
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "grouprise"))
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "administrators", "chat.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "\n## Set up\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var commands strings.Builder
	count := 0
	for _, block := range commandBlock.FindAllStringSubmatch(section, -1) {
		commands.WriteString(block[1])
		count++
	}
	if count == 0 || count > 10 {
		t.Fatalf("the guide has %d commands", count)
	}
	commands.WriteString("echo what stands there:\ngrouprise matrix print-statistics\ngrouprise matrix doctor\ngrouprise matrix register-bot\n")
	command := exec.CommandContext(t.Context(), "unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc", "sh", "-c", machine)
	command.Env = append(os.Environ(), "SYNAPSE="+strings.TrimSpace(string(folder)), "PROGRAM="+program)
	command.Stdin = strings.NewReader(commands.String())
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const wellKnown = "The homeserver knows the bot as @grouprise-bot:chat.example.org, and nothing is wrong."
	made, stands, _ := strings.Cut(string(out), "what stands there:\n")
	for _, want := range []string{"is registered, and its access token stands in", wellKnown} {
		if !strings.Contains(made, want) {
			t.Errorf("nothing says %q:\n%s", want, made)
		}
	}
	if n := strings.Count(made, ":chat.example.org\t!"); n < 4 {
		t.Errorf("%d rooms were made:\n%s", n, made)
	}
	if !regexp.MustCompile(`(?m)^[a-z-]+\tpublic\t0\t-$`).MatchString(stands) || !strings.Contains(stands, wellKnown) || !strings.Contains(stands, "is registered already") {
		t.Errorf("in the end it says:\n%s", stands)
	}
}
