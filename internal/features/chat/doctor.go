package chat

import (
	"context"

	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// check has the homeserver examined with the rest of the site.
func (c *Chat) check() doctor.Check {
	return doctor.Check{Name: "chat", Title: lang.Text("Chat server"), Run: c.Diagnose}
}

// Examine looks whether the bot can do its work at the homeserver, and in rooms that are told everything public.
func (c *Chat) Examine(ctx context.Context) (found []doctor.Finding) {
	found, _ = c.examine(ctx)
	return found
}

// examine also reports whether the homeserver answers the bot.
func (c *Chat) examine(ctx context.Context) (found []doctor.Finding, answers bool) {
	user, err := c.deps.Server.Whoami(ctx)
	switch {
	case err != nil:
		return []doctor.Finding{doctor.Found("chat.server", doctor.Problem,
			doctor.Say(lang.Text("The chat server doesn’t answer the bot, or doesn’t know it.")),
			doctor.Say(lang.Text("Make sure that the homeserver is running at matrix_chat.homeserver_url, and that matrix_chat.bot_access_token is right: “grouprise matrix register-bot” makes another one.")),
		).Because(err)}, false
	case user != c.deps.Server.User():
		return []doctor.Finding{doctor.Found("chat.bot", doctor.Problem,
			doctor.Say(lang.Text("The access token is that of %s; by matrix_chat.bot_username and matrix_chat.domain it should be that of %s."), user, c.deps.Server.User()),
			doctor.Say(lang.Text("Correct these options, or run “grouprise matrix register-bot”.")))}, false
	}
	for _, room := range c.deps.Listeners {
		_, err := c.enter(ctx, room)
		if err == nil {
			continue
		}
		f := doctor.Found("chat.listener", doctor.Problem,
			doctor.Say(lang.Text("The room %s, which matrix_chat.public_listener_rooms names, can’t be read."), room),
			doctor.Say(lang.Text("Run “grouprise matrix doctor” again when the chat server is well."))).About(room).Because(err)
		if errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) {
			f.Wrong = doctor.Say(lang.Text("The bot is not in %s, which matrix_chat.public_listener_rooms names."), room)
			f.Remedy = doctor.Say(lang.Text("Invite %s there."), c.deps.Server.User())
		}
		found = append(found, f)
	}
	return found, true
}

// Diagnose is Examine with what stands in the way of rooms.
func (c *Chat) Diagnose(ctx context.Context) ([]doctor.Finding, error) {
	found, answers := c.examine(ctx)
	if !answers {
		return found, nil // the rooms wait for the same
	}
	rooms, err := c.Statuses(ctx, "")
	if err != nil {
		return found, err
	}
	for _, r := range rooms {
		if r.Problem != "" {
			found = append(found, doctor.Finding{
				Code: "chat.room", Subject: r.Slug + " " + string(r.Kind), Severity: doctor.Warning, Detail: r.Problem,
				Wrong:  doctor.Say(lang.Text("The chat room %s isn’t what it should be."), r.Alias),
				Remedy: doctor.Say(lang.Text("What the chat server says is below. The site tries again every hour; “grouprise matrix configure-rooms” does so now.")),
			})
		}
	}
	return found, nil
}
