package lang

import "slices"

// Offer says which languages a site speaks, of those that there are catalogues for.
type Offer struct {
	Default   string   // for whoever wants none of them; always one of them. Empty: Fallback
	Languages []string // empty: all
}

// Offering returns the same catalogues for a site that speaks some of the languages only. The offer may be another one each
// time that it is asked for. Whoever wants another language reads the default.
func (c *Catalogues) Offering(offer func() Offer) *Catalogues {
	own := *c
	own.offer = offer
	return &own
}

// All returns all languages that there are catalogues for: Fallback first, the others in alphabetical order.
func (c *Catalogues) All() []string { return slices.Clone(c.languages) }

// offered returns the present offer, with a default that there is.
func (c *Catalogues) offered() Offer {
	var o Offer
	if c.offer != nil {
		o = c.offer()
	}
	if c.byLanguage[o.Default] == nil {
		o.Default = Fallback
	}
	return o
}

// speaks reports whether a language is one of them.
func (o Offer) speaks(code string) bool {
	return len(o.Languages) == 0 || code == o.Default || slices.Contains(o.Languages, code)
}
