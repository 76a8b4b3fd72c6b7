// Package parts is the design system: the components that pages are built of, such as forms, cards, badges and
// signs. They know the town's nouns and nothing of requests; package site puts pages of them into the frame.
package parts

// Level says what kind of message a flash is.
type Level string

// The levels of messages.
const (
	Info    Level = "info"
	Done    Level = "done"
	Problem Level = "problem"
)

// Message is something that a page says, in the language of whoever gets it.
type Message struct {
	Level Level  `json:"l"`
	Text  string `json:"t"`
}

// Crumb is one step of the way to a page. The last one, the page itself, needs no path.
type Crumb struct{ Label, Path string }
