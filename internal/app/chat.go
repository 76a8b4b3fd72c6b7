package app

import (
	"context"
	"time"

	"grouprise.org/grouprise/internal/app/bots"
	channel "grouprise.org/grouprise/internal/channels/matrix"
	"grouprise.org/grouprise/internal/features/bridge"
	"grouprise.org/grouprise/internal/features/chat"
	"grouprise.org/grouprise/internal/features/chatsettings"
	"grouprise.org/grouprise/internal/features/commander"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/matrix"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// newChat makes the rooms that have to do with Matrix rooms, and returns the channel that tells these what happens.
// Without a homeserver they do nothing.
func (h *House) newChat(s *services) (*channel.Matrix, error) {
	o := h.options
	d := chat.Deps{
		DB: h.db, Queue: h.queue, Pictures: s.pictures, Log: h.log, Domain: o.Matrix.Domain, Bots: []string{o.MatrixCommander.BotID}, BaseURL: o.BaseURL(),
		Listeners: o.Matrix.PublicListenerRooms,
		Encrypt:   o.Matrix.EncryptPrivateRooms, SiteName: h.siteName.String, Printer: func() *lang.Printer { return s.catalogues.Printer("", s.zone) },
	}
	c := channel.Config{
		DB: h.db, Queue: h.queue, Log: h.log, Listeners: o.Matrix.PublicListenerRooms, Composer: func() channel.Composer { return h.notifier }, Printer: d.Printer, Pictures: s.pictures,
		Directs: func(ctx context.Context, tx *sqldb.Tx, people []int64) (map[int64]int64, error) {
			return h.chatSetup.Open(ctx, tx, people)
		},
	}
	listening := bots.Deps{Options: o, DB: h.db, Queue: h.queue, Log: h.log, Printer: d.Printer}
	var server *matrix.Client
	if o.Matrix.Enabled {
		var err error
		server, err = matrix.New(matrix.Config{
			URL: o.Matrix.HomeserverURL, User: "@" + o.Matrix.BotUsername + ":" + o.Matrix.Domain, Token: o.Matrix.BotAccessToken, Timeout: 30 * time.Second,
			Keys:  matrix.Keys{DB: h.db, Secret: o.SecretKey, Log: h.log, VerifiedOnly: o.Matrix.VerifiedDevicesOnly},
			Noted: func(ctx context.Context, problem error) { h.chat.NoteServer(ctx, problem) },
		})
		if err != nil {
			return nil, err
		}
		d.Server, c.Server = server, server
	}
	b, err := bots.New(listening, server)
	if err != nil {
		return nil, err
	}
	h.bots = b
	rooms := channel.New(c)
	d.Messages = rooms
	h.chat = chat.New(d)
	keys, err := web.NewLinkKeys(o.SecretKey, "chat accounts")
	h.chatSetup = chatsettings.New(chatsettings.Deps{
		DB: h.db, Queue: h.queue, Log: h.log, Limiter: s.limiter, Chat: h.chat, Groups: h.groups, Messages: rooms, Answers: bridge.Choice{}, Server: d.Server, Domain: d.Domain, Bots: d.Bots,
		Listeners: c.Listeners, BaseURL: d.BaseURL, Keys: keys, SiteName: d.SiteName, Catalogues: s.catalogues, Zone: s.zone,
	})
	return rooms, err
}

// Chat returns the chat rooms of groups.
func (h *House) Chat() *chat.Chat { return h.chat }

// ChatAccounts returns the accounts that listen in chat rooms.
func (h *House) ChatAccounts() []*matrix.Client { return h.bots.Accounts() }

// Commander returns the room where administrators give commands.
func (h *House) Commander() *commander.Commander { return h.bots.Commander }
