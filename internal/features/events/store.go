package events

import (
	"context"
	"fmt"
	"strings"

	"grouprise.org/grouprise/internal/community"
	"grouprise.org/grouprise/internal/core/policy"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/paging"
	"grouprise.org/grouprise/internal/kit/sqldb"
)

// event is a row of the table events.
type event struct {
	ContentID int64  `db:"content_id"`
	Place     string `db:"place"`
	PlaceKey  string `db:"place_key"`
	Position  string `db:"position"`
	Zone      string `db:"zone"`
	AllDay    bool   `db:"all_day"`
	Begins    string `db:"begins"`
	Ends      string `db:"ends"`
	Rule      string `db:"rule"`
	Excluded  string `db:"excluded"` // days of a series on which there is none, parted by commas
	UID       string `db:"uid"`
	Cancelled bool   `db:"cancelled"`
	Answers   string `db:"answers"`
	Capacity  int    `db:"capacity"`
}

const eventColumns = `v.content_id, v.place, v.place_key, v.position, v.zone, v.all_day, v.begins, v.ends, v.rule, COALESCE(v.excluded, '') AS excluded, v.uid, v.cancelled, v.answers, v.capacity`

// span returns when the event takes place; a series, for the first time.
func (e event) span(z *zones) (span, error) {
	zone, err := z.load(e.Zone)
	if err != nil {
		return span{}, fmt.Errorf("load the zone of event %d: %w", e.ContentID, err)
	}
	begins, _ := parseWall(e.Begins)
	ends, _ := parseWall(e.Ends)
	return span{Begins: begins, Ends: ends, AllDay: e.AllDay, Zone: zone}, nil
}

func getEvent(ctx context.Context, q sqldb.Querier, id int64) (event, error) {
	var e event
	if err := q.Get(ctx, &e, `SELECT `+eventColumns+` FROM events v WHERE v.content_id = ?`, id); err != nil {
		return e, fmt.Errorf("get event %d: %w", id, err)
	}
	return e, nil
}

// listEvents returns events by the ids of their contents.
func listEvents(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64]event, error) {
	var list []event
	err := q.Select(ctx, &list, `SELECT `+eventColumns+` FROM events v WHERE v.content_id IN (?) ORDER BY v.content_id`, ids)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	all := make(map[int64]event, len(list))
	for _, e := range list {
		all[e.ContentID] = e
	}
	return all, nil
}

