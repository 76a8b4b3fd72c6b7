package options

import (
	"net"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"grouprise.org/grouprise/internal/kit/config"
	"grouprise.org/grouprise/internal/kit/config/check"
	"grouprise.org/grouprise/internal/kit/web"
)

// What is right in itself and cannot work together.

// completeAddresses takes the bare address out of a sender with a name, and refuses senders that would take the mails
// meant for others.
func (o *Options) completeAddresses(s *config.Settings) {
	if sender, err := mail.ParseAddress(o.DefaultFrom); err == nil {
		if sender.Name != "" {
			s.Warn("default_from_email", "the name is left out: mails bear the name of the site, see site_name")
		}
		o.DefaultFrom = sender.Address
	}
	check.WriteInASCII(&o.DefaultFrom, &o.DistinctFrom, &o.ReplyTo, &o.Postmaster)
	if s.Refused("default_reply_to_email") {
		return
	}
	replies, _, _ := strings.Cut(o.ReplyTo, "@")
	before, after, _ := strings.Cut(replies, "{reply_key}")
	if !endsInSign(before) && !beginsWithSign(after) {
		s.Refuse("default_reply_to_email", "must set {reply_key} off by a sign such as +, as in reply+{reply_key}@%s: "+
			"otherwise addresses of groups are taken for replies", o.MailDomain())
		return
	}
	if base(replies) == bounces {
		s.Refuse("default_reply_to_email", "must not begin with %s: emails that could not be delivered come back to %s+<key>@%s", bounces, bounces, o.MailDomain())
		return
	}
	for option, address := range o.senders() {
		if base(address) != base(replies) || s.Refused(option) {
			continue
		}
		s.Refuse(option, "must differ from default_reply_to_email in what stands before + or @: "+
			"what is sent to it is thrown away, and so would be all replies")
	}
}

// bounces is what the addresses begin with to which mail servers return what they could not deliver.
const bounces = "bounce"

// endsInSign reports whether something ends in neither a letter nor a digit.
func endsInSign(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && !unicode.IsLetter(last) && !unicode.IsDigit(last)
}

func beginsWithSign(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && !unicode.IsLetter(first) && !unicode.IsDigit(first)
}

// senders returns the addresses that mails are sent from and that lie in the mail domain, by their options. What is sent
// to them is thrown away; elsewhere nobody sends it to us.
func (o *Options) senders() map[string]string {
	all := map[string]string{"default_from_email": o.DefaultFrom, "default_distinct_from_email": o.DistinctFrom}
	for option, address := range all {
		if _, domain, _ := strings.Cut(address, "@"); !strings.EqualFold(domain, o.MailDomain()) {
			delete(all, option)
		}
	}
	return all
}

// base returns what decides in an address for whom it is, whatever its case: what stands before a plus.
func base(address string) string {
	local, _, _ := strings.Cut(address, "@")
	name, _, _ := strings.Cut(local, "+")
	return strings.ToLower(name)
}

// NoReply returns the addresses of this site at which nobody reads mails.
func (o *Options) NoReply() []string {
	var all []string
	senders := o.senders()
	for _, option := range []string{"default_from_email", "default_distinct_from_email"} {
		if address := senders[option]; address != "" {
			all = append(all, address)
		}
	}
	return all
}

// NoReplyNames returns what stands before the plus or @ of the addresses of NoReply, in lower case, by their options: no
// group can have such a name.
func (o *Options) NoReplyNames() map[string]string {
	names := map[string]string{}
	for option, address := range o.senders() {
		names[option] = base(address)
	}
	return names
}

// checkWeb refuses what would leave the web server unreachable or open to the wrong people.
func (o *Options) checkWeb(s *config.Settings) {
	listens := map[string]string{}
	for _, l := range []struct{ option, address string }{
		{"listen", o.Listen}, {"lmtp.listen", o.LMTP.Listen}, {"metrics.listen", o.MetricsListen}, {"certificates.listen", o.WebAddresses()[web.HTTP]},
	} {
		if other := listens[l.address]; other != "" && !strings.HasSuffix(l.address, ":0") {
			s.Refuse(l.option, "must be another address than that of %s", other)
		}
		if l.address != "" {
			listens[l.address] = l.option
		}
	}
	if o.Demonstration && !o.PublicDemonstration && !check.Loopback(o.Listen) {
		s.Refuse("listen", "must be an address of this machine only, such as localhost:8008, for a demonstration: "+
			"everybody can read all mails of an invented town, with the links that reset passwords. "+
			"If strangers are meant to play with it, set demonstration.public to true")
	}
}

// checkSubmission refuses ways to sign in at the mail server that it or we would refuse for each mail.
func (o *Options) checkSubmission(s *config.Settings) {
	m := o.Submission
	if m.Backend != "smtp" || s.Refused("email_submission.user") || s.Refused("email_submission.password") {
		return
	}
	switch {
	case m.User != "" && m.Password == "":
		s.Refuse("email_submission.password", "must be given with email_submission.user")
	case m.User == "" && m.Password != "":
		s.Refuse("email_submission.user", "must be given with email_submission.password")
	case m.User != "" && m.Encryption == "plain" && !isHere(m.Host):
		s.Refuse("email_submission.encryption", `must be "starttls" or "ssl" to sign in at %s: the password is not sent in the clear`, m.Host)
	}
}

// isHere reports whether a host is this machine.
func isHere(host string) bool { return check.Loopback(net.JoinHostPort(host, "0")) }
