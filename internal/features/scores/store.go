package scores

import (
	"context"
	"slices"
	"time"

	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// said is what people have said since a point in time and until another one, each with the whole days between the first
// one and itself: what has just been said is worth most. shown says whether it stands on an item that everybody may read,
// open that its author said it in public. What has been deleted counts nowhere.
const said = `
	SELECT u.entity_id, u.author_id, (u.age - u.age % 86400000) / 86400000 AS days, u.shown, u.open FROM (
	       SELECT c.entity_id, v.author_id, v.created_at - ? AS age, c.public AS shown, 1 = 1 AS open
	         FROM versions v JOIN contents c ON c.id = v.content_id WHERE v.created_at >= ? AND v.created_at <= ? AND c.deleted_at IS NULL
	        UNION ALL
	       SELECT c.entity_id, k.author_id, k.created_at - ? AS age, c.public AS shown, k.public AS open
	         FROM contributions k JOIN contents c ON c.id = k.content_id
	        WHERE k.created_at >= ? AND k.created_at <= ? AND k.deleted_at IS NULL AND c.deleted_at IS NULL
	        UNION ALL
	       SELECT t.entity_id, k.author_id, k.created_at - ? AS age, 1 = 0 AS shown, k.public AS open
	         FROM contributions k JOIN conversations t ON t.id = k.conversation_id
	        WHERE k.created_at >= ? AND k.created_at <= ? AND k.deleted_at IS NULL AND t.deleted_at IS NULL) u`

// args returns the arguments of said.
func (w window) args() (args []any) {
	for range 3 {
		args = append(args, w.from, w.from, w.to)
	}
	return args
}

// bounded bounds what a query says by what a column of scores holds.
func bounded(query string) string {
	return `SELECT b.id, CASE WHEN b.value > 2147483647 THEN 2147483647 ELSE b.value END AS value FROM (` + query + `) b`
}

// updateEntities gives everybody their score. A group has what was said there by the logarithm of how many belong to it, and
// ten times what was said in public by that of how many subscribe: who is alone adds nothing, as the logarithm of one is
// nothing. A person has what they have published, and said in public. What was said is read once for both.
func updateEntities(ctx context.Context, tx *sqldb.Tx, w window) (int64, error) {
	return tx.UpdateFrom(ctx, "entities", "score", `
		WITH said AS (`+said+`)`+bounded(`
		SELECT g.entity_id AS id, FLOOR(COALESCE(a.days, 0) * LN(COALESCE(m.n, 1)) + 10 * COALESCE(a.shown_days, 0) * LN(COALESCE(s.n, 1))) AS value
		  FROM "groups" g
		  LEFT JOIN (SELECT group_id, COUNT(*) AS n FROM memberships GROUP BY group_id) m ON m.group_id = g.id
		  LEFT JOIN (SELECT entity_id, COUNT(*) AS n FROM subscriptions GROUP BY entity_id) s ON s.entity_id = g.entity_id
		  LEFT JOIN (SELECT entity_id, SUM(days) AS days, SUM(CASE WHEN shown THEN days ELSE 0 END) AS shown_days
		               FROM said GROUP BY entity_id) a ON a.entity_id = g.entity_id
		 UNION ALL
		SELECT p.entity_id AS id, COALESCE(a.days, 0) AS value
		  FROM people p LEFT JOIN (SELECT author_id, SUM(days) AS days FROM said WHERE open GROUP BY author_id) a ON a.author_id = p.id`),
		w.args()...)
}

// spoken is what a comment or message is worth to who finds out in which groups its author is most at home.
const spoken = `CASE WHEN k.created_at >= ? THEN 12 WHEN k.created_at >= ? THEN 8 WHEN k.created_at >= ? THEN 4 ELSE 2 END AS value`

// updateMemberships notes how active each member was in their group: by what they have published and said there, the newer
// the more. What they said half a year ago counts no longer; what they published always does.
func updateMemberships(ctx context.Context, tx *sqldb.Tx, now clock.Time) (int64, error) {
	var since []any
	for _, days := range []int{7, 30, 90, 180} {
		since = append(since, clock.At(now.Add(-time.Duration(days)*24*time.Hour)))
	}
	return tx.UpdateFrom(ctx, "memberships", "score", bounded(`
		SELECT m.id, COALESCE(a.value, 0) AS value
		  FROM memberships m JOIN "groups" g ON g.id = m.group_id LEFT JOIN (
		       SELECT u.author_id, u.entity_id, SUM(u.value) AS value FROM (
		              SELECT v.author_id + 0 AS author_id, c.entity_id, CASE WHEN v.created_at >= ? THEN 48 WHEN v.created_at >= ? THEN 32
		                     WHEN v.created_at >= ? THEN 16 WHEN v.created_at >= ? THEN 8 ELSE 1 END AS value
		                FROM versions v JOIN contents c ON c.id = v.content_id WHERE c.deleted_at IS NULL
		               UNION ALL
		              SELECT k.author_id, c.entity_id, `+spoken+` FROM contributions k JOIN contents c ON c.id = k.content_id
		               WHERE k.created_at >= ? AND k.deleted_at IS NULL AND c.deleted_at IS NULL
		               UNION ALL
		              SELECT k.author_id, t.entity_id, `+spoken+` FROM contributions k JOIN conversations t ON t.id = k.conversation_id
		               WHERE k.created_at >= ? AND k.deleted_at IS NULL AND t.deleted_at IS NULL) u
		        GROUP BY u.author_id, u.entity_id) a ON a.author_id = m.person_id AND a.entity_id = g.entity_id`),
		slices.Concat(since, since, since)...)
}
