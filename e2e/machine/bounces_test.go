//go:build e2e

package machine_test

import (
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grouprise.org/grouprise/e2e/machine"
)

func TestPostfixAsPrintedBringsBouncesBack(t *testing.T) {
	t.Parallel()
	bringsBouncesBack(t, "postfix", "postfix")
}

func TestEximAsPrintedBringsBouncesBack(t *testing.T) {
	t.Parallel()
	bringsBouncesBack(t, "exim", "exim4")
}

// bringsBouncesBack configures a mail server by exactly what the program prints for it, without a word of the guide, and has
// emails come back.
func bringsBouncesBack(t *testing.T, name, packaged string) {
	s := prepare(t)
	if s == nil {
		return
	}
	s.Run("echo 'log_recipient_emails: [" + annaAddress + "]' >/etc/grouprise/conf.d/recipients.yaml")
	s.Follow(install, "start it now and whenever the machine starts")
	s.Follow(webserver, "nginx and a certificate", "/etc/nginx/sites-available/grouprise", "nginx: use the site")
	s.Run("apt install " + packaged + "; grouprise mail-server " + name + " | sh")
	if name == "exim" { // which would let the 11th mail of a connection wait
		if got := s.Run("exim4 -bP smtp_accept_queue_per_connection"); got != "smtp_accept_queue_per_connection = 0\n" {
			s.t.Errorf("of Exim: %q", got)
		}
	}
	s.opens()
	s.begin(s.Do(install, "the first administrator"))
	s.talk()
	s.meetStrangers()
	s.reportsComeBack()
}

// envelopeSender is that of mails to somebody.
var envelopeSender = regexp.MustCompile(`^bounce\+[0-9a-z]+-[a-z2-7]{26}@stadt\.example$`)

// reportsComeBack has Bert's mailbox go, which the mail server of the machine learns, and tells the program; and once more,
// which another mail server reports from outside.
func (s *site) reportsComeBack() {
	s.t.Helper()
	path, err := mail.ParseAddress(s.letter(bertAddress, 2).Header.Get("Return-Path"))
	if err != nil || !envelopeSender.MatchString(path.Address) {
		s.t.Fatalf("a notification to Bert comes from %v, %v", path, err)
	}
	own := path.Address

	s.World.Close(bertAddress)
	s.publish("Wer hat die Leiter?")
	s.setAside(true)
	s.anna.Get("/stadt/admin/bounces/")
	s.anna.Sees(http.StatusOK, "there is no such mailbox", "no such user here")
	s.bert.Get("/garten/")
	s.bert.Sees(http.StatusOK, "Emails to your address don’t arrive")
	s.World.Open(bertAddress)
	s.publish("Die Leiter ist da")
	s.Eventually("Bert to be told on the site", func() bool { return strings.Contains(s.bert.Get("/stadt/activity").Body, "Die Leiter ist da") })

	if err := s.write(bertAddress, "garten@"+machine.Domain, "Wieder da", "Mein Postfach geht wieder."); err != nil {
		s.t.Fatal(err)
	}
	s.setAside(false)
	s.publish("Die Leiter ist gestrichen")
	hasMail := func(text string) bool {
		return slices.ContainsFunc(s.World.Mails(bertAddress), func(raw []byte) bool { return strings.Contains(string(raw), text) })
	}
	s.Eventually("Bert to be told by mail", func() bool { return hasMail("Die Leiter ist gestrichen") })
	if hasMail("Die Leiter ist da") {
		s.t.Error("a mail went to an address that was set aside")
	}

	// Reports from outside reach the program if their address was made here, and are refused at once if not.
	local, _, _ := strings.Cut(own, "@")
	forged := local[:len(local)-2] + "aa@" + machine.Domain
	if forged == own {
		forged = local[:len(local)-2] + "bb@" + machine.Domain
	}
	for _, to := range []string{forged, "bounce+@" + machine.Domain, "bounce@" + machine.Domain} {
		if err := s.report(to); err == nil || !strings.Contains(err.Error(), "550") {
			s.t.Errorf("a report to %s: %v, want 550 at once", to, err)
		}
	}
	if err := s.report(own); err != nil {
		s.t.Fatalf("a report to %s: %v", own, err)
	}
	s.setAside(true)
}

// setAside waits until Bert's address is among those that get no mails, or is not any more.
func (s *site) setAside(want bool) {
	s.t.Helper()
	s.Eventually(fmt.Sprintf("Bert's address to be set aside: %t", want), func() bool {
		return strings.Contains(s.anna.Get("/stadt/admin/bounces/").Body, "<td>"+bertAddress+"</td>") == want
	})
}

// report sends a report as another mail server does that has taken a mail for Bert and cannot deliver it.
func (s *site) report(to string) error {
	return s.World.Send("", to, []byte("From: MAILER-DAEMON@mx.post.example\r\nTo: "+to+"\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <report@mx.post.example>\r\n"+
		"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=part\r\n\r\n"+
		"--part\r\n\r\nThis is the mail system at host mx.post.example.\r\n--part\r\nContent-Type: message/delivery-status\r\n\r\n"+
		"Reporting-MTA: dns; mx.post.example\r\n\r\nFinal-Recipient: rfc822; "+bertAddress+"\r\nAction: failed\r\nStatus: 5.1.1\r\n"+
		"Diagnostic-Code: smtp; 550 5.1.1 no such user here\r\n--part--\r\n"))
}
