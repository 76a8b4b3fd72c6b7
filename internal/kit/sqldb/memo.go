package sqldb

import (
	"context"
	"fmt"
	"reflect"
)

// Memo is a Querier that asks another one each question once: the same text with the same arguments is answered
// from memory the next time. It is for work on many things alike in one go, such as a mail to each of many
// people; it lives as long as that, and one goroutine uses it. What lies behind pointers in an answer is
// shared by all who asked and not to be changed.
type Memo struct {
	q       Querier
	answers map[string]reflect.Value
}

// NewMemo returns a memo of what q is asked.
func NewMemo(q Querier) *Memo { return &Memo{q: q, answers: map[string]reflect.Value{}} }

// Get implements Querier.
func (m *Memo) Get(ctx context.Context, dest any, query string, args ...any) error {
	return m.ask(ctx, m.q.Get, dest, query, args)
}

// Select implements Querier.
func (m *Memo) Select(ctx context.Context, dest any, query string, args ...any) error {
	return m.ask(ctx, m.q.Select, dest, query, args)
}

func (m *Memo) ask(ctx context.Context, ask func(context.Context, any, string, ...any) error, dest any, query string, args []any) error {
	target := reflect.ValueOf(dest)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return ask(ctx, dest, query, args...) // is refused there
	}
	key, err := question(dest, query, args)
	if err != nil {
		return err
	}
	if answer, ok := m.answers[key]; ok {
		target.Elem().Set(copied(answer))
		return nil
	}
	if err := ask(ctx, dest, query, args...); err != nil {
		return err
	}
	m.answers[key] = copied(target.Elem())
	return nil
}

// question returns what tells a question from every other one: what the server would be sent, exactly.
func question(dest any, query string, args []any) (string, error) {
	bound := make([]any, len(args))
	for i, arg := range args {
		if bound[i] = arg; isList(arg) {
			continue
		}
		var err error
		if bound[i], err = value(arg); err != nil {
			return "", fmt.Errorf("argument %d: %w in: %s", i+1, err, query)
		}
	}
	return fmt.Sprintf("%T %#v %s", dest, bound, query), nil
}

// copied returns a value of its own; the rows of a slice are copied, too.
func copied(v reflect.Value) reflect.Value {
	own := reflect.New(v.Type()).Elem()
	if v.Kind() != reflect.Slice {
		own.Set(v)
		return own
	}
	return reflect.AppendSlice(own, v)
}
