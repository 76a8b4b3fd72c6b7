// Package module says what a room of the house consists of.
//
// A room registers with this struct, by value: all that it contributes, as data. The roof makes every room, closes the
// list of their modules and pours it into the shared services; `grouprise admin house` prints it. What one module says
// never names another: a page is filled by spots, a menu by entries, deletion by what each module holds.
package module

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"grouprise.org/grouprise/internal/core/agenda"
	"grouprise.org/grouprise/internal/core/bot"
	"grouprise.org/grouprise/internal/core/commander"
	"grouprise.org/grouprise/internal/core/doctor"
	"grouprise.org/grouprise/internal/core/estate"
	"grouprise.org/grouprise/internal/core/mailin"
	"grouprise.org/grouprise/internal/core/notify"
	"grouprise.org/grouprise/internal/core/outbox"
	"grouprise.org/grouprise/internal/core/search"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/lang"
	"grouprise.org/grouprise/internal/kit/queue"
)

// Module is a room's table of contents. Every field is optional but the name.
type Module struct {
	Name string // the room's package name

	Routes   []site.Route    // what it answers on the web
	Entries  []site.Entry    // links in menus
	Searches []site.Search   // lists that the field in the bar searches
	Finds    []search.Source // what people find by searching
	Acts     []site.Act      // what people can do with a group or person
	Blocks   []site.Block    // parts of pages that many rooms fill
	Steps    []site.Step     // what new people and groups do to get going

	Alternates []site.AlternateSource // feeds and the like that the heads of pages name
	Sitemaps   []site.SitemapSource   // pages that search engines should find
	Agenda     []agenda.Source        // what waits for an answer of somebody

	Reactions  []outbox.Reaction  // what follows an activity in its transaction
	Notices    []notify.Notice    // who is told of an activity, and what
	Enclosures []notify.Enclosure // what goes along
	Addresses  []mailin.Address   // where mails arrive
	Replies    []mailin.Reply     // what answers to mails become
	Calendars  []mailin.Calendars // what becomes of the calendars that mails bring
	Mailboxes  []mailin.Mailbox   // where the program itself reads mails

	Hears    []bot.Listener      // what it makes of what is said in chat rooms
	Commands []commander.Command // what administrators can ask for in words

	Switches []notify.Switch // what people choose beside the channels

	Instructions []mailin.Instruction // what answers to mails may say instead

	PictureSources []string // other sites from which its pages show pictures, as the policy that browsers keep names them

	Jobs      []queue.Kind
	Periodics []queue.Periodic
	Sweeps    []Sweep // what is removed once a day

	Estate []estate.Holding // what it keeps of a person

	Checks       []site.Check   // what must be there for the site to be ready
	Examinations []doctor.Check // what may be wrong with the site, and how to put it right
	Metrics      []prometheus.Collector
	Facts        []Fact    // what administrators see of how the site is set up
	Cautions     []Caution // what they should see to, shown wherever they look
}

// Caution returns what administrators should see to as it is now, "" if there is nothing.
type Caution func(ctx context.Context, p *lang.Printer) (string, error)

// CautionOf says on every page for administrators what a check finds, which must be quick.
func CautionOf(c doctor.Check) Caution {
	return func(ctx context.Context, p *lang.Printer) (string, error) {
		found, err := c.Run(ctx)
		var said []string
		for _, f := range found {
			said = append(said, f.Wrong.In(p)+" "+f.Remedy.In(p))
		}
		return strings.Join(said, " "), err
	}
}

// Fact is one line for administrators.
type Fact struct {
	Term  lang.Text
	Value string
	Ask   func(ctx context.Context, p *lang.Printer) (string, error) // in place of Value, for what changes; nil is none
	Path  string                                                     // of a page that says more; "" is none
}

// Sweep removes what has expired. It runs once a day, again after a failure, and so must do no harm twice.
type Sweep struct {
	About string // one line for the print of the house: "sessions that have ended"
	Run   func(ctx context.Context) error
}

// Gather pours one field of all modules into one list.
func Gather[T any](modules []Module, field func(Module) []T) []T {
	var all []T
	for _, m := range modules {
		all = append(all, field(m)...)
	}
	return all
}

// Contributions returns what modules give to the site.
func Contributions(modules []Module) site.Contributions {
	return site.Contributions{
		Routes:   Gather(modules, func(m Module) []site.Route { return m.Routes }),
		Entries:  Gather(modules, func(m Module) []site.Entry { return m.Entries }),
		Searches: Gather(modules, func(m Module) []site.Search { return m.Searches }),
		Acts:     Gather(modules, func(m Module) []site.Act { return m.Acts }),
		Blocks:   Gather(modules, func(m Module) []site.Block { return m.Blocks }),
		Checks:   Gather(modules, func(m Module) []site.Check { return m.Checks }),
		Steps:    Gather(modules, func(m Module) []site.Step { return m.Steps }),

		Alternates: Gather(modules, func(m Module) []site.AlternateSource { return m.Alternates }),
	}
}

// Switches returns what people choose beside the channels.
func Switches(modules []Module) []notify.Switch {
	return Gather(modules, func(m Module) []notify.Switch { return m.Switches })
}
