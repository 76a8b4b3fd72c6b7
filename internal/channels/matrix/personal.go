package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// Name is the name in deliveries of the channel that reaches single people.
const Name = "chat"

// emailName is the name of the channel that people have this one in place of.
const emailName = "email"

// Personal is the channel that tells people in chat who have chosen that instead of mail: in the private room of their
// group if they are in it and it is told, and else in a room that the site has with them alone.
type Personal struct{ matrix *Matrix }

var (
	_ notify.RelayChannel = (*Personal)(nil)
	_ notify.Substitute   = (*Personal)(nil)
)

// Channels returns the channel that reaches single people, if the site has a chat.
func (m *Matrix) Channels() []notify.Channel {
	if m.config.Server == nil {
		return nil
	}
	return []notify.Channel{&Personal{m}}
}

// Name implements notify.Channel.
func (*Personal) Name() string { return Name }

// Replaces implements notify.Substitute.
func (*Personal) Replaces() string { return emailName }

// Reaches implements notify.Channel: whoever has a Matrix id can choose it.
func (*Personal) Reaches() string {
	return `EXISTS (SELECT 1 FROM chat_ids i WHERE i.person_id = p.id AND i.notifies)`
}

// ServesActor implements notify.Channel: nobody needs to be told what they did themselves.
func (*Personal) ServesActor() bool { return false }

// Setting implements notify.Channel: the channel is chosen as one in place of mail.
func (*Personal) Setting() notify.Setting { return notify.Setting{} }

// Reached implements notify.Channel.
func (*Personal) Reached(p *lang.Printer, people int) string {
	return p.N("1 in chat", "%d in chat", people)
}

// TakeOver implements notify.RelayChannel: it notes the messages, each for the room with its person.
func (c *Personal) TakeOver(ctx context.Context, tx *sqldb.Tx, all []notify.Delivery) error {
	m := c.matrix
	all, err := m.unserved(ctx, tx, all)
	if err != nil || len(all) == 0 {
		return err
	}
	people := make([]int64, len(all))
	for i, d := range all {
		people[i] = d.To.PersonID
	}
	directs, err := m.config.Directs(ctx, tx, people)
	if err != nil {
		return err
	}
	lines, err := linesTo(ctx, tx, directs)
	if err != nil {
		return err
	}
	rows, woken := make([][]any, len(all)), make([]int64, len(all))
	for i, d := range all {
		line, ok := lines[directs[d.To.PersonID]]
		if !ok { // they have just given their Matrix id up, and are told by mail
			return errs.New(errs.Unavailable, "").Because(fmt.Errorf("person %d has no chat any more", d.To.PersonID))
		}
		activity, err := json.Marshal(happening(d.Activity))
		if err != nil {
			return fmt.Errorf("write activity %d: %w", d.Activity.ID, err)
		}
		e := d.Activity
		rows[i], woken[i] = []any{line, e.ID, string(activity), e.ContentID, e.ConversationID, e.ContributionID, true, "", d.To.Reason, true, tx.Now}, line
	}
	err = tx.InsertNewRows(ctx, `
		INSERT INTO chat_messages (line_id, activity_id, activity, content_id, conversation_id, contribution_id, inside, edits, reason, due, created_at)`, rows)
	if err != nil {
		return fmt.Errorf("note what people are told in chat: %w", err)
	}
	return m.wake(ctx, tx, woken)
}

