package demo

import (
	"slices"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// remembered is how many of a group's newest contents its people find in their inbox.
const remembered = 12

// inboxes notifies people of the newest contents of the groups that they have subscribed to. They have read most of it.
func (t *town) inboxes() {
	newest := map[int64][]int64{} // of an entity
	for id := len(t.published); id > 0; id-- {
		p := t.published[id-1]
		newest[t.entityOfGroup(p.group)] = append(newest[t.entityOfGroup(p.group)], int64(id))
	}
	for entity, contents := range newest {
		slices.SortStableFunc(contents, func(a, b int64) int { return t.published[b-1].at.Compare(t.published[a-1].at.Time) })
		newest[entity] = contents[:min(len(contents), remembered)]
	}
	activities := map[int64]int64{} // of contents
	for _, s := range t.subscribed {
		for n, content := range newest[s.entity] {
			p := t.published[content-1]
			if p.author == s.person || !p.public && !t.belongs[membership{p.group, s.person}] {
				continue
			}
			if activities[content] == 0 {
				activities[content] = int64(len(t.rows.activities) + 1)
				t.rows.activities = append(t.rows.activities,
					[]any{activities[content], community.ContentPublished, p.author, s.entity, content, 0, 0, p.at, p.at})
			}
			var read any
			if n >= 2 {
				read = p.at
			}
			t.rows.inbox = append(t.rows.inbox, []any{s.person, activities[content], content, nil, nil, p.at, read})
		}
	}
	for _, n := range t.notices {
		t.noticeRows(n)
	}
}

// notice is a comment or message that a person of the cast is notified of: who wrote it, and in which entity.
type notice struct {
	person, entity, actor          int64
	content, conversation, comment int64
	at                             clock.Time
	read                           bool
}

// notifyCast notifies those of the cast who belong to a group; others read their own notifications nowhere.
func (t *town) notifyCast(group int64, n notice) {
	for _, person := range []int64{anna, bert, administrator} {
		if person != n.actor && t.belongs[membership{group, person}] {
			t.notify(person, t.entityOfGroup(group), n)
		}
	}
}

func (t *town) notify(person, entity int64, n notice) {
	n.person, n.entity = person, entity
	t.notices = append(t.notices, n)
}

// noticeRows writes the rows of a notice.
func (t *town) noticeRows(n notice) {
	id, name := int64(len(t.rows.activities)+1), community.CommentPosted
	if n.conversation != 0 {
		name = community.MessagePosted
	}
	var read any
	if n.read {
		read = n.at
	}
	t.rows.activities = append(t.rows.activities, []any{id, name, n.actor, n.entity, n.content, n.conversation, n.comment, n.at, n.at})
	t.rows.inbox = append(t.rows.inbox, []any{
		n.person, id, sqldb.OrNull(n.content), sqldb.OrNull(n.conversation), sqldb.OrNull(n.comment), n.at, read,
	})
}
