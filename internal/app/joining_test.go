package app

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/testkit/captchatest"
	"grouprise.org/grouprise/internal/testkit/cast"
	"grouprise.org/grouprise/internal/testkit/webtest"
)

const frieda, friedasPassword = "frieda@example.org", "im Garten wächst Mangold"

var invitationLink = regexp.MustCompile(`/stadt/invitations/[0-9]+-[a-z0-9]+/`)

// signsUp fills in the page for signing up that a visitor has come to, and returns the link in the mail.
func (w *town) signsUp(t *testing.T, v *webtest.Visitor, more map[string]string) string {
	t.Helper()
	fields := map[string]string{
		"name": "Frieda Fenchel", "email": frieda, "password1": friedasPassword, "password2": friedasPassword, "captcha_0": captchatest.Solve(t, v.Page.Body),
	}
	maps.Copy(fields, more)
	v.Submit("captcha_0", fields)
	v.Sees(http.StatusOK, "Check your email")
	all := w.mails(t, frieda)
	return confirmation.FindString(all[len(all)-1].Text)
}

func (w *town) memberships(t *testing.T, g community.Group, address string) (n int) {
	t.Helper()
	err := w.db.Get(t.Context(), &n, `
		SELECT COUNT(*) FROM memberships m JOIN email_addresses a ON a.person_id = m.person_id WHERE m.group_id = ? AND a.address_key = ?`, g.ID, address)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// invitation returns the path of the link that Anna makes for the choir.
func (w *town) invitation(t *testing.T) string {
	t.Helper()
	anna := w.visit(t, "anna")
	anna.Get("/chor/actions/recommend")
	anna.Send("/stadt/groups/22/invitations/", url.Values{}, true)
	anna.Sees(http.StatusOK, "The invitation link is ready.", "Anyone with this link can join without asking, until")
	return invitationLink.FindString(anna.Page.Body)
}

func TestAStrangerWhoComesToJoinIsAMemberInTheEnd(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, "")
	v.Get("/garten/actions/join")
	v.Sees(http.StatusOK, "Garten am Bach", "Create an account", "I have an account", `href="/garten/join/request/"`)
	v.Get(community.SignUpPath("/garten/actions/join"))
	v.Sees(http.StatusOK, "You’re about to join:", "Garten am Bach", "Your name")
	link := w.signsUp(t, v, nil)
	if mail := w.mails(t, frieda)[0].Text; !strings.Contains(mail, "member of “Garten am Bach”") {
		t.Errorf("the mail says nothing of the group:\n%s", mail)
	}

	other := w.visit(t, "") // another device
	other.Get(link)
	other.Sees(http.StatusOK, "Garten am Bach", "Password")
	if w.memberships(t, w.Garten, frieda) != 0 {
		t.Fatal("looking at the link is enough")
	}
	other.Submit("password", map[string]string{"password": friedasPassword})
	other.Sees(http.StatusOK, "Welcome, Frieda Fenchel", "You’re now a member of “Garten am Bach”.", "Say who you are", "Choose how you’re notified", `href="/garten/"`)
	other.DoesNotSee("Find groups") // done
	if w.memberships(t, w.Garten, frieda) != 1 {
		t.Error("Frieda is no member")
	}
	other.Get("/frieda/")
	other.Sees(http.StatusOK, "Frieda Fenchel")
}

func TestAStrangerWhoComesToAClosedGroupHasAppliedInTheEnd(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, "")
	v.Get("/chor/actions/join")
	v.Sees(http.StatusOK, "The members of this group decide who joins.", "Take part by email only", "apply_for_membership=1")
	v.Get(community.SignUpPath("/chor/actions/join"))
	v.Sees(http.StatusOK, "Message to “Chor der Vielen”")
	v.Get(w.signsUp(t, v, map[string]string{"message": "Ich singe Alt."}))
	v.Submit("Confirm", nil)
	v.Sees(http.StatusOK, "Your request to join “Chor der Vielen” has been sent.")
	if w.memberships(t, w.Chor, frieda) != 0 {
		t.Error("Frieda is a member of the closed group")
	}
	anna := w.visit(t, "anna")
	anna.Get("/stadt/groups/22/conversations/")
	anna.Sees(http.StatusOK, "Request to join", "Frieda Fenchel")
	anna.Get(regexp.MustCompile(`/stadt/conversations/\d+/`).FindString(anna.Page.Body))
	anna.Sees(http.StatusOK, "Ich singe Alt.", "/accept")
}

