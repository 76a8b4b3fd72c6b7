# Exim in front of grouprise, for the emails to {{.MailDomain}}, as Debian configures it. Read it, then run it as root:
# grouprisectl mail-server exim | sh
set -eu

# Mails come from the internet, and the configuration consists of small files.
conf=/etc/exim4/update-exim4.conf.conf
sed -i "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='internet'/; s/^dc_local_interfaces=.*/dc_local_interfaces=''/
    s/^dc_use_split_config=.*/dc_use_split_config='true'/" $conf
grep -q "^dc_other_hostnames=.*[';]{{.MailDomain}}[';]" $conf ||
    sed -i "s/^dc_other_hostnames='\(.*\)'/dc_other_hostnames='\1;{{.MailDomain}}'/; s/='; */='/" $conf

# Exim tries routers in the order of their files' numbers: this one comes before those for people on the machine.
cat >/etc/exim4/conf.d/router/250_grouprise <<'END'
grouprise:
  driver = manualroute
  domains = {{.MailDomain}}
  local_parts = ! postmaster : ! abuse : ! root
  transport = grouprise
  route_list = * {{.LMTPHost}}
  self = send
END
cat >/etc/exim4/conf.d/transport/30_grouprise <<'END'
grouprise:
  driver = smtp
  protocol = lmtp
  port = {{.LMTPPort}}
  allow_localhost
  hosts_try_fastopen = :
END

# While the sender waits, Exim asks grouprise whether an address exists, and refuses others at once.
cat >/etc/exim4/grouprise-rcpt <<'END'
deny
  domains = {{.MailDomain}}
  ! verify = recipient/callout=30s,defer_ok,no_cache
  message = $acl_verify_message
END
cat >/etc/exim4/conf.d/main/000_grouprise <<'END'
CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/grouprise-rcpt
MESSAGE_SIZE_LIMIT = {{.MaxMessage}}M
# Notifications come many in one connection. From the 11th on they would wait for the next run of the queue, up to half an hour.
smtp_accept_queue_per_connection = 0
END
{{template "aliases" .}}
update-exim4.conf
service exim4 restart
