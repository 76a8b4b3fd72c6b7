package parts

// Errors is what is wrong with a form, in the viewer's language. The zero value: nothing is.
type Errors struct {
	Message string // about the whole form; "" if only fields are wrong
	Fields  []FieldMessage
}

// FieldMessage is what is wrong with one field.
type FieldMessage struct{ Name, Message string }

// Any reports whether anything is wrong.
func (e Errors) Any() bool { return e.Message != "" || len(e.Fields) > 0 }

// Of returns what is wrong with a field, "" if nothing is.
func (e Errors) Of(name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Message
		}
	}
	return ""
}
