# grouprise without a web server in front: it answers visitors at the ports 443 and 80 itself, and gets its certificate from
# {{.Authority}}. Made by: grouprise web-server none
set -eu

cat >/etc/grouprise/conf.d/700-alone.yaml <<'END'
transport_security: integrated
listen: ':443'
END

# systemd opens the ports, so that the program needs no rights for that, and a restart turns nobody away.
mkdir -p /etc/systemd/system/grouprise.socket.d
cat >/etc/systemd/system/grouprise.socket.d/alone.conf <<'END'
[Socket]
ListenStream=
ListenStream=443
ListenStream=80
END

systemctl daemon-reload
systemctl restart grouprise.socket grouprise.service grouprise-tasks.service grouprise-lmtpd.service