func TestTheRulesOfTheEndDecide(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, "")
	v.Get(community.SignUpPath("/garten/actions/join"))
	link := w.signsUp(t, v, nil)
	cast.Execute(t, w.db, `UPDATE "groups" SET closed = ? WHERE id = ?`, true, w.Garten.ID)
	v.Get(link)
	v.Submit("Confirm", nil)
	v.Sees(http.StatusOK, "Welcome, Frieda Fenchel.", "Request to join") // where she can ask
	if w.memberships(t, w.Garten, frieda) != 0 {
		t.Error("Frieda is a member of a group that was closed meanwhile")
	}
}

func TestWhoSignsInToJoinIsAMember(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	v := w.visit(t, "")
	v.Get(community.SignInPath("/garten/actions/join"))
	v.Sees(http.StatusOK, "You’re about to join:")
	v.Submit("password", map[string]string{"login": "carla", "password": cast.Password})
	v.Sees(http.StatusOK, "You’re now a member of “Garten am Bach”.")
	if v.Page.Path != "/garten/" || w.memberships(t, w.Garten, w.Carla.Address) != 1 {
		t.Errorf("Carla is at %s", v.Page.Path)
	}
	v = w.visit(t, "")
	v.Get(community.SignInPath("/chor/actions/join")) // closed: she says why
	v.Submit("password", map[string]string{"login": "carla", "password": cast.Password})
	v.Sees(http.StatusOK, "Request to join")
	for _, next := range []string{"/", "/garten/", "/anna/actions/join", "/niemand/actions/join", "/stadt/invitations/1-abc/", "/stadt/invitations/x/"} {
		v := w.visit(t, "")
		v.Get(community.SignInPath(next))
		v.DoesNotSee("You’re about to join:")
	}
}

func TestAnInvitationOpensAClosedGroupUntilItIsWithdrawn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := w.invitation(t)
	v := w.visit(t, "")
	v.Get(link)
	v.Sees(http.StatusOK, "Anna Ahorn invites you to join “Chor der Vielen”", "Create an account")
	v.Get(community.SignUpPath(link))
	v.Sees(http.StatusOK, "You’re about to join:")
	v.DoesNotSee("Message to")
	confirm := w.signsUp(t, v, nil)

	carla := w.visit(t, "carla")
	carla.Get(link)
	carla.Submit("Join", nil)
	carla.Sees(http.StatusOK, "You’re now a member of “Chor der Vielen”.")
	carla.Get(link)
	carla.Sees(http.StatusOK, "You’re already a member of this group.")

	anna := w.visit(t, "anna")
	anna.Get("/chor/actions/recommend")
	anna.Send("/stadt/groups/22/invitations/withdraw/", url.Values{"invitation": {regexp.MustCompile(`\d+`).FindString(link)}}, true)
	anna.Sees(http.StatusOK, "The invitation is withdrawn.")
	if invitationLink.MatchString(anna.Page.Body) {
		t.Error("the link is still shown")
	}
	v.Get(confirm)
	v.Submit("Confirm", nil)
	if w.memberships(t, w.Chor, frieda) != 0 {
		t.Error("an invitation that was withdrawn makes members")
	}
	bert := w.visit(t, "bert")
	bert.Ask(http.MethodGet, link)
	bert.Sees(http.StatusNotFound, "This invitation has expired or has been withdrawn.")
	bert.Send(link, url.Values{}, false)
	bert.Sees(http.StatusNotFound)
}

func TestAnInvitationIsAcceptedByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := w.invitation(t)
	v := w.visit(t, "")
	v.Ask(http.MethodGet, "/chor/join/request/")
	v.Sees(http.StatusSeeOther) // to sign in: without an invitation nobody joins a closed group by mail
	v.Get(community.SignUpPath(link))
	v.Sees(http.StatusOK, `href="`+link+`request/"`)
	v.Get(link)
	v.Sees(http.StatusOK, "Take part by email only", `href="`+link+`request/"`)
	v.Get(link + "request/")
	v.Submit("email", map[string]string{"email": "nonsense"})
	v.Sees(http.StatusUnprocessableEntity, "Enter an email address")
	v.Submit("email", map[string]string{"email": frieda})
	v.Sees(http.StatusOK, "We’ve sent you an email.", "Chor der Vielen")
	confirm := regexp.MustCompile(`/stadt/groups/invitations/confirm/[a-z0-9]+/`).FindString(w.mails(t, frieda)[0].Text)
	v.Get(confirm)
	v.Sees(http.StatusOK, "Do you want to join the group “Chor der Vielen” with the address "+frieda)
	if w.memberships(t, w.Chor, frieda) != 0 {
		t.Fatal("looking at the link is enough")
	}
	v.Submit("Join", nil)
	v.Sees(http.StatusOK, "You’re now a member of “Chor der Vielen”.")
	if v.Page.Path != "/chor/" || w.memberships(t, w.Chor, frieda) != 1 {
		t.Errorf("Frieda is at %s", v.Page.Path)
	}
	if told := w.mails(t, w.Anna.Address); len(told) == 0 || told[0].Subject != "[chor] New member: frieda" {
		t.Errorf("the members are told %+v", told)
	}
	v.Send(confirm, url.Values{}, false)
	v.Sees(http.StatusNotFound)

	// Who belongs to the group already is told so, by a mail that looks the same from outside.
	v.Send(link+"request/", url.Values{"email": {frieda}}, true)
	v.Sees(http.StatusOK, "We’ve sent you an email.")
	if mail := w.mails(t, frieda)[0].Text; !strings.Contains(mail, "You’re already a member") {
		t.Errorf("the mail says\n%s", mail)
	}
	carla := w.visit(t, "carla")
	carla.Ask(http.MethodGet, link+"request/")
	if carla.Page.Header.Get("Location") != link {
		t.Errorf("who has signed in is sent to %s", carla.Page.Header.Get("Location"))
	}
}

