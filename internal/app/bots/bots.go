// Package bots makes what listens in chat rooms from the options, and the room where administrators give commands there.
package bots

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"grouprise.org/grouprise/internal/app/options"
	"grouprise.org/grouprise/internal/core/bot"
	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/module"
	"grouprise.org/grouprise/internal/features/commander"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/queue"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Deps is what they stand on.
type Deps struct {
	Options *options.Options
	DB      *sqldb.DB
	Queue   *queue.Queue
	Log     *slog.Logger
	Printer func() *lang.Printer // in the language of the site
}

// Bots is what listens.
type Bots struct {
	Commander *commander.Commander // where administrators give commands

	deps     Deps
	chat     *matrix.Client // nil: groups have no rooms
	replies  []mailin.Reply
	bot      *bot.Bot
	commands *core.Commander
	accounts []*matrix.Client
}

// New returns what listens in the name of the accounts of the site. chat is the account that keeps the rooms of groups,
// nil if there is none; administrators may talk to the same one or to another.
func New(d Deps, chat *matrix.Client) (*Bots, error) {
	o := d.Options
	b := &Bots{deps: d, chat: chat, commands: core.New()}
	c := bot.Config{DB: d.DB, Log: d.Log, Others: []string{o.MatrixCommander.BotID}}
	room := commander.Deps{DB: d.DB, Queue: d.Queue, Log: d.Log, Commander: b.commands, Printer: d.Printer, AdminRooms: o.MatrixCommander.AdminRooms}
	if chat != nil {
		b.accounts = append(b.accounts, chat)
		c.Accounts = append(c.Accounts, bot.Account{ID: chat.User(), Server: chat, Roles: []bot.Role{bot.Chat}})
	}
	switch m := o.MatrixCommander; {
	case !m.Enabled || m.Backend == "console":
	case chat != nil && chat.User() == m.BotID:
		room.Server, room.Account, room.Shared = chat, chat.User(), true
		c.Accounts[0].Roles = append(c.Accounts[0].Roles, bot.Commander)
	case m.BotAccessToken == "":
		return nil, errors.New("matrix_commander.bot_access_token must be given with matrix_commander.enabled, unless matrix_commander.bot_id is the account of matrix_chat")
	default:
		account, err := matrix.New(matrix.Config{
			URL: homeserver(o), User: m.BotID, Token: m.BotAccessToken, Timeout: 30 * time.Second,
			Keys: matrix.Keys{DB: d.DB, Secret: o.SecretKey, Log: d.Log, VerifiedOnly: o.Matrix.VerifiedDevicesOnly},
		})
		if err != nil {
			return nil, fmt.Errorf("matrix_commander: %w", err)
		}
		b.accounts = append(b.accounts, account)
		room.Server, room.Account = account, account.User()
		c.Accounts = append(c.Accounts, bot.Account{ID: account.User(), Server: account, Roles: []bot.Role{bot.Commander}})
	}
	b.bot, b.Commander = bot.New(c), commander.New(room)
	return b, nil
}

// homeserver returns where the account that administrators talk to is at home.
func homeserver(o *options.Options) string {
	_, domain, _ := strings.Cut(o.MatrixCommander.BotID, ":")
	if domain == o.Matrix.Domain {
		return o.Matrix.HomeserverURL
	}
	return "https://" + domain
}

// Accounts returns the accounts that listen.
func (b *Bots) Accounts() []*matrix.Client { return b.accounts }

// Serve hands what the modules contribute to what listens.
func (b *Bots) Serve(modules []module.Module) {
	b.bot.Listen(module.Gather(modules, func(m module.Module) []bot.Listener { return m.Hears })...)
	b.replies = module.Gather(modules, func(m module.Module) []mailin.Reply { return m.Replies })
	b.commands.Serve(module.Gather(modules, func(m module.Module) []core.Command { return m.Commands })...)
}

// Modules returns the modules of what listens and of its room.
func (b *Bots) Modules() []module.Module {
	return []module.Module{
		{Name: "bot", Sweeps: []module.Sweep{{About: "notes of what was heard in chat rooms long ago", Run: b.bot.Forget}}},
		b.Commander.Module(),
	}
}

// Run listens until the context ends. A process that does nothing else needs an account for it.
func (b *Bots) Run(ctx context.Context, alone bool) error {
	switch {
	case b.bot.Needed():
		return b.bot.Run(ctx)
	case alone:
		return errors.New("there is no chat account that could listen: neither matrix_chat nor matrix_commander is enabled")
	default:
		return nil
	}
}
