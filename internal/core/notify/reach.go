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

// Reach returns how many people would be told if the actor caused an activity of this name now and these were
// its candidates. It is worked out as the fan-out itself does, so that nobody is promised another number;
// who may no longer read a thing when the notice arrives is counted all the same. An activity that no notice
// follows reaches nobody.
func (n *Notifier) Reach(ctx context.Context, q sqldb.Querier, name community.ActivityName, candidates []Candidate, actorID int64) (Reach, error) {
	notice, ok := n.notices[name]
	if !ok {
		return Reach{}, nil
	}
	planned, err := n.plan(ctx, q, notice, community.Activity{Name: name, ActorID: actorID}, candidates)
	if err != nil {
		return Reach{}, fmt.Errorf("work out whom %s would reach: %w", name, err)
	}
	var r Reach
	told := map[int64]bool{}
	for _, p := range planned {
		here := 0
		for _, d := range p.deliveries {
			if d.To.PersonID != actorID {
				told[d.To.PersonID] = true
				here++
			}
		}
		if here > 0 {
			r.ByChannel = append(r.ByChannel, ChannelReach{p.channel, here})
		}
	}
	r.People = len(told)
	return r, nil
}

// Sentence says how many people are told, and on which channels. Of one person alone the channels are not
// said: how somebody wants to be told is theirs to know.
func (r Reach) Sentence(p *lang.Printer) string {
	switch r.People {
	case 0:
		return p.T("Nobody is told.")
	case 1:
		return p.T("One person is told.")
	}
	ways := make([]string, len(r.ByChannel))
	for i, c := range r.ByChannel {
		ways[i] = c.Channel.Reached(p, c.People)
	}
	return p.T("%d people are told: %s.", r.People, strings.Join(ways, ", "))
}
