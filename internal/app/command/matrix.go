package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grouprise.org/grouprise/internal/app"
	"grouprise.org/grouprise/internal/app/chatctl"
	"grouprise.org/grouprise/internal/app/process"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/terminal"
)

// matrixCommands look after the chat rooms of groups.
type matrixCommands struct {
	Configure  configureRoomsCommand   `cmd:"" name:"configure-rooms" help:"Let the task runner look at the chat rooms of groups now, and make those that are missing. Prints each that it makes."`
	Invite     inviteMembersCommand    `cmd:"" name:"invite-room-members" help:"Let the task runner invite members now who have not been invited to the chat rooms of their groups. Prints each invitation."`
	Update     updateStatisticsCommand `cmd:"" name:"update-statistics" help:"Let the task runner count now who is in chat rooms, and when somebody last said something. Happens every hour anyway."`
	Statistics statisticsCommand       `cmd:"" name:"print-statistics" help:"Print for each chat room its group, who reads it, how many people are in it and when somebody last said something."`
	Synapse    synapseCommand          `cmd:"" name:"print-synapse-configuration" help:"Print what Synapse needs in its configuration."`
	Register   registerBotCommand      `cmd:"" name:"register-bot" help:"Register the account of the bot at Synapse, and write its access token into the configuration of the site."`
	Verify     verifyCommand           `cmd:"" help:"Find out whether the homeserver knows the bot. Exits with 1 if something is wrong."`
	Sign       signDeviceCommand       `cmd:"" name:"sign-device" help:"Let the bot sign its device, so that clients show it as verified in encrypted rooms. Makes the keys for it if there are none."`
	Doctor     doctorCommand           `cmd:"" help:"Find out what stands in the way of chat rooms, and what waits. Exits with 1 if something is wrong."`
}

// ofGroup is the flag by which a command is for one group.
type ofGroup struct {
	Group string `help:"The short name of a group, if it is for one alone." placeholder:"NAME"`
}

type (
	configureRoomsCommand   struct{ ofGroup }
	inviteMembersCommand    struct{ ofGroup }
	updateStatisticsCommand struct{ ofGroup }
	statisticsCommand       struct{ ofGroup }
	synapseCommand          struct{}
	// registerBotCommand has the flags that it had in version 5.5.
	registerBotCommand struct {
		BotUsername               string   `help:"The name of the account; that of the configuration if it is not given." placeholder:"NAME"`
		MatrixAPIURL              string   `name:"matrix-api-url" help:"Where Synapse answers on this machine; matrix_chat.admin_api_url if it is not given." placeholder:"URL"`
		MatrixConfigLocation      []string `help:"A file with the configuration of Synapse, or a folder of such files. May be given several times." default:"/etc/matrix-synapse/homeserver.yaml,/etc/matrix-synapse/conf.d" placeholder:"PATH"`
		ModifiableGroupriseConfig string   `help:"The file in which the section matrix_chat stands." default:"/etc/grouprise/conf.d/200-matrix_chat.yaml" placeholder:"PATH"`
		PrintOnly                 bool     `help:"Print what would be written."`
	}
	verifyCommand struct{}
	doctorCommand struct{}
)

// refresh lets rooms be looked at, with invitations also until everybody has been invited, and returns how it stood with
// them before and afterwards.
func (o ofGroup) refresh(ctx context.Context, p *Process, c *chat.Chat, invitations bool) (before, after []chat.Status, err error) {
	before, after, err = chatctl.Refresh(ctx, c, o.Group, invitations)
	if err == nil {
		err = chatctl.PrintWaiting(p.Stderr, after)
	}
	return before, after, groupArgument(o).explain(err)
}

// withChat does something with the chat rooms of the site.
func withChat(ctx context.Context, p *Process, do func(h *app.House, c *chat.Chat) error) error {
	h, err := p.Build(ctx)
	if err != nil {
		return err
	}
	if !h.Options().Matrix.Enabled {
		return errors.Join(errors.New("the chat is off (matrix_chat.enabled)"), h.Close())
	}
	return errors.Join(do(h, h.Chat()), h.Close())
}

// Run implements the command.
func (c *configureRoomsCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		before, after, err := c.refresh(ctx, p, rooms, false)
		if err != nil {
			return err
		}
		return chatctl.PrintNew(p.Stdout, before, after)
	})
}

// Run implements the command.
func (c *inviteMembersCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		since := clock.At(time.Now())
		if _, _, err := c.refresh(ctx, p, rooms, true); err != nil {
			return err
		}
		all, err := rooms.Invitations(ctx, c.Group, since)
		if err != nil {
			return err
		}
		for _, i := range all {
			if _, err := fmt.Fprintf(p.Stdout, "%s\t%s\t%s\n", i.Slug, i.Kind, i.MatrixID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run implements the command.
func (c *updateStatisticsCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		_, _, err := c.refresh(ctx, p, rooms, false)
		return err
	})
}

// Run implements the command.
func (c *statisticsCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		all, err := rooms.Statuses(ctx, c.Group)
		if err != nil {
			return groupArgument{c.Group}.explain(err)
		}
		return chatctl.PrintStatistics(p.Stdout, all)
	})
}

// Run implements the command.
func (*verifyCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		return report(p, rooms.Account(), rooms.Examine(ctx))
	})
}

// Run implements the command.
func (*doctorCommand) Run(ctx context.Context, p *Process) error {
	return withChat(ctx, p, func(_ *app.House, rooms *chat.Chat) error {
		found, err := rooms.Diagnose(ctx)
		if err != nil {
			return err
		}
		health, err := rooms.Health(ctx)
		if err != nil {
			return err
		}
		verdict := report(p, rooms.Account(), found)
		_, err = fmt.Fprintf(p.Stdout, "For the homeserver wait %s, %s and %s.\n", terminal.Count(health.Waiting.Rooms, "1 room", "%d rooms"),
			terminal.Count(health.Waiting.Invitations, "1 invitation", "%d invitations"), terminal.Count(health.Waiting.Messages, "1 message", "%d messages"))
		return errors.Join(err, verdict)
	})
}

// report prints what was found about the account of the bot and its rooms; the command fails if something is wrong.
func report(p *Process, account string, found []doctor.Finding) error {
	if len(found) == 0 {
		_, err := fmt.Fprintf(p.Stdout, "The homeserver knows the bot as %s, and nothing is wrong.\n", account)
		return err
	}
	result := doctor.Report{Results: []doctor.Result{{Title: "Chat server", Findings: found}}}
	if err := result.WriteText(p.Stdout, new(lang.Printer)); err != nil {
		return err
	}
	return process.Exit{Code: 1}
}

// Run implements the command. It needs no database.
func (*synapseCommand) Run(p *Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(p.Stdout, chatctl.SynapseConfiguration(o))
	return err
}

// Run implements the command. It needs no database.
func (c *registerBotCommand) Run(ctx context.Context, p *Process) error {
	o, _, err := p.ReadOptions()
	if err != nil {
		return err
	}
	err = chatctl.Registration{
		Username: c.BotUsername, API: c.MatrixAPIURL, Synapse: c.MatrixConfigLocation, File: c.ModifiableGroupriseConfig, PrintOnly: c.PrintOnly,
	}.Run(ctx, o, p.Stdout)
	if failed, ok := errors.AsType[*chatctl.FailureError](err); ok {
		return process.Exit{Code: failed.Code, Err: failed.Err}
	}
	return err
}