// unserved returns the deliveries to people who do not read the same in the private room of the group.
func (m *Matrix) unserved(ctx context.Context, tx *sqldb.Tx, all []notify.Delivery) (rest []notify.Delivery, err error) {
	var entities, people []int64
	for _, d := range all {
		if servedByRoom(d.To.Reason) && m.config.Composer().InRooms(d.Activity.Name) {
			entities, people = append(entities, d.Activity.EntityID), append(people, d.To.PersonID)
		}
	}
	if len(people) == 0 {
		return all, nil
	}
	var rows []struct {
		EntityID int64 `db:"entity_id"`
		PersonID int64 `db:"person_id"`
	}
	err = tx.Select(ctx, &rows, `
		SELECT r.entity_id, g.person_id FROM chat_rooms r JOIN chat_guests g ON g.room_id = r.id JOIN "groups" h ON h.entity_id = r.entity_id
		  JOIN memberships m ON m.group_id = h.id AND m.person_id = g.person_id
		 WHERE r.kind = 'private' AND r.entity_id IN (?) AND g.person_id IN (?) AND g.joined ORDER BY r.entity_id, g.person_id`, entities, people)
	if err != nil {
		return nil, fmt.Errorf("look who is in the chat room of their group: %w", err)
	}
	in := map[[2]int64]bool{}
	for _, r := range rows {
		in[[2]int64{r.EntityID, r.PersonID}] = true
	}
	for _, d := range all {
		if !servedByRoom(d.To.Reason) || !m.config.Composer().InRooms(d.Activity.Name) || !in[[2]int64{d.Activity.EntityID, d.To.PersonID}] {
			rest = append(rest, d)
		}
	}
	return rest, nil
}

// servedByRoom reports whether somebody who is told for a reason is told by a room, too: what is said to them alone is not.
func servedByRoom(r notify.Reason) bool { return r == notify.Member || r == notify.Subscriber }

// ready is the condition that something can be said in a room d with one person.
const ready = `d.room_id IS NOT NULL AND d.person_id IS NOT NULL AND d.invited AND d.state IN ('open', 'proven')`

// linesTo returns the lines of rooms with one person, by the ids of these, and makes those that are not there yet.
func linesTo(ctx context.Context, tx *sqldb.Tx, directs map[int64]int64) (map[int64]int64, error) {
	ids, rows := []int64{0}, [][]any{}
	for _, id := range directs {
		ids, rows = append(ids, id), append(rows, []any{id})
	}
	if err := tx.InsertNewRows(ctx, `INSERT INTO chat_lines (direct_id)`, rows); err != nil {
		return nil, fmt.Errorf("make lines of chat messages: %w", err)
	}
	var found []struct {
		ID       int64 `db:"id"`
		DirectID int64 `db:"direct_id"`
	}
	if err := tx.Select(ctx, &found, `SELECT id, direct_id FROM chat_lines WHERE direct_id IN (?) ORDER BY id`, ids); err != nil {
		return nil, fmt.Errorf("list lines of chat messages: %w", err)
	}
	lines := map[int64]int64{}
	for _, l := range found {
		lines[l.DirectID] = l.ID
	}
	return lines, nil
}

// Wake lets what waits for a room with one person be said there.
func (m *Matrix) Wake(ctx context.Context, tx *sqldb.Tx, direct int64) error {
	var lines []int64
	if err := tx.Select(ctx, &lines, `SELECT id FROM chat_lines WHERE direct_id = ? ORDER BY id`, direct); err != nil || len(lines) == 0 {
		return err
	}
	return m.wake(ctx, tx, lines)
}

// HandOver forgets what was said in a room with one person. What has not been said there yet waits for another room, or is
// forgotten, too, if that is 0.
func (m *Matrix) HandOver(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	var err error
	if to != 0 {
		err = m.moveUnsaid(ctx, tx, from, to)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM chat_messages WHERE line_id IN (SELECT id FROM chat_lines WHERE direct_id = ?)`, from)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM chat_lines WHERE direct_id = ?`, from)
	}
	if err != nil {
		return fmt.Errorf("hand over what was to be said in the room with one person: %w", err)
	}
	return nil
}

func (m *Matrix) moveUnsaid(ctx context.Context, tx *sqldb.Tx, from, to int64) error {
	lines, err := linesTo(ctx, tx, map[int64]int64{0: to})
	if err != nil {
		return err
	}
	if lines[to] == 0 {
		return errors.New("a line that was made is not there")
	}
	moved, err := tx.Exec(ctx, `
		UPDATE chat_messages SET line_id = ?, asked = '' WHERE event_id = '' AND due AND line_id IN (SELECT id FROM chat_lines WHERE direct_id = ?)
		   AND activity_id NOT IN (SELECT n.activity_id FROM (SELECT activity_id FROM chat_messages WHERE line_id = ?) n)`, lines[to], from, lines[to])
	if err != nil || moved == 0 {
		return err
	}
	return m.wake(ctx, tx, []int64{lines[to]})
}
