package webdav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"grouprise.org/grouprise/internal/kit/errs"
)

// How deep elements may lie within each other, and how many there may be: each of the 5,000 events that a calendar holds
// at most is named by one.
const (
	maxDepth    = 16
	maxElements = 20000
)

// element is an element of a request.
type element struct {
	Name       xml.Name
	Attributes []xml.Attr
	Children   []*element
	text       bytes.Buffer // which may come in many pieces
}

// readTree reads a request; nil says that it is empty. The size of what it reads is bounded by the caller. A document type
// is refused: it is of no use here but to declare entities that stand for others, and more of them.
func readTree(r io.Reader) (*element, error) {
	decoder := xml.NewDecoder(r)
	root := &element{}
	open := []*element{root}
	for count := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, notUnderstood(err)
		}
		inner := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(open) > maxDepth {
				return nil, notUnderstood(errors.New("there are too many elements, or they lie too deep"))
			}
			e := &element{Name: token.Name, Attributes: token.Attr}
			inner.Children = append(inner.Children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			inner.text.Write(token)
		case xml.Directive:
			return nil, notUnderstood(errors.New("there is a document type"))
		}
	}
	if len(root.Children) == 0 && root.plain() != "" {
		return nil, notUnderstood(errors.New("there is no element"))
	}
	if len(root.Children) == 0 {
		return nil, nil //nolint:nilnil // nothing was sent, which means something
	}
	return root.Children[0], nil
}

func notUnderstood(cause error) error {
	return errs.New(errs.Invalid, "The calendar app sent something that can’t be understood.").Because(cause)
}

// child returns the first child with a name; nil if there is none.
func (e *element) child(name xml.Name) *element {
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// attribute returns the value of an attribute, "" if there is none.
func (e *element) attribute(name string) string {
	for _, a := range e.Attributes {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// plain returns the text of an element without the blanks around it.
func (e *element) plain() string { return strings.TrimSpace(e.text.String()) }
