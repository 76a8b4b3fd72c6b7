package contenttest_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/url"
	"testing"
	"time"

	"github.com/a-h/templ"

	"grouprise.org/grouprise/internal/core/parts"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/features/content"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/contenttest"
)

// meetingForm writes a meeting: a kind with fields, a table and an order of its own, which may do without a text.
type meetingForm struct {
	content.Common
	Place  string   `form:"place" text:"line" label:"Place"`
	Day    string   `form:"day" text:"line" label:"Day"`
	Online bool     `form:"online" label:"Online"`
	Topics []string `form:"topics" text:"line" label:"Topics"`
}

var (
	_ content.Form  = (*meetingForm)(nil)
	_ content.Dated = (*meetingForm)(nil)
)

const meetings = `-- +goose Up
CREATE TABLE IF NOT EXISTS meetings (
    content_id BIGINT NOT NULL PRIMARY KEY,
    place VARCHAR(200) NOT NULL,
    day CHAR(10) NOT NULL,
    online BOOLEAN NOT NULL,
    topics {text} NOT NULL,
    FOREIGN KEY (content_id) REFERENCES contents (id) ON DELETE CASCADE
) {options};
`

type meeting struct {
	ID     int64  `db:"content_id"`
	Place  string `db:"place"`
	Day    string `db:"day"`
	Online bool   `db:"online"`
	Topics string `db:"topics"`
}

func (f *meetingForm) topics() string { return fmt.Sprintf("%q", f.Topics) }

func (f *meetingForm) Load(ctx context.Context, q sqldb.Querier, id int64) error {
	var m meeting
	if err := q.Get(ctx, &m, `SELECT content_id, place, day, online, topics FROM meetings WHERE content_id = ?`, id); err != nil {
		return err
	}
	f.Place, f.Day, f.Online, f.Topics = m.Place, m.Day, m.Online, nil
	for rest := m.Topics[1 : len(m.Topics)-1]; rest != ""; {
		var topic string
		if _, err := fmt.Sscanf(rest, "%q", &topic); err != nil {
			return err
		}
		f.Topics = append(f.Topics, topic)
		rest = rest[min(len(rest), len(fmt.Sprintf("%q", topic))+1):]
	}
	return nil
}

func (f *meetingForm) Validate() error {
	var wrong []errs.FieldError
	if len(f.Place) > 200 {
		wrong = append(wrong, errs.Field("place", "Too long."))
	}
	if _, err := time.Parse(time.DateOnly, f.Day); err != nil {
		wrong = append(wrong, errs.Field("day", "Enter a date like 2026-03-12."))
	}
	return errs.Check(wrong...)
}

func (f *meetingForm) Fields(_ *site.Visit, wrong parts.Errors) templ.Component {
	fields := []templ.Component{
		parts.Field(parts.Input{Name: "place", Label: "Place", Value: f.Place, Errors: wrong}),
		parts.Field(parts.Input{Name: "day", Label: "Day", Value: f.Day, Errors: wrong}),
		parts.Checkbox(parts.Input{Name: "online", Label: "Online", Value: parts.Checked(f.Online), Errors: wrong}),
	}
	for _, topic := range f.Topics {
		fields = append(fields, parts.Hidden("topics", topic))
	}
	return templ.Join(fields...)
}

func (f *meetingForm) Save(ctx context.Context, tx *sqldb.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM meetings WHERE content_id = ?`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO meetings (content_id, place, day, online, topics) VALUES (?, ?, ?, ?, ?)`, id, f.Place, f.Day, f.Online, f.topics())
	return err
}

func (f *meetingForm) Same(ctx context.Context, q sqldb.Querier, id int64) (same bool, err error) {
	err = q.Get(ctx, &same, `SELECT EXISTS (SELECT 1 FROM meetings WHERE content_id = ? AND place = ? AND day = ?)`, id, f.Place, f.Day)
	return same, err
}

// Dates implements content.Dated.
func (f *meetingForm) Dates() (starts, ends clock.Time) {
	day, err := time.Parse(time.DateOnly, f.Day)
	if err != nil {
		return clock.Time{}, clock.Time{}
	}
	return clock.At(day), clock.At(day.AddDate(0, 0, 1))
}

// places shows where meetings are, with one query for all of them.
func places(v *site.Visit, q sqldb.Querier, items []content.Item) (map[int64]templ.Component, error) {
	ids := make([]int64, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	found, err := facts(v.Context(), q, ids)
	all := map[int64]templ.Component{}
	for id, facts := range found {
		all[id] = templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "<p>Place: "+html.EscapeString(facts[0].Value)+"</p>")
			return err
		})
	}
	return all, err
}

func facts(ctx context.Context, q sqldb.Querier, ids []int64) (map[int64][]content.Fact, error) {
	var list []meeting
	if err := q.Select(ctx, &list, `SELECT content_id, place, day, online, topics FROM meetings WHERE content_id IN (?) ORDER BY content_id`, ids); err != nil {
		return nil, err
	}
	all := map[int64][]content.Fact{}
	for _, m := range list {
		all[m.ID] = []content.Fact{{Label: lang.T(ctx, "Place"), Value: m.Place}, {Label: "Day", Value: m.Day}}
	}
	return all, nil
}

func TestAKindWithATableAndAnOrderOfItsOwn(t *testing.T) {
	t.Parallel()
	contenttest.Conformance(t, content.Kind{
		Name: "meeting", Label: "Meeting", Plural: "Meetings", Write: "Announce a meeting", About: "Where people meet.", Icon: parts.IconCalendar,
		ListPath: "/stadt/meetings", Order: content.NextFirst, TextOptional: true,
		Form: func() content.Form { return &meetingForm{} }, Body: places, Card: places, Facts: facts,
	}, contenttest.Sample{
		Fields:    url.Values{"place": {"Am Bach"}, "day": {"2099-05-01"}, "topics": {"Kasse", "Wahl \"26\""}},
		Changed:   url.Values{"place": {"Im Hof"}, "day": {"2099-06-01"}, "topics": {"Fest"}},
		Past:      url.Values{"place": {"Im Keller"}, "day": {"2020-01-01"}, "topics": {"Alt"}},
		OnPage:    []string{"Place: Am Bach"},
		OnCard:    []string{"Place: Am Bach"},
		InMail:    []string{"Place: Am Bach", "Day: 2099-05-01"},
		Migration: meetings,
	})
}