// insertEvent keeps what is particular to a new event.
func insertEvent(ctx context.Context, tx *sqldb.Tx, e event) error {
	latitude, longitude := e.point()
	_, err := tx.Exec(ctx, `
		INSERT INTO events (content_id, place, place_key, position, latitude, longitude, zone, all_day, begins, ends, rule, excluded, uid, cancelled, answers, capacity)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ContentID, e.Place, e.PlaceKey, e.Position, latitude, longitude, e.Zone, e.AllDay, e.Begins, e.Ends, e.Rule, e.Excluded, e.UID, e.Cancelled, e.Answers, e.Capacity)
	if err != nil {
		return fmt.Errorf("insert event %d: %w", e.ContentID, err)
	}
	return nil
}

// updateEvent keeps what the form of an event says.
func updateEvent(ctx context.Context, tx *sqldb.Tx, e event) error {
	latitude, longitude := e.point()
	_, err := tx.Exec(ctx, `
		UPDATE events SET place = ?, place_key = ?, position = ?, latitude = ?, longitude = ?, zone = ?, all_day = ?, begins = ?, ends = ?, rule = ?, cancelled = ?, answers = ?, capacity = ?
		 WHERE content_id = ?`,
		e.Place, e.PlaceKey, e.Position, latitude, longitude, e.Zone, e.AllDay, e.Begins, e.Ends, e.Rule, e.Cancelled, e.Answers, e.Capacity, e.ContentID)
	if err != nil {
		return fmt.Errorf("update event %d: %w", e.ContentID, err)
	}
	return nil
}

// wantToCome returns a query for the people who want to come to a date of an event that is not over, or for the date 0 to
// any of them.
func wantToCome(contentID, dateID int64, now clock.Time) (query string, args []any) {
	query = `
		SELECT DISTINCT a.person_id FROM attendances a LEFT JOIN event_dates d ON d.id = a.date_id
		 WHERE a.content_id = ? AND a.person_id IS NOT NULL AND a.answer <> 'no' AND (d.id IS NULL OR d.ends_at >= ?)`
	if dateID == 0 {
		return query, []any{contentID, now}
	}
	return query + ` AND (d.id IS NULL OR d.id = ?)`, []any{contentID, now, dateID}
}

// Date is a date of an event as calendars show it. What the event says of itself is what the date says where they differ.
type Date struct {
	event
	ID       int64            `db:"date_id"`
	Day      string           `db:"day"` // on which the series says that it begins: 2026-03-03
	Title    string           `db:"title"`
	Slug     string           `db:"slug"`
	Public   bool             `db:"public"`
	Revision int              `db:"revision"`
	StartsAt clock.Time       `db:"starts_at"`
	EndsAt   clock.Time       `db:"ends_at"`
	Entity   community.Entity `db:"entity"`
}

// path returns the address of the date.
func (d Date) path() string {
	path := community.ContentPath(d.Entity.Slug, d.Slug)
	if !d.repeats() {
		return path
	}
	return community.DatePath(path, d.Day)
}

const dateColumns = `
	SELECT c.id AS content_id, c.slug, c.title, c.public, c.revision, v.position, v.zone, v.all_day, v.rule, v.uid, v.answers, v.capacity,
	       d.id AS date_id, d.day, d.begins, d.ends, d.place, d.place_key, d.starts_at, d.ends_at, CASE WHEN v.cancelled THEN v.cancelled ELSE d.cancelled END AS cancelled,
	       e.id AS "entity.id", e.kind AS "entity.kind", e.slug AS "entity.slug", e.name AS "entity.name", e.colour AS "entity.colour", e.picture AS "entity.picture"`

// briefColumns are those of dates in a grid, which shows hundreds of them.
const briefColumns = `
	SELECT c.id AS content_id, c.slug, c.title, c.public, v.zone, v.all_day, v.rule, d.id AS date_id, d.day, d.begins, d.ends, d.place, d.starts_at, d.ends_at,
	       CASE WHEN v.cancelled THEN v.cancelled ELSE d.cancelled END AS cancelled, e.id AS "entity.id", e.slug AS "entity.slug", e.name AS "entity.name"`

const joinedDates = ` d JOIN contents c ON c.id = d.content_id JOIN events v ON v.content_id = d.content_id JOIN entities e ON e.id = c.entity_id`

// frequency says whether events take place once or again and again.
type frequency string

// The repetitions by which calendars are narrowed, as addresses name them.
const (
	onceOnly   frequency = "once"
	seriesOnly frequency = "series"
)

// filter narrows calendars. Zero values ask for everything.
type filter struct {
	EntityID  int64
	PlaceKey  string
	Tag       string     // its slug
	From, To  clock.Time // what takes place in between
	Past      bool       // what is over at From, latest first, instead
	Frequency frequency
	Once      bool          // of each event the date that comes next, or was the last, and what is cancelled before that
	After     paging.Cursor // only what stands behind this place in the list
	Limit     int

	shown bool // what belongs to others and is shown by the entity, of event_hosts h, instead of its own
}

// where returns the condition of a filter for what the viewer finds in lists, and the direction of its order. Who may see a
// date is asked date by date, in the order of the calendar: MariaDB begins with the contents otherwise, and sorts the dates
// of all.
func (f filter) where(v community.Viewer) (condition string, args []any, down string) {
	visible, args := f.visible(v)
	condition, more, down := f.conditions(v)
	return "(SELECT " + visible + " FROM contents c WHERE c.id = d.content_id) AND " + condition, append(args, more...), down
}

// visible returns the condition on contents c that the viewer finds them in lists.
func (f filter) visible(v community.Viewer) (condition string, args []any) {
	condition, args = policy.ListableContents("c", v)
	if f.shown {
		condition += " AND c.public = ?"
		args = append(args, true)
	}
	return condition, args
}

// conditions returns what a filter asks of dates d themselves, and the direction of their order. No date takes longer than
// a year: where they are read from begins a year before what is asked for.
func (f filter) conditions(v community.Viewer) (condition string, args []any, down string) {
	conditions := []string{"1 = 1"}
	also := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		args = append(args, values...)
	}
	switch {
	case f.shown:
		also("h.entity_id = ? AND h.state = 'shown'", f.EntityID)
	case f.EntityID != 0:
		also("d.entity_id = ?", f.EntityID)
	}
	if f.PlaceKey != "" {
		also("d.place_key = ?", f.PlaceKey)
	}
	if f.Tag != "" {
		tagged, of := taggedDates(v, f.Tag)
		also(tagged, of...)
	}
	compare := ">"
	if f.Past {
		compare, down = "<", " DESC"
		also("d.starts_at < ? AND d.ends_at < ?", f.From, f.From)
	} else if !f.From.IsZero() {
		also("d.starts_at >= ? AND d.ends_at >= ?", clock.At(f.From.Add(-community.LongestDate)), f.From)
	}
	if !f.To.IsZero() {
		also("d.starts_at < ?", f.To)
	}
	switch f.Frequency {
	case onceOnly:
		also("(SELECT v.rule FROM events v WHERE v.content_id = d.content_id) = ''")
	case seriesOnly:
		also("(SELECT v.rule FROM events v WHERE v.content_id = d.content_id) <> ''")
	}
	if f.Once {
		over, nearer := ">=", "<"
		if f.Past {
			over, nearer = "<", ">"
		}
		others, values := "b.ends_at "+over+" ? AND b.cancelled = FALSE", []any{f.From}
		if f.PlaceKey != "" {
			others, values = others+" AND b.place_key = ?", append(values, f.PlaceKey)
		}
		// What comes next is what ends next: of each date, one other is looked up at most. MariaDB looks through the dates of
		// all events for NOT EXISTS.
		also("(SELECT 1 FROM event_dates b WHERE b.content_id = d.content_id AND "+others+" AND b.ends_at "+nearer+" d.ends_at LIMIT 1) IS NULL", values...)
	}
	if !f.After.At.IsZero() {
		also("d.starts_at "+compare+"= ? AND (d.starts_at "+compare+" ? OR d.id "+compare+" ?)", f.After.At, f.After.At, f.After.ID)
	}
	return strings.Join(conditions, " AND "), args, down
}

// listDates returns dates that the viewer finds in lists, in the order of the calendar.
func listDates(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter) ([]Date, error) {
	return selectDates(ctx, q, v, f, dateColumns)
}

// listBriefly is listDates for calendars, which show of each date little more than its title.
func listBriefly(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter) ([]Date, error) {
	return selectDates(ctx, q, v, f, briefColumns)
}

// foundColumns are what is read of the dates themselves.
const foundColumns = `d.id, d.content_id, d.day, d.begins, d.ends, d.place, d.place_key, d.starts_at, d.ends_at, d.cancelled`

func selectDates(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter, columns string) ([]Date, error) {
	found, args, order := f.found(v, foundColumns, foundColumns)
	var all []Date
	err := q.Select(ctx, &all, columns+` FROM (`+found+`)`+joinedDates+order+` LIMIT ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list dates in the order of the calendar: %w", err)
	}
	return all, nil
}

