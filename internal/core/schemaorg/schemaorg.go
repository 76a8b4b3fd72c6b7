// Package schemaorg writes what pages say of themselves to programs: things in the words of schema.org, as JSON-LD.
// Addresses are absolute, days are written as 2026-03-03 and points in time with their offset.
package schemaorg

import (
	"encoding/json"
	"fmt"
)

// Thing is something that a page is about.
type Thing interface{ json.Marshaler }

// Graph returns the text of a script element of the type application/ld+json about some things. Whatever they say, it
// holds neither < nor >, so that nothing ends the element.
func Graph(things ...Thing) (string, error) {
	text, err := json.Marshal(struct {
		Context string  `json:"@context"`
		Graph   []Thing `json:"@graph"`
	}{"https://schema.org", things})
	if err != nil {
		return "", fmt.Errorf("write what a page says to programs: %w", err)
	}
	return string(text), nil
}

// typed writes the fields of a thing behind the name of its type.
func typed(name string, fields any) ([]byte, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	head := `{"@type":"` + name + `"`
	if len(text) > len("{}") {
		head += ","
	}
	return append([]byte(head), text[1:]...), nil
}

// Group is an organization, as schema.org has it.
type Group struct {
	Name         string   `json:"name"`
	URL          string   `json:"url,omitempty"`
	Description  string   `json:"description,omitempty"`
	Logo         string   `json:"logo,omitempty"`
	Image        string   `json:"image,omitempty"`
	Address      string   `json:"address,omitempty"`
	SameAs       []string `json:"sameAs,omitempty"`
	FoundingDate string   `json:"foundingDate,omitempty"`
}

// MarshalJSON implements Thing.
func (o Group) MarshalJSON() ([]byte, error) {
	type fields Group
	return typed("Organization", fields(o))
}

// Person is somebody.
type Person struct {
	Name        string `json:"name"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description,omitempty"`
	Image       string `json:"image,omitempty"`
}

// MarshalJSON implements Thing.
func (p Person) MarshalJSON() ([]byte, error) {
	type fields Person
	return typed("Person", fields(p))
}

// ProfilePage is the page of somebody.
type ProfilePage struct {
	URL         string `json:"url"`
	DateCreated string `json:"dateCreated,omitempty"`
	MainEntity  Person `json:"mainEntity"`
}

// MarshalJSON implements Thing.
func (p ProfilePage) MarshalJSON() ([]byte, error) {
	type fields ProfilePage
	return typed("ProfilePage", fields(p))
}

// Work is what works of all kinds say of themselves. It is part of each, and no Thing alone.
type Work struct {
	Name          string   `json:"name"`
	URL           string   `json:"url"`
	Description   string   `json:"description,omitempty"`
	Image         []string `json:"image,omitempty"`
	DatePublished string   `json:"datePublished,omitempty"`
	Author        Thing    `json:"author,omitempty"`
	CommentCount  int      `json:"commentCount,omitempty"`
}

// Article is a text.
type Article struct {
	Work
	Headline string `json:"headline"`
}

// MarshalJSON implements Thing.
func (a Article) MarshalJSON() ([]byte, error) {
	type fields Article
	return typed("Article", fields(a))
}

// ImageGallery is a work that consists of pictures.
type ImageGallery struct {
	Work
	Pictures []ImageObject `json:"associatedMedia,omitempty"`
}

// MarshalJSON implements Thing.
func (g ImageGallery) MarshalJSON() ([]byte, error) {
	type fields ImageGallery
	return typed("ImageGallery", fields(g))
}

// ImageObject is a picture.
type ImageObject struct {
	ContentURL string `json:"contentUrl"`
	Caption    string `json:"caption,omitempty"`
}

// MarshalJSON implements Thing.
func (i ImageObject) MarshalJSON() ([]byte, error) {
	type fields ImageObject
	return typed("ImageObject", fields(i))
}

// DigitalDocument is a work that consists of a file.
type DigitalDocument struct {
	Work
	Encoding []MediaObject `json:"encoding,omitempty"`
}

// MarshalJSON implements Thing.
func (d DigitalDocument) MarshalJSON() ([]byte, error) {
	type fields DigitalDocument
	return typed("DigitalDocument", fields(d))
}

// MediaObject is a file.
type MediaObject struct {
	Name           string `json:"name"`
	ContentURL     string `json:"contentUrl"`
	EncodingFormat string `json:"encodingFormat,omitempty"`
	ContentSize    string `json:"contentSize,omitempty"`
}

// MarshalJSON implements Thing.
func (m MediaObject) MarshalJSON() ([]byte, error) {
	type fields MediaObject
	return typed("MediaObject", fields(m))
}

// Question is what somebody asks, with the answers to choose from.
type Question struct {
	Work
	SuggestedAnswer []Answer `json:"suggestedAnswer,omitempty"`
}

// MarshalJSON implements Thing.
func (q Question) MarshalJSON() ([]byte, error) {
	type fields Question
	return typed("Question", fields(q))
}

// Answer is one of the answers to a Question.
type Answer struct {
	Text string `json:"text"`
}

// MarshalJSON implements Thing.
func (a Answer) MarshalJSON() ([]byte, error) {
	type fields Answer
	return typed("Answer", fields(a))
}

// BreadcrumbList is the way to a page.
type BreadcrumbList struct {
	Items []ListItem `json:"itemListElement"`
}

// MarshalJSON implements Thing.
func (b BreadcrumbList) MarshalJSON() ([]byte, error) {
	type fields BreadcrumbList
	return typed("BreadcrumbList", fields(b))
}

// ListItem is a part of a list. Positions begin with 1.
type ListItem struct {
	Position int    `json:"position"`
	Name     string `json:"name"`
	Item     string `json:"item,omitempty"` // its address
}

// MarshalJSON implements Thing.
func (i ListItem) MarshalJSON() ([]byte, error) {
	type fields ListItem
	return typed("ListItem", fields(i))
}

// WebSite is the whole site.
type WebSite struct {
	Name        string        `json:"name"`
	URL         string        `json:"url"`
	Description string        `json:"description,omitempty"`
	Search      *SearchAction `json:"potentialAction,omitempty"`
}

// MarshalJSON implements Thing.
func (w WebSite) MarshalJSON() ([]byte, error) {
	type fields WebSite
	return typed("WebSite", fields(w))
}

// SearchAction is how the site is searched: the address of the results, with {query} in the place of what is looked for.
type SearchAction struct {
	URLTemplate string
}

// MarshalJSON implements Thing.
func (s SearchAction) MarshalJSON() ([]byte, error) {
	return typed("SearchAction", struct {
		Target entryPoint `json:"target"`
		Input  string     `json:"query-input"`
	}{entryPoint(s), "required name=query"})
}

type entryPoint struct {
	URLTemplate string `json:"urlTemplate"`
}

// MarshalJSON implements Thing.
func (e entryPoint) MarshalJSON() ([]byte, error) {
	type fields entryPoint
	return typed("EntryPoint", fields(e))
}
