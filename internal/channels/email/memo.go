package email

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"grouprise.org/grouprise/internal/kit/markdown"
)

// Texts that were written for mails already: how many are kept, and of how many bytes.
const (
	keptTexts  = 64
	keptBytes  = 1 << 20 // of what they were made of
	keptAnyway = 8       // however long they are: what leaves at the same time, in a few languages
)

// textKey is what a text in a mail is made of.
type textKey struct {
	source   string
	format   markdown.Format
	named    bool
	language string
	embedded string // the pictures that come with the mail
}

// writtenText is a text as both parts of a mail say it.
type writtenText struct{ plain, html string }

// textMemo keeps the texts that were written last: a notice has one text for all who get it in a language. It is safe for
// concurrent use.
type textMemo struct {
	mu      sync.Mutex
	texts   *simplelru.LRU[textKey, func() writtenText]
	used    int // bytes of the sources
	written int // texts that were not there
}

func newTextMemo() *textMemo {
	m := &textMemo{}
	texts, err := simplelru.NewLRU(keptTexts, func(k textKey, _ func() writtenText) { m.used -= len(k.source) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	m.texts = texts
	return m
}

// get returns a text that write writes, which is called once even if many ask at the same moment.
func (m *textMemo) get(key textKey, write func() writtenText) writtenText {
	return m.entry(key, write)()
}

func (m *textMemo) entry(key textKey, write func() writtenText) func() writtenText {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.texts.Get(key); ok {
		return text
	}
	text := sync.OnceValue(write)
	m.written++
	m.used += len(key.source)
	m.texts.Add(key, text)
	for m.used > keptBytes && m.texts.Len() > keptAnyway {
		m.texts.RemoveOldest()
	}
	return text
}