// mark is a date as a month in the margin shows it: on its days, with a title to point at. No more is read of it, because a
// month may have hundreds.
type mark struct {
	ContentID int64      `db:"content_id"`
	Day       string     `db:"day"` // on which the series says that it begins
	Title     string     `db:"title"`
	First     string     `db:"first_day"` // of an event that takes whole days; "" of another
	Last      string     `db:"last_day"`  // "" is the first
	StartsAt  clock.Time `db:"starts_at"`
	EndsAt    clock.Time `db:"ends_at"`
}

// listMarks returns the marks of dates that the viewer finds in lists, in the order of the calendar.
func listMarks(ctx context.Context, q sqldb.Querier, v community.Viewer, f filter) ([]mark, error) {
	const wholeDays = `CASE WHEN LENGTH(d.begins) = 10 THEN `
	const columns = `d.id, d.content_id, d.day, d.title, d.first_day, d.last_day, d.starts_at, d.ends_at`
	found, args, order := f.found(v, `d.id, d.content_id, d.day, c.title, `+wholeDays+`d.begins ELSE '' END AS first_day, `+wholeDays+`d.ends ELSE '' END AS last_day, d.starts_at, d.ends_at`, columns)
	var all []mark
	err := q.Select(ctx, &all, `SELECT d.content_id, d.day, d.title, d.first_day, d.last_day, d.starts_at, d.ends_at FROM (`+found+`) d`+order+` LIMIT ?`, append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("list the dates of a month: %w", err)
	}
	return all, nil
}

// found returns the query that finds dates, before what belongs to them is read, and its order: those of an entity, and the
// public ones of others that it shows. columns are what is read of dates d and their contents c, names what that is called
// in a table d.
func (f filter) found(v community.Viewer, columns, names string) (query string, args []any, order string) {
	query, args, order = f.foundIn(v, columns)
	if f.EntityID != 0 {
		f.shown = true
		others, more, _ := f.foundIn(v, columns)
		query = `SELECT ` + names + ` FROM (` + query + `) d UNION ALL SELECT ` + names + ` FROM (` + others + `) d`
		args = append(args, more...)
	}
	return query, args, order
}

