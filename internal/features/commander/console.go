package commander

import (
	"context"

	core "grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Give does what somebody asks for at a terminal, who need not be in a room of administrators: they have the machine of
// the site. What destroys something is done if confirm says so.
func (c *Commander) Give(ctx context.Context, by, words string, confirm func(question core.Reply) bool) (core.Reply, error) {
	ctx = lang.With(ctx, c.deps.Printer())
	o := order{GivenBy: by, Words: words[:min(len(words), longest)], State: given, Answered: true}
	err := c.deps.DB.WriteUnseen(ctx, func(tx *sqldb.Tx) (err error) {
		o.ID, err = insertOrder(ctx, tx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := c.begin(ctx, &o); err != nil {
		return nil, err
	}
	if o.State == asked {
		plans := o.said()
		if !confirm(plans[:len(plans)-1]) {
			return core.Reply{lang.T(ctx, "Nothing has been done.")}, nil
		}
		if err := c.carryOut(ctx, &o, nil); err != nil {
			return nil, err
		}
	}
	return o.said(), nil
}

// Complete returns how a line that somebody has begun to type could go on.
func (c *Commander) Complete(begun string) []string { return c.deps.Commander.Complete(begun) }
