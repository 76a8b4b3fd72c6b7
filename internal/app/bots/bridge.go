package bots

import (
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/features/bridge"
)

// Bridge returns the room that lets the private rooms of groups answer, on what it stands on besides what all bots do.
func (b *Bots) Bridge(d bridge.Deps) *bridge.Bridge {
	d.DB, d.Queue, d.Log, d.Printer = b.deps.DB, b.deps.Queue, b.deps.Log, b.deps.Printer
	d.Domain, d.MaxBytes = b.deps.Options.Matrix.Domain, b.deps.Options.LMTP.MaxBytes()
	d.Replies = func() []mailin.Reply { return b.replies }
	if b.chat != nil {
		d.Server = b.chat
	}
	return bridge.New(d)
}
