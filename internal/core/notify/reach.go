package notify

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Reach is how many people a notice reaches, without whoever causes it. The zero value reaches nobody.
type Reach struct {
	People    int // each counted once, however many channels tell them
	ByChannel []ChannelReach
}

// ChannelReach is how many people a notice reaches on one channel; it is never none.
type ChannelReach struct {
	Channel Channel
	People  int
}

// Reach returns how many people of an audience would be told if an activity happened now; of the activity it needs
// the name, the actor, the entity and the thread. The rows that it counts are those from which the fan-out makes
// deliveries, so nobody is promised another number; who may no longer read a thing when the notice arrives is counted
// all the same. An activity that no notice follows reaches nobody.
func (n *Notifier) Reach(ctx context.Context, q sqldb.Querier, e community.Activity, audience Audience) (Reach, error) {
	notice, ok := n.notices[e.Name]
	if !ok || audience.IsEmpty() {
		return Reach{}, nil
	}
	query, args := n.targetsSQL(notice, e, audience)
	var counts []struct {
		Told   channelSet `db:"told"`
		People int        `db:"people"`
	}
	err := q.Select(ctx, &counts, `
		SELECT t.reachable & ~t.silenced AS told, COUNT(*) AS people FROM (`+query+`) t WHERE t.person_id <> ?
		 GROUP BY t.reachable & ~t.silenced ORDER BY told`, append(args, e.ActorID)...)
	if err != nil {
		return Reach{}, fmt.Errorf("count whom %s would reach: %w", e.Name, err)
	}
	var r Reach
	for _, c := range counts {
		if c.Told != 0 {
			r.People += c.People
		}
	}
	for i, channel := range n.config.Channels {
		people := 0
		for _, c := range counts {
			if c.Told.has(i) {
				people += c.People
			}
		}
		if people > 0 {
			r.ByChannel = append(r.ByChannel, ChannelReach{channel, people})
		}
	}
	return r, nil
}

// Without returns the reach of an audience that some people are left out of, all of whom were in it.
func (r Reach) Without(some Reach) Reach {
	rest := Reach{People: r.People - some.People}
	for _, c := range r.ByChannel {
		for _, s := range some.ByChannel {
			if s.Channel.Name() == c.Channel.Name() {
				c.People -= s.People
			}
		}
		if c.People > 0 {
			rest.ByChannel = append(rest.ByChannel, c)
		}
	}
	return rest
}

// Sentence says how many people are told, and on which channels. Of one person alone the channels are not
// said: how somebody wants to be told is theirs to know.
func (r Reach) Sentence(p *lang.Printer) string {
	switch r.People {
	case 0:
		return p.T("Nobody will be notified.")
	case 1:
		return p.T("1 person will be notified.")
	}
	ways := make([]string, len(r.ByChannel))
	for i, c := range r.ByChannel {
		ways[i] = c.Channel.Reached(p, c.People)
	}
	return p.T("%d people will be notified: %s.", r.People, strings.Join(ways, ", "))
}