func TestAnInvitationThatEndedMakesNoMembersByMail(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := w.invitation(t)
	v := w.visit(t, "")
	v.Send(link+"request/", url.Values{"email": {frieda}}, true)
	confirm := regexp.MustCompile(`/stadt/groups/invitations/confirm/[a-z0-9]+/`).FindString(w.mails(t, frieda)[0].Text)
	v.Send(strings.Replace(confirm, "/invitations/", "/join/", 1), url.Values{}, false) // it stands for nothing else
	v.Sees(http.StatusNotFound)
	var expires int64
	if err := w.db.Get(t.Context(), &expires, `SELECT expires_at FROM invitations`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, ends, begins string }{
		{"it has expired", `UPDATE invitations SET expires_at = 1`, fmt.Sprintf(`UPDATE invitations SET expires_at = %d`, expires)},
		{"its author has left", `DELETE FROM memberships WHERE group_id = 22 AND person_id = 11`, `INSERT INTO memberships (group_id, person_id, joined_at) VALUES (22, 11, 0)`},
		{"it was withdrawn", `DELETE FROM invitations`, ``},
	} {
		cast.Execute(t, w.db, c.ends)
		for _, path := range []string{link + "request/", confirm} {
			v.Ask(http.MethodGet, path)
			v.Sees(http.StatusNotFound, "This invitation has expired or has been withdrawn.")
			v.Send(path, url.Values{"email": {frieda}}, false)
			v.Sees(http.StatusNotFound, "This invitation has expired or has been withdrawn.")
		}
		if w.memberships(t, w.Chor, frieda) != 0 || len(w.mails(t, frieda)) != 1 {
			t.Errorf("although %s, Frieda is a member or has got another mail", c.what)
		}
		if c.begins != "" {
			cast.Execute(t, w.db, c.begins)
			v.Get(confirm)
			v.Sees(http.StatusOK, "Do you want to join")
		}
	}
}

func TestOnlyMembersGiveAwayWhatOpensAClosedGroup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	link := w.invitation(t)
	number := regexp.MustCompile(`\d+`).FindString(link)
	carla := w.visit(t, "carla")
	carla.Get("/chor/actions/recommend")
	carla.Sees(http.StatusOK, "Its members decide who joins.", "<svg class=\"qr-code\"")
	carla.DoesNotSee("/stadt/invitations/")
	carla.Ask(http.MethodGet, "/chor/actions/recommend/poster?invitation="+number)
	carla.Sees(http.StatusForbidden)
	for _, path := range []string{"/stadt/groups/22/invitations/", "/stadt/groups/22/invitations/withdraw/"} {
		carla.Send(path, url.Values{"invitation": {number}}, false)
		carla.Sees(http.StatusForbidden)
	}
	anna := w.visit(t, "anna")
	anna.Get("/chor/actions/recommend/poster?invitation=" + number)
	anna.Sees(http.StatusOK, link, "<svg class=\"qr-code\"")
	anna.Ask(http.MethodGet, "/garten/actions/recommend/poster?invitation="+number)
	anna.Sees(http.StatusForbidden) // an open group has none
	nobody := w.visit(t, "")
	nobody.Get("/garten/actions/recommend/poster")
	nobody.Sees(http.StatusOK, "/garten/actions/join")

	cast.Execute(t, w.db, `DELETE FROM memberships WHERE group_id = ? AND person_id = ?`, w.Chor.ID, w.Anna.ID) // who gave it away has left
	carla.Ask(http.MethodGet, link)
	carla.Sees(http.StatusNotFound)
}

