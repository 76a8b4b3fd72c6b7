package app

import (
	"context"
	"encoding/json"
	"fmt"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/admin"
	"grouprise.org/grouprise/internal/kit/errs"
)

// newAdmin builds the room of whoever looks after the site.
func (h *House) newAdmin() *admin.Admin {
	return admin.New(admin.Deps{Queue: h.queue, Retry: h.retry, Facts: h.facts, Warnings: h.warnings})
}

// retry lets a dead job run again. A delivery that was given up waits again, too.
func (h *House) retry(ctx context.Context, id int64) error {
	dead, err := h.queue.Dead(ctx, id+1, 1)
	if err != nil {
		return err
	}
	if len(dead) == 0 || dead[0].ID != id {
		return errs.New(errs.NotFound, "There is nothing at this address.")
	}
	if dead[0].Kind == notify.JobDeliver {
		var d struct {
			ActivityID int64  `json:"activity"`
			PersonID   int64  `json:"person"`
			Channel    string `json:"channel"`
		}
		if err := json.Unmarshal([]byte(dead[0].Payload), &d); err != nil {
			return fmt.Errorf("read job %d: %w", id, err)
		}
		if err := h.notifier.Revive(ctx, d.ActivityID, d.PersonID, d.Channel); err != nil {
			return err
		}
		return h.queue.Discard(ctx, id)
	}
	return h.queue.Retry(ctx, id)
}

func (h *House) facts(v *site.Visit) []parts.Pair {
	o := h.options
	mail := map[string]string{"smtp": fmt.Sprintf("%s:%d (%s)", o.Submission.Host, o.Submission.Port, o.Submission.Encryption), "folder": o.OutboxFolder()}[o.Submission.Backend]
	if mail == "" {
		mail = o.Submission.Backend
	}
	return []parts.Pair{
		{Term: v.T("Address"), Value: parts.Text(o.BaseURL())},
		{Term: v.T("Database"), Value: parts.Text(h.db.Engine())},
		{Term: v.T("Mails leave by"), Value: parts.Text(mail)},
		{Term: v.T("Mails arrive at"), Value: parts.Text(o.LMTP.Listen)},
		{Term: v.T("Domain of mail addresses"), Value: parts.Text(o.MailDomain())},
	}
}

// warnings says what an administrator should change, and why.
func (h *House) warnings(v *site.Visit) []string {
	var all []string
	if h.options.IncomingMail.AuthservID == "" {
		all = append(all, v.T("The sender of an incoming mail is believed without proof: whoever knows the address of a member can write in their name. Let the mail server check DKIM, SPF and DMARC, and name it in the option incoming_mail.authserv_id."))
	}
	return all
}
