package events

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/entities"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// The states of a group that is asked to show an event of another one.
const (
	hostInvited  = "invited"
	hostShown    = "shown"
	hostDeclined = "declined"
)

// host is a group beside the one to which an event belongs.
type host struct {
	ContentID int64            `db:"content_id"`
	State     string           `db:"state"`
	Entity    community.Entity `db:"entity"`
}

// listHosts returns the groups that have been asked to show an event, in some states.
func listHosts(ctx context.Context, q sqldb.Querier, contentID int64, states ...string) ([]host, error) {
	var all []host
	err := q.Select(ctx, &all, `
		SELECT h.content_id, h.state, e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name",
		       e.colour AS "entity.colour", e.picture AS "entity.picture"
		  FROM event_hosts h JOIN entities e ON e.id = h.entity_id
		 WHERE h.content_id = ? AND h.state IN (?) ORDER BY h.invited_at, h.entity_id`, contentID, states)
	if err != nil {
		return nil, fmt.Errorf("list the groups that show event %d: %w", contentID, err)
	}
	return all, nil
}

// isPublic reports whether everybody may read an event.
func isPublic(ctx context.Context, q sqldb.Querier, contentID int64) (public bool, err error) {
	if err := q.Get(ctx, &public, `SELECT public FROM contents WHERE id = ?`, contentID); err != nil {
		return false, fmt.Errorf("ask whether event %d is public: %w", contentID, err)
	}
	return public, nil
}

// hostState returns how it stands between an event and a group; "" if the group is not asked.
func hostState(ctx context.Context, q sqldb.Querier, contentID, entityID int64) (string, error) {
	var states []string
	err := q.Select(ctx, &states, `SELECT state FROM event_hosts WHERE content_id = ? AND entity_id = ? ORDER BY state`, contentID, entityID)
	if err != nil {
		return "", fmt.Errorf("ask whether a group shows event %d: %w", contentID, err)
	}
	return strings.Join(states, ""), nil // there is one at most
}

// invitedTo is an event that a group is asked to show.
type invitedTo struct {
	ContentID int64            `db:"content_id"`
	Title     string           `db:"title"`
	Slug      string           `db:"slug"`
	Entity    community.Entity `db:"entity"`
}

// listInvited returns the public events to come that a group is asked to show.
func listInvited(ctx context.Context, q sqldb.Querier, entityID int64, now clock.Time, limit int) ([]invitedTo, error) {
	var all []invitedTo
	err := q.Select(ctx, &all, `
		SELECT h.content_id, c.title, c.slug, e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name"
		  FROM event_hosts h JOIN contents c ON c.id = h.content_id JOIN entities e ON e.id = c.entity_id
		 WHERE h.entity_id = ? AND h.state = ? AND c.public = ? AND c.deleted_at IS NULL AND c.ends_at >= ?
		 ORDER BY c.starts_at, h.content_id LIMIT ?`, entityID, hostInvited, true, now, limit)
	if err != nil {
		return nil, fmt.Errorf("list the events that a group is asked to show: %w", err)
	}
	return all, nil
}

// lockEvent lets nobody else decide about the groups of an event meanwhile, and reports whether it is to come and takes place.
func lockEvent(ctx context.Context, tx *sqldb.Tx, contentID int64) (comes bool, err error) {
	var endsAt clock.Time
	if err := tx.GetLocked(ctx, &endsAt, `SELECT ends_at FROM contents WHERE id = ?`, contentID); err != nil {
		return false, fmt.Errorf("lock event %d: %w", contentID, err)
	}
	e, err := getEvent(ctx, tx, contentID)
	return !endsAt.Before(tx.Now.Time) && !e.Cancelled, err
}