func TestAMailInvitesByTheRulesOfItsSender(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	send := func(who, group, address string) string {
		v := w.visit(t, who)
		v.Get("/" + group + "/actions/recommend")
		v.Submit("recipients", map[string]string{"recipients": address})
		v.Sees(http.StatusOK, "Your invitation is on its way.")
		return w.mails(t, address)[0].Text
	}
	if mail := send("anna", "garten", "a@example.org"); !strings.Contains(mail, "/garten/actions/join") || !strings.Contains(mail, "Anna Ahorn (@anna) invites you") {
		t.Errorf("to an open group:\n%s", mail)
	}
	if mail := send("anna", "chor", "b@example.org"); !invitationLink.MatchString(mail) || !strings.Contains(mail, "It works for 30 days") {
		t.Errorf("to a closed group:\n%s", mail)
	}
	if mail := send("carla", "chor", "c@example.org"); invitationLink.MatchString(mail) || !strings.Contains(mail, "recommends the group") {
		t.Errorf("by somebody who is no member:\n%s", mail)
	}
	anna := w.visit(t, "anna")
	anna.Get("/chor/actions/recommend")
	anna.Sees(http.StatusOK, "Emailed to 1 person.")
}

func TestFirstStepsAreGoneWhenDoneOrSkipped(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	bert := w.visit(t, "bert")
	bert.Get("/stadt/groups/add")
	bert.Submit("name", map[string]string{"name": "Imkerei"})
	bert.Sees(http.StatusOK, "Next steps for your group", "Add a picture of the group", "Describe the group in two sentences", "Invite people", "Write the first post")
	carla, nobody := w.visit(t, "carla"), w.visit(t, "")
	for _, v := range []*webtest.Visitor{carla, nobody} {
		v.Get("/imkerei/")
		v.DoesNotSee("Next steps")
	}
	for _, leads := range []string{community.GroupPicturesPath("imkerei"), community.GroupSettingsPath("imkerei"), community.RecommendPath("imkerei")} {
		bert.Get("/imkerei/")
		bert.Sees(http.StatusOK, html.EscapeString(leads))
		bert.Get(leads)
		bert.Sees(http.StatusOK, `href="/imkerei/"`) // and back
	}
	bert.Get("/imkerei/")
	write := regexp.MustCompile(`/imkerei/articles/add/\?next=[^"]*`).FindString(bert.Page.Body)
	bert.Send(write, url.Values{"title": {"Erster Honig"}, "text": {"x"}}, true)
	bert.Sees(http.StatusOK, "Your article is published.", "Next steps for your group")
	bert.DoesNotSee("Write the first post")
	if bert.Page.Path != "/imkerei/" {
		t.Errorf("the first post leads to %s", bert.Page.Path)
	}
	bert.Send(strings.Replace(write, "%2Fimkerei%2F", "https%3A%2F%2Fevil.example", 1), url.Values{"title": {"Wachs"}, "text": {"x"}}, true)
	if bert.Page.Path != "/imkerei/wachs/" {
		t.Errorf("an address of another site leads to %s", bert.Page.Path)
	}
	bert.Get("/imkerei/")
	var group int64
	if err := w.db.Get(t.Context(), &group, `SELECT g.id FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE e.slug = 'imkerei'`); err != nil {
		t.Fatal(err)
	}
	skip := regexp.MustCompile(`/stadt/groups/\d+/steps/skip/`).FindString(bert.Page.Body)
	carla.Send(skip, url.Values{}, false)
	carla.Sees(http.StatusForbidden)
	bert.Send(skip, url.Values{"step": {"picture"}}, true)
	bert.Sees(http.StatusOK, "Next steps for your group", "Describe the group in two sentences")
	bert.DoesNotSee("Add a picture of the group")
	bert.Send(skip, url.Values{}, true)
	bert.DoesNotSee("Next steps for your group")
	bert.Get("/garten/") // was there before
	bert.DoesNotSee("Next steps for your group")

	v := w.visit(t, "")
	v.Get("/stadt/signup/")
	v.Get(w.signsUp(t, v, nil))
	v.Submit("Confirm", nil)
	v.Sees(http.StatusOK, "Welcome, Frieda Fenchel", "Say who you are", "Find groups", "Choose how you’re notified")
	v.Send("/stadt/welcome/skip/", url.Values{"step": {"profile"}, "next": {"/stadt/welcome/"}}, true)
	v.DoesNotSee("Say who you are")
	v.Send("/stadt/settings/notifications/", url.Values{}, true)
	v.Get("/")
	v.Sees(http.StatusOK, "Getting started", "Find groups")
	v.DoesNotSee("Choose how you’re notified")
	v.Send("/stadt/welcome/skip/", url.Values{}, true)
	v.DoesNotSee("Getting started")
	v.Get("/stadt/welcome/")
	v.Sees(http.StatusOK, "You’re all set.")
}