// foundIn returns the query that finds dates of one kind. They are read from one index in its order; but for what a group
// shows of others, whose dates are few and looked up event by event. Sums keep databases from going the other way there,
// through the calendar of the whole town, and an outer join from beginning with the contents.
func (f filter) foundIn(v community.Viewer, columns string) (query string, args []any, order string) {
	visible, args := f.visible(v)
	condition, more, down := f.conditions(v)
	order = ` ORDER BY d.starts_at` + down + `, d.id` + down
	from, condition := `event_dates d`, condition+order
	if f.shown {
		from, condition = `event_hosts h JOIN event_dates d ON d.content_id = h.content_id + 0`, strings.ReplaceAll(condition, `d.starts_at`, `d.starts_at + 0`)
	}
	return `SELECT ` + columns + ` FROM ` + from + ` LEFT JOIN contents c ON c.id = d.content_id AND ` + visible + `
		 WHERE COALESCE(c.id, 0) <> 0 AND ` + condition + ` LIMIT ?`, append(append(args, more...), f.Limit), order
}

// How many events are looked through for places to offer, and how many places are offered.
const (
	placeSources  = 300
	offeredPlaces = 50
)

// listPlaces returns where the latest events take place that the viewer finds in lists, the latest first, each place once.
func listPlaces(ctx context.Context, q sqldb.Querier, v community.Viewer) ([]string, error) {
	listable, args := policy.ListableContents("c", v)
	var found []event
	err := q.Select(ctx, &found, `
		SELECT v.content_id, v.place, v.place_key
		  FROM (SELECT c.id, c.published_at FROM contents c WHERE `+listable+` AND c.kind = 'event' ORDER BY c.published_at DESC, c.id DESC LIMIT ?) c
		  JOIN events v ON v.content_id = c.id ORDER BY c.published_at DESC, c.id DESC`, append(args, placeSources)...)
	if err != nil {
		return nil, fmt.Errorf("list the places of events: %w", err)
	}
	var places []string
	seen := map[string]bool{}
	for _, e := range found {
		if e.PlaceKey != "" && !seen[e.PlaceKey] && len(places) < offeredPlaces {
			seen[e.PlaceKey] = true
			places = append(places, oneLine(e.Place))
		}
	}
	return places, nil
}

// getSalt returns what the secret of somebody's private address of a calendar is made of; "" if they have none.
func getSalt(ctx context.Context, q sqldb.Querier, personID, entityID int64) (string, error) {
	var salts []string
	err := q.Select(ctx, &salts, `SELECT salt FROM calendar_keys WHERE person_id = ? AND entity_id = ? ORDER BY salt`, personID, entityID)
	if err != nil {
		return "", fmt.Errorf("get the salt of a calendar: %w", err)
	}
	return strings.Join(salts, ""), nil // there is one at most
}

// replaceSalt makes a new private address in the place of the one before; the empty salt leaves none.
func replaceSalt(ctx context.Context, tx *sqldb.Tx, personID, entityID int64, salt string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM calendar_keys WHERE person_id = ? AND entity_id = ?`, personID, entityID); err != nil {
		return fmt.Errorf("revoke the address of a calendar: %w", err)
	}
	if salt == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO calendar_keys (person_id, entity_id, salt, created_at) VALUES (?, ?, ?, ?)`, personID, entityID, salt, tx.Now)
	if err != nil {
		return fmt.Errorf("make the address of a calendar: %w", err)
	}
	return nil
}

// findPerson returns the id of the person with a slug, 0 if there is none.
func findPerson(ctx context.Context, q sqldb.Querier, slug string) (int64, error) {
	var ids []int64
	err := q.Select(ctx, &ids, `SELECT p.id FROM people p JOIN entities e ON e.id = p.entity_id WHERE e.slug_key = ? ORDER BY p.id`, strings.ToLower(slug))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// entityOf returns the id of the entity to which an event belongs.
func entityOf(ctx context.Context, q sqldb.Querier, contentID int64) (id int64, err error) {
	if err := q.Get(ctx, &id, `SELECT entity_id FROM contents WHERE id = ?`, contentID); err != nil {
		return 0, fmt.Errorf("get the entity of event %d: %w", contentID, err)
	}
	return id, nil
}

// groupColumns are what is read of a group where its entity stands for it.
const groupColumns = `SELECT e.id, e.kind, g.id AS owner_id, e.slug, e.name, e.colour, e.picture, e.archived_at IS NOT NULL AS archived`

// entityOfGroup returns the entity of a group; NotFound if there is none.
func entityOfGroup(ctx context.Context, q sqldb.Querier, groupID int64) (community.Entity, error) {
	var e community.Entity
	err := q.Get(ctx, &e, groupColumns+`
		  FROM "groups" g JOIN entities e ON e.id = g.entity_id WHERE g.id = ?`, groupID)
	if err != nil {
		return e, fmt.Errorf("get the group of a calendar: %w", err)
	}
	return e, nil
}