// insertHost notes that a group is asked to show an event.
func insertHost(ctx context.Context, tx *sqldb.Tx, contentID, entityID, invitedBy int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO event_hosts (content_id, entity_id, state, invited_by, invited_at) VALUES (?, ?, ?, ?, ?)`,
		contentID, entityID, hostInvited, invitedBy, tx.Now)
	if err != nil {
		return fmt.Errorf("ask a group to show event %d: %w", contentID, err)
	}
	return nil
}

// wasInvited reports whether the members of a group have been told that it is asked to show an event.
func wasInvited(ctx context.Context, tx *sqldb.Tx, contentID, entityID int64) (was bool, err error) {
	err = tx.Get(ctx, &was, `SELECT EXISTS (SELECT 1 FROM activities WHERE content_id = ? AND entity_id = ? AND name = ?)`, contentID, entityID, community.HostInvited)
	if err != nil {
		return false, fmt.Errorf("ask whether a group knows of event %d: %w", contentID, err)
	}
	return was, nil
}

// offeredHosts is how many groups the form offers in which groups are invited. It takes all others, too.
const offeredHosts = 300

// listInvitable returns the names of groups that can be asked to show an event of another one, the most active first.
func listInvitable(ctx context.Context, q sqldb.Querier, contentID int64) ([]string, error) {
	var names []string
	err := q.Select(ctx, &names, `
		SELECT e.name FROM entities e
		 WHERE e.kind = 'group' AND e.archived_at IS NULL AND e.id NOT IN (SELECT h.entity_id FROM event_hosts h WHERE h.content_id = ?) AND e.id <> (SELECT c.entity_id FROM contents c WHERE c.id = ?)
		 ORDER BY e.score DESC, e.id DESC LIMIT ?`, contentID, contentID, offeredHosts)
	if err != nil {
		return nil, fmt.Errorf("list the groups that can show event %d: %w", contentID, err)
	}
	return names, nil
}

// decideHost notes what a group has decided that was asked.
func decideHost(ctx context.Context, tx *sqldb.Tx, contentID, entityID, decidedBy int64, state string) error {
	_, err := tx.Exec(ctx, `UPDATE event_hosts SET state = ?, decided_by = ?, decided_at = ? WHERE content_id = ? AND entity_id = ?`,
		state, decidedBy, tx.Now, contentID, entityID)
	if err != nil {
		return fmt.Errorf("note whether a group shows event %d: %w", contentID, err)
	}
	return nil
}

// removeHost lets nothing be left of a group beside an event.
func removeHost(ctx context.Context, tx *sqldb.Tx, contentID, entityID int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM event_hosts WHERE content_id = ? AND entity_id = ?`, contentID, entityID); err != nil {
		return fmt.Errorf("take a group off event %d: %w", contentID, err)
	}
	return nil
}

