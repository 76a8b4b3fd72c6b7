package app

import (
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/kit/lang"
)

// facts are what administrators see of how the site is set up.
func (h *House) facts() []module.Fact {
	o := h.options
	return []module.Fact{
		{Term: lang.Text("Address"), Value: o.BaseURL()},
		{Term: lang.Text("Database"), Value: h.db.Engine()},
		{Term: lang.Text("Mails leave by"), Value: o.MailsLeaveBy()},
		{Term: lang.Text("Mails arrive at"), Value: o.LMTP.Listen},
		{Term: lang.Text("Domain of mail addresses"), Value: o.MailDomain()},
	}
}

// warnings say what an administrator should change, and why.
func (h *House) warnings() []lang.Text {
	var all []lang.Text
	if h.options.IncomingMail.AuthservID == "" {
		all = append(all, lang.Text("The sender of an incoming mail is believed without proof: whoever knows the address of a member can write in their name. Let the mail server check DKIM, SPF and DMARC, and name it in the option incoming_mail.authserv_id."))
	}
	return all
}
