# Postfix in front of grouprise, for the emails to {{.MailDomain}}. Read it, then run it as root:
# grouprisectl mail-server postfix | sh
set -eu

# add NAME VALUE: what is configured already stays.
add() {
    before=$(postconf -h "$1")
    case ", $before," in
    *", $2,"*) ;;
    *) postconf -e "$1 = ${before:+$before, }$2" ;;
    esac
}
{{if .WholeDomain}}
# All emails of the domain go to grouprise: people on this machine have addresses at localhost.
postconf -e 'mydestination = localhost'
{{- else}}
# The emails of {{.Domain}} stay where they are; grouprise gets those of {{.MailDomain}}.
{{- end}}
add virtual_mailbox_domains {{.MailDomain}}
add transport_maps hash:/etc/postfix/grouprise-transport
add virtual_alias_maps hash:/etc/postfix/grouprise-virtual
postconf -e 'recipient_delimiter = +'
postconf -e 'message_size_limit = {{.MaxMessageBytes}}'
postconf -e 'mailbox_size_limit = 0'

# Postfix asks grouprise which addresses exist, and refuses others at once. The order matters: grouprise itself sends from
# this machine and may write to anyone.
postconf -e 'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_unverified_recipient'
postconf -e 'unverified_recipient_reject_code = 550'
postconf -e 'address_verify_negative_refresh_time = 1m'

cat >/etc/postfix/grouprise-transport <<'END'
{{.MailDomain}}  lmtp:inet:{{.LMTP}}
END
cat >/etc/postfix/grouprise-virtual <<'END'
postmaster@{{.MailDomain}}  root@localhost
abuse@{{.MailDomain}}       root@localhost
root@{{.MailDomain}}        root@localhost
END
postmap hash:/etc/postfix/grouprise-transport hash:/etc/postfix/grouprise-virtual
{{template "aliases" .}}
newaliases
postfix check
service postfix restart
