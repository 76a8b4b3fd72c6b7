package options

import (
	"errors"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What is right, in words, where several options want the same.
const (
	wantListener = "an address with a port, such as localhost:8008, or unix: and the absolute path of a socket"
	wantPort     = "a port, 1 to 65535"
	wantRooms    = "a list of ids of Matrix rooms, such as !room:example.org"
	wantSources  = "a list of sources, such as https://example.org"
)

var (
	hostName   = regexp.MustCompile(`^[\pL\pN_.-]+$`)
	endpoint   = regexp.MustCompile(`^[\pL\pN_.-]+(:[0-9]{1,5})?$`)
	language   = regexp.MustCompile(`^[A-Za-z0-9]+([-_][A-Za-z0-9]+)?$`)
	colour     = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	word       = regexp.MustCompile(`^[\w-]+$`)
	matrixRoom = regexp.MustCompile(`^![^:\s]+:[\w.-]+\.\w+(:\d+)?$`)
	matrixUser = regexp.MustCompile(`^@[^:\s]+:[\w.-]+(:\d+)?$`)
	webPath    = regexp.MustCompile(`^/[^/\s]\S*$`)
)

func isHostName(s string) bool   { return hostName.MatchString(s) }
func isLanguage(s string) bool   { return language.MatchString(s) }
func isColour(s string) bool     { return colour.MatchString(s) }
func isWord(s string) bool       { return word.MatchString(s) }
func isEndpoint(s string) bool   { return endpoint.MatchString(s) }
func isRoom(s string) bool       { return s == "" || matrixRoom.MatchString(s) }
func isMatrixUser(s string) bool { return matrixUser.MatchString(s) }
func notNegative(n int) bool     { return n >= 0 }
func positive(n int) bool        { return n > 0 }
func isPort(n int) bool          { return n > 0 && n < 1<<16 }

// isLine accepts a text that is not empty and has no line breaks or other control characters.
func isLine(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func atLeast(characters int) func(string) bool {
	return func(s string) bool { return utf8.RuneCountInString(s) >= characters }
}

// isAllowedHost accepts host names, also with a leading dot or star for everything below.
func isAllowedHost(s string) bool {
	return isHostName(strings.TrimPrefix(s, "*")) || net.ParseIP(strings.Trim(s, "[]")) != nil
}

// isTimeZone accepts names of the zone database. "Local" would mean something else on each machine.
func isTimeZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "" && s != "Local"
}

// isListener accepts host:port, :port and unix:/path.
func isListener(s string) bool {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		return filepath.IsAbs(path)
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n < 1<<16
}

// isLoopback reports whether only this machine can reach a listener.
func isLoopback(listener string) bool {
	host, _, err := net.SplitHostPort(listener)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func isNetwork(s string) bool {
	_, err := parseNetwork(s)
	return err == nil
}

// parseNetwork reads a network, or an address as the network of one.
func parseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	address, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.Prefix(address.BitLen())
}

// isAddress accepts a bare mail address.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// isSender accepts a mail address with or without a name before it.
func isSender(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}

// isPattern accepts a mail address whose local part holds a placeholder once.
func isPattern(placeholder string) func(string) bool {
	return func(s string) bool {
		local, _, _ := strings.Cut(s, "@")
		return strings.Count(local, placeholder) == 1 && isAddress(strings.Replace(s, placeholder, "x", 1))
	}
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isTileURL(s string) bool {
	for _, part := range []string{"{s}", "{x}", "{y}", "{z}"} {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return strings.HasPrefix(s, "https://") && isLine(s)
}

// isSource accepts one source of a Content-Security-Policy; a semicolon would begin another directive.
func isSource(s string) bool {
	return isLine(s) && !strings.ContainsAny(s, "; ,")
}

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
	wrong := errors.New(`a list of sections with path, which begins with one "/", and perhaps load (async, defer or blocking), or with content alone`)
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

// Points are places on a map, each latitude and longitude.
type Points [][2]float64

// UnmarshalOption implements config.Unmarshaler.
func (p *Points) UnmarshalOption(v any) error {
	wrong := errors.New("a list of pairs, [latitude, longitude]")
	list, ok := v.([]any)
	if !ok {
		return wrong
	}
	points := make(Points, len(list))
	for i, item := range list {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return wrong
		}
		for j, bound := range []float64{90, 180} {
			n, ok := asFloat(pair[j])
			if !ok || !(n >= -bound && n <= bound) {
				return wrong
			}
			points[i][j] = n
		}
	}
	*p = points
	return nil
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
