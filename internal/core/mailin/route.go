package mailin

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/mime"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/kit/web"
)

// route is where a message goes: into a thread, to a room that begins one, or both in this order.
type route struct {
	thread   Target  // what it answers; zero if it answers nothing here
	ownerID  int64   // of the reply address that it was sent to; 0 if it was sent to a room's address
	room     Address // of the address; zero for reply addresses
	entityID int64   // whose address it was sent to
}

// limit returns the limit that the message counts against.
func (in *Intake) limit(r route) web.Limit {
	if r.thread.IsZero() {
		return r.room.Limit
	}
	return in.replies[r.thread.Container()].Limit
}

// route finds out where a message to a local part goes; NotFound if nobody answers for it. A message that names one of
// ours as the one it answers belongs into the thread of that one, whether it was sent to the reply address, to the
// group, as List-Post offers it, or to both. It does so only where the thread belongs to whom the address stands for:
// somebody may well quote one group to another.
func (in *Intake) route(ctx context.Context, q sqldb.Querier, m *mime.Message, local string) (r route, err error) {
	key, isReply := in.replyKey(local)
	var entityID int64
	if isReply {
		r.ownerID, r.thread, err = replyTarget(ctx, q, key)
		entityID = r.thread.EntityID
	} else {
		r.room, entityID, err = in.room(ctx, q, local)
	}
	if err != nil {
		return r, err
	}
	r.entityID = entityID
	named, err := answered(ctx, q, entityID, m)
	if err == nil && named.IsZero() && !isReply {
		named, err = in.besides(ctx, q, entityID, m)
	}
	if !named.IsZero() {
		r.thread = named
	}
	return r, err
}

// besides returns what a message answers that went to a reply address as well: some programs leave out what they
// answer. Whose reply address it is does not matter, because it opens nothing to the sender.
func (in *Intake) besides(ctx context.Context, q sqldb.Querier, entityID int64, m *mime.Message) (Target, error) {
	recipients := slices.Concat(m.To, m.Cc)
	for _, a := range recipients[:min(len(recipients), maxNamed)] {
		local, _ := in.local(a.Addr)
		key, isReply := in.replyKey(local)
		if !isReply {
			continue
		}
		_, target, err := replyTarget(ctx, q, key)
		if err == nil && target.EntityID == entityID {
			return target, nil
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return Target{}, err
		}
	}
	return Target{}, nil
}

// maxNamed is how many messages that a mail refers to, and recipients, are looked at.
const maxNamed = 50

// The ids of our mails without what follows them: the mark of the recipient and the domain.
var (
	contributionID = regexp.MustCompile(`^[a-z]+\.\d{1,18}\.contribution\.(\d{1,18})(?:[-@]|$)`)
	contentKey     = regexp.MustCompile(`^(content\.(\d{1,18}))(?:[-@]|$)`)
)

// answered returns the nearest of those that a message refers to which belongs to an entity; zero if none does.
func answered(ctx context.Context, q sqldb.Querier, entityID int64, m *mime.Message) (Target, error) {
	nearest := slices.Clone(m.References) // root first
	slices.Reverse(nearest)
	nearest = slices.Concat(m.InReplyTo, nearest)
	nearest = nearest[:min(len(nearest), maxNamed)]
	contributions, contents := named(nearest)
	if len(contributions) > 0 {
		found, err := answeredContributions(ctx, q, entityID, contributions)
		for _, id := range contributions {
			if t, is := found[id]; is {
				return t, err
			}
		}
		if err != nil {
			return Target{}, err
		}
	}
	if len(contents) == 0 {
		return Target{}, nil
	}
	return answeredContent(ctx, q, entityID, contents)
}

// named returns the contributions and the keys of the content items that message ids name, in their order.
func named(ids []string) (contributions []int64, contents []string) {
	for _, id := range ids {
		if found := contributionID.FindStringSubmatch(id); found != nil {
			n, _ := strconv.ParseInt(found[1], 10, 64) // 18 digits always fit
			contributions = append(contributions, n)
		} else if found := contentKey.FindStringSubmatch(id); found != nil {
			contents = append(contents, found[1])
		}
	}
	return contributions, contents
}

func answeredContributions(ctx context.Context, q sqldb.Querier, entityID int64, ids []int64) (map[int64]Target, error) {
	var rows []Target
	err := q.Select(ctx, &rows, `
		SELECT k.id AS contribution_id, COALESCE(k.content_id, 0) AS content_id, COALESCE(k.conversation_id, 0) AS conversation_id,
		       COALESCE(c.entity_id, v.entity_id) AS entity_id
		  FROM contributions k LEFT JOIN contents c ON c.id = k.content_id LEFT JOIN conversations v ON v.id = k.conversation_id
		 WHERE k.id IN (?) AND k.deleted_at IS NULL AND c.deleted_at IS NULL AND v.deleted_at IS NULL AND COALESCE(c.entity_id, v.entity_id) = ?
		 ORDER BY k.id`, ids, entityID)
	if err != nil {
		return nil, fmt.Errorf("look for the contributions that a mail answers: %w", err)
	}
	found := map[int64]Target{}
	for _, t := range rows {
		found[t.ContributionID] = t
	}
	return found, nil
}

// answeredContent returns the item that one of the keys names: those of imported items are their own, the others are
// made of their ids.
func answeredContent(ctx context.Context, q sqldb.Querier, entityID int64, keys []string) (Target, error) {
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i], _ = strconv.ParseInt(contentKey.FindStringSubmatch(key)[2], 10, 64)
	}
	var row struct {
		ID int64 `db:"id"`
	}
	err := q.Get(ctx, &row, `
		SELECT id FROM contents WHERE entity_id = ? AND deleted_at IS NULL AND (message_key IN (?) OR message_key = '' AND id IN (?))
		 ORDER BY id LIMIT 1`, entityID, keys, ids)
	if errs.Is(err, errs.NotFound) {
		return Target{}, nil
	}
	if err != nil {
		return Target{}, fmt.Errorf("look for the item that a mail answers: %w", err)
	}
	return Target{EntityID: entityID, ContentID: row.ID}, nil
}