// copyHosts lets the groups that show a series show the one that goes on from it.
func copyHosts(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO event_hosts (content_id, entity_id, state, invited_by, decided_by, invited_at, decided_at)
		SELECT c.id, h.entity_id, h.state, h.invited_by, h.decided_by, h.invited_at, h.decided_at
		  FROM event_hosts h JOIN contents c ON c.id = ? WHERE h.content_id = ?`, to, from)
	if err != nil {
		return fmt.Errorf("let the groups of event %d show event %d: %w", from, to, err)
	}
	return nil
}

// listGroupsCalled returns the groups that have a slug, or else a name: two at most, by which it is seen that the name is not
// that of one alone.
func listGroupsCalled(ctx context.Context, q sqldb.Querier, called string) ([]community.Entity, error) {
	const from = ` FROM "groups" g JOIN entities e ON e.id = g.entity_id`
	var found []community.Entity
	err := q.Select(ctx, &found, groupColumns+from+` WHERE e.slug_key = ? ORDER BY e.id`, strings.ToLower(called))
	if err == nil && len(found) == 0 {
		err = q.Select(ctx, &found, groupColumns+from+` WHERE e.name_key = ? ORDER BY e.id LIMIT 2`, entities.NameKey(called))
	}
	if err != nil {
		return nil, fmt.Errorf("look for a group: %w", err)
	}
	return found, nil
}

// showing is why people are told of an event who subscribed to a group that shows it, and not to the one that hosts it.
const showing notify.Reason = "showing"

// showingAudience returns the subscribers of the groups that show a public event of another one.
func showingAudience(contentID int64) notify.Audience {
	return notify.Among(showing, `
		SELECT DISTINCT hs.person_id FROM event_hosts h JOIN contents hc ON hc.id = h.content_id JOIN subscriptions hs ON hs.entity_id = h.entity_id
		 WHERE h.content_id = ? AND h.state = 'shown' AND hc.public = ? AND hc.deleted_at IS NULL`, contentID, true)
}

// newlyTold returns the subscribers of the group that shows an event from an activity on, but for those who have heard of the
// event before: who was told when it was published or shown, and who had subscribed by then to the group that published it
// or to one that showed it earlier, because notes of what was sent do not last, and may not have been made yet.
func newlyTold(e community.Activity) notify.Audience {
	return notify.Among(notify.Subscriber, `
		SELECT s.person_id FROM subscriptions s WHERE s.entity_id = ? EXCEPT
		SELECT t.person_id FROM (
		       SELECT d.person_id FROM activities a JOIN deliveries d ON d.activity_id = a.id WHERE a.content_id = ? AND a.id < ? AND a.name IN (?) UNION ALL
		       SELECT p.person_id FROM contents c JOIN subscriptions p ON p.entity_id = c.entity_id AND p.created_at <= c.published_at WHERE c.id = ? UNION ALL
		       SELECT o.person_id FROM event_hosts h JOIN subscriptions o ON o.entity_id = h.entity_id AND o.created_at <= h.decided_at
		        WHERE h.content_id = ? AND h.state = 'shown' AND (h.decided_at < ? OR h.decided_at = ? AND h.entity_id < ?)) t`,
		e.EntityID, e.ContentID, e.ID, []string{string(community.ContentPublished), string(community.EventShown)}, e.ContentID,
		e.ContentID, e.OccurredAt, e.OccurredAt, e.EntityID)
}

// getShower returns the group that shows an event and to which somebody subscribed, the first one if there are several;
// NotFound if there is none any more.
func getShower(ctx context.Context, q sqldb.Querier, contentID, personID int64) (community.Entity, error) {
	var e community.Entity
	err := q.Get(ctx, &e, groupColumns+`
		  FROM event_hosts h JOIN subscriptions s ON s.entity_id = h.entity_id JOIN entities e ON e.id = h.entity_id JOIN "groups" g ON g.entity_id = e.id
		 WHERE h.content_id = ? AND h.state = 'shown' AND s.person_id = ? ORDER BY h.decided_at, e.id LIMIT 1`, contentID, personID)
	if err != nil {
		return e, fmt.Errorf("find the group through which somebody knows event %d: %w", contentID, err)
	}
	return e, nil
}

// getHost returns a group beside an event that is in a state; NotFound if it is not.
func getHost(ctx context.Context, q sqldb.Querier, contentID, entityID int64, state string) (community.Entity, error) {
	var e community.Entity
	err := q.Get(ctx, &e, groupColumns+`
		  FROM event_hosts h JOIN entities e ON e.id = h.entity_id JOIN "groups" g ON g.entity_id = e.id
		 WHERE h.content_id = ? AND h.entity_id = ? AND h.state = ?`, contentID, entityID, state)
	if err != nil {
		return e, fmt.Errorf("find a group beside event %d: %w", contentID, err)
	}
	return e, nil
}

// listShowers returns which groups show which of some events.
func listShowers(ctx context.Context, q sqldb.Querier, first, last int64) (map[int64][]int64, error) {
	var rows []struct {
		ContentID int64 `db:"content_id"`
		EntityID  int64 `db:"entity_id"`
	}
	err := q.Select(ctx, &rows, `
		SELECT content_id, entity_id FROM event_hosts WHERE content_id >= ? AND content_id <= ? AND state = ? ORDER BY content_id, entity_id`, first, last, hostShown)
	if err != nil {
		return nil, fmt.Errorf("list the groups that show events: %w", err)
	}
	all := map[int64][]int64{}
	for _, r := range rows {
		all[r.ContentID] = append(all[r.ContentID], r.EntityID)
	}
	return all, nil
}

// shownBy is the condition that a group shows the event c, its own or a public one of another group.
const shownBy = `(c.entity_id = ? OR c.public = ? AND c.id IN (SELECT h.content_id FROM event_hosts h WHERE h.entity_id = ? AND h.state = 'shown'))`

// path returns the address of the page of the event.
func (i invitedTo) path() string { return community.ContentPath(i.Entity.Slug, i.Slug) }
