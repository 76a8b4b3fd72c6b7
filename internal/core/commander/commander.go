// Package commander understands what administrators ask for in lines of words, such as "user join anna garten", in a chat
// room or at a terminal.
//
// Rooms of the house contribute the commands. Who may give them is for those to decide who ask: everybody in a room of
// administrators may, and whoever may run the program at the machine of the site.
//
// Replies are plain lines. What people have written stands in them as it is, and nothing of it is ever taken for markup.
package commander

import (
	"context"
	"errors"
	"html"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/lang"
)

// Command is something that can be asked for.
type Command struct {
	Name  string // in words: "user join"
	Args  string // what follows, as the help shows it: "NAME GROUP", "[N]"
	About lang.Text

	// Fits says of commands with one name whether it is this one that is meant; nil is the one that is if no other is.
	Fits func(args []string) bool

	// Plan says in a sentence what the command will do. One that has it destroys something and is confirmed before it runs.
	Plan func(ctx context.Context, args []string) (string, error)
	// Run does it. An error with a sentence is a reply, too.
	Run func(ctx context.Context, args []string) (Reply, error)
}

// Usage returns the name of a command with what follows it.
func (c Command) Usage() string { return strings.TrimSpace(c.Name + " " + c.Args) }

// counts returns how many arguments a command takes.
func (c Command) counts() (least, most int) {
	for a := range strings.FieldsSeq(c.Args) {
		if !strings.HasPrefix(a, "[") {
			least++
		}
		most++
	}
	return least, most
}

// Reply is what whoever asked reads: lines, of which those that begin with a hyphen are a list.
type Reply []string

// Item is a line of a list.
func Item(text string) string { return "- " + strings.Join(strings.Fields(text), " ") }

// Pair is a line of a list that says something of something.
func Pair(term, value string) string { return Item(term + ": " + value) }

// Text returns a reply as text.
func (r Reply) Text() string { return strings.Join(r, "\n") }

// HTML returns a reply as HTML, in which nothing of what the lines say is markup.
func (r Reply) HTML() string {
	var b strings.Builder
	inList := false
	for i, line := range r {
		text, isItem := strings.CutPrefix(line, "- ")
		switch {
		case isItem && !inList:
			b.WriteString("<ul>")
		case !isItem && inList:
			b.WriteString("</ul>")
		case !isItem && i > 0:
			b.WriteString("<br>")
		}
		inList = isItem
		text = html.EscapeString(text)
		if isItem {
			text = "<li>" + text + "</li>"
		}
		b.WriteString(text)
	}
	if inList {
		b.WriteString("</ul>")
	}
	return b.String()
}

// Commander knows all commands.
type Commander struct{ commands []Command }

// New returns a commander that knows nothing but its help.
func New() *Commander {
	c := &Commander{}
	c.commands = []Command{{Name: "help", Args: "[COMMAND]", About: lang.Text("Explains the commands.")}}
	return c
}

// Serve adds commands. It is called before anything is asked for.
func (c *Commander) Serve(commands ...Command) { c.commands = append(c.commands, commands...) }

// Names returns the names of all commands, in the order of the alphabet.
func (c *Commander) Names() (names []string) {
	for _, k := range c.commands {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Order is a command that was asked for.
type Order struct {
	Command Command
	Args    []string
}

// Refusal is the error of something that was not understood, or cannot be done, with what to say about it.
type Refusal struct{ Reply Reply }

// Error implements the error interface.
func (r *Refusal) Error() string { return r.Reply.Text() }

// Refuse returns a refusal of some lines.
func Refuse(lines ...string) error { return &Refusal{lines} }

// The most that is read at once, in lines and bytes. Commands are short: what is longer is none.
const (
	maxLines = 20
	maxBytes = 4000
)

// Read returns the orders of a text, one for each line. Empty lines and those that begin with # are none. A Refusal says
// what cannot be understood; nothing of the text is to be done then.
func (c *Commander) Read(ctx context.Context, text string) (orders []Order, err error) {
	if len(text) > maxBytes || strings.Count(text, "\n") >= maxLines {
		return nil, Refuse(lang.T(ctx, "That’s too long for commands. Nothing has been done."))
	}
	for line := range strings.Lines(text) {
		words, err := Split(line)
		if err != nil {
			return nil, Refuse(lang.T(ctx, "A quotation mark is missing. Nothing has been done."))
		}
		if len(words) == 0 {
			continue
		}
		o, err := c.order(ctx, words)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// order returns what some words ask for.
func (c *Commander) order(ctx context.Context, words []string) (Order, error) {
	if strings.EqualFold(words[0], "help") {
		return c.help(words[1:]), nil
	}
	named := c.named(words)
	if len(named) == 0 {
		return Order{}, &Refusal{c.misunderstood(ctx, words)}
	}
	args := words[len(strings.Fields(named[0].Name)):]
	least, most := named[0].counts()
	if len(args) < least || len(args) > most {
		return Order{}, Refuse(lang.T(ctx, "Usage: %s", named[0].Usage()))
	}
	var other *Command
	for i, k := range named {
		if k.Fits == nil {
			other = &named[i]
		} else if k.Fits(args) {
			return Order{k, args}, nil
		}
	}
	if other == nil {
		return Order{}, Refuse(lang.T(ctx, "Usage: %s", named[0].Usage()))
	}
	return Order{*other, args}, nil
}

// named returns the commands that some words begin with the name of: those with the longest name.
func (c *Commander) named(words []string) (found []Command) {
	longest := 0
	for _, k := range c.commands {
		name := strings.Fields(k.Name)
		if len(name) < longest || len(name) > len(words) || !strings.EqualFold(strings.Join(words[:len(name)], " "), k.Name) {
			continue
		}
		if len(name) > longest {
			longest, found = len(name), nil
		}
		found = append(found, k)
	}
	return found
}

// Question returns what orders will do that is to be confirmed before; nothing if they destroy nothing. An error says
// that one of them cannot be done; nothing is to be done then.
func Question(ctx context.Context, orders []Order) (plans Reply, err error) {
	for _, o := range orders {
		if o.Command.Plan == nil {
			continue
		}
		plan, err := o.Command.Plan(ctx, o.Args)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// Run carries out orders one after another. At the first that fails it stops, and returns its error beside what the
// others said.
func Run(ctx context.Context, orders []Order) (reply Reply, err error) {
	for _, o := range orders {
		said, err := o.Command.Run(ctx, o.Args)
		if err != nil {
			return reply, err
		}
		reply = append(reply, said...)
	}
	return reply, nil
}

// Explain returns what to say of an error, and whether it is one that the log should know of.
func Explain(ctx context.Context, err error) (reply Reply, unexpected bool) {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reply, false
	}
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case ok && e.Kind != errs.Internal && e.Message != "":
		return Reply{lang.T(ctx, e.Message, e.Args...)}, false
	case ok && e.Kind != errs.Internal && len(e.Fields) > 0:
		return Reply{lang.T(ctx, e.Fields[0].Message, e.Fields[0].Args...)}, false
	default:
		return Reply{lang.T(ctx, "That didn’t work. The log of the site says why.")}, true
	}
}
