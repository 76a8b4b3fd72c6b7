package options

import (
	"errors"
	"regexp"
	"strings"
)

// What is right, in words, where several options want the same.
const (
	wantListener = "an address with a port, such as localhost:8008, or unix: and the absolute path of a socket"
	wantPort     = "a port, 1 to 65535"
	wantRooms    = "a list of ids of Matrix rooms, such as !room:example.org"
	wantSources  = "a list of sources, such as https://example.org"
)

var webPath = regexp.MustCompile(`^/[^/\s]\S*$`)

// Stylesheets are links to styles of the site's own.
type Stylesheets []Stylesheet

// Stylesheet is a link to styles.
type Stylesheet struct {
	Path  string // path on this site
	Media string `yaml:"media,omitempty"` // media query; empty: all
}

// UnmarshalOption implements config.Unmarshaler.
func (s *Stylesheets) UnmarshalOption(v any) error {
	wrong := errors.New(`a list of sections with path, which begins with one "/", and perhaps media`)
	return eachSection(v, wrong, func(section map[string]string) bool {
		*s = append(*s, Stylesheet{Path: section["path"], Media: section["media"]})
		return webPath.MatchString(section["path"]) && onlyKeys(section, "path", "media")
	})
}

// Scripts are scripts of the site's own.
type Scripts []Script

// Script is a script with a path or with its text.
type Script struct {
	Path    string `yaml:"path,omitempty"`    // path on this site
	Load    string `yaml:"load,omitempty"`    // async, defer or blocking; only with a path
	Content string `yaml:"content,omitempty"` // its text, instead of a path
}

// UnmarshalOption implements config.Unmarshaler.
func (s *Scripts) UnmarshalOption(v any) error {
	wrong := errors.New(`a list of sections with path, which begins with one "/", and perhaps load ` +
		"(async, defer or blocking), or with content alone")
	return eachSection(v, wrong, func(section map[string]string) bool {
		content, inline := section["content"]
		if inline {
			*s = append(*s, Script{Content: strings.TrimSpace(content)})
			return len(section) == 1
		}
		load, ok := section["load"]
		if !ok {
			load = "async"
		}
		*s = append(*s, Script{Path: section["path"], Load: load})
		known := load == "async" || load == "defer" || load == "blocking"
		return known && webPath.MatchString(section["path"]) && onlyKeys(section, "path", "load")
	})
}

// eachSection hands each section of a list to take, which says whether it is right.
func eachSection(v any, wrong error, take func(map[string]string) bool) error {
	list, ok := v.([]any)
	if !ok {
		return wrong
	}
	for _, item := range list {
		section, ok := item.(map[string]any)
		if !ok {
			return wrong
		}
		texts := map[string]string{}
		for key, value := range section {
			if texts[key], ok = value.(string); !ok {
				return wrong
			}
		}
		if !take(texts) {
			return wrong
		}
	}
	return nil
}

func onlyKeys(section map[string]string, keys ...string) bool {
	known := 0
	for _, key := range keys {
		if _, ok := section[key]; ok {
			known++
		}
	}
	return known == len(section)
}
