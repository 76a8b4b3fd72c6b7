// Package check holds what a value of an option may be: each function says whether one is right.
package check

import (
	"cmp"
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

	"golang.org/x/net/idna"
)

var (
	hostName   = regexp.MustCompile(`^[\pL\pN\pM_-]+(\.[\pL\pN\pM_-]+)*\.?$`)
	endpoint   = regexp.MustCompile(`^[\pL\pN_.-]+(:[0-9]{1,5})?$`)
	language   = regexp.MustCompile(`^[A-Za-z0-9]+([-_][A-Za-z0-9]+)?$`)
	bucket     = regexp.MustCompile(`^[a-zA-Z0-9][\w.:-]{1,61}[a-zA-Z0-9]$`)
	colour     = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	word       = regexp.MustCompile(`^[\w-]+$`)
	matrixRoom = regexp.MustCompile(`^!([^:\s]+:[\w.-]+\.\w+(:\d+)?|[\w-]{43})$`) // rooms of version 12 bear no name of a server
	matrixUser = regexp.MustCompile(`^@[^:\s]+:[\w.-]+(:\d+)?$`)
)

// HostName accepts the name of a host: one that DNS can carry, as it is or as ASCIIHost writes it.
func HostName(s string) bool { return hostName.MatchString(s) && ASCIIHost(s) != "" }

// ASCIIHost returns the name of a host as it travels in DNS, HTTP and mails (RFC 5890), without a final dot; it is empty for a
// name with other letters than those of ASCII that cannot be written so. A name in ASCII stays as it is, even if it is one
// that is known only on a network of its own.
func ASCIIHost(s string) string {
	s = strings.TrimSuffix(s, ".")
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return ""
	}
	return ascii
}

// Language accepts a language tag: de, de-at.
func Language(s string) bool { return language.MatchString(s) }

// Colour accepts #rrggbb.
func Colour(s string) bool { return colour.MatchString(s) }

// Word accepts letters, digits, _ and -.
func Word(s string) bool { return word.MatchString(s) }

// Endpoint accepts a host with or without a port.
func Endpoint(s string) bool { return endpoint.MatchString(s) }

// Bucket accepts the name of a bucket of an S3-compatible store.
func Bucket(s string) bool { return bucket.MatchString(s) }

// MatrixRoom accepts the id of a Matrix room, or nothing.
func MatrixRoom(s string) bool { return s == "" || matrixRoom.MatchString(s) }

// MatrixUser accepts the id of a Matrix user.
func MatrixUser(s string) bool { return matrixUser.MatchString(s) }

// NotNegative accepts 0 and more.
func NotNegative(n int) bool { return n >= 0 }

// Positive accepts 1 and more.
func Positive(n int) bool { return n > 0 }

// AtLeastFive accepts 5 and more.
func AtLeastFive(n int) bool { return n >= 5 }

// Port accepts 1 to 65535.
func Port(n int) bool { return n > 0 && n < 1<<16 }

// Line accepts a text that is not empty and has no line breaks or other control characters.
func Line(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// AtLeast returns a check that accepts texts of so many characters and more.
func AtLeast(characters int) func(string) bool {
	return func(s string) bool { return utf8.RuneCountInString(s) >= characters }
}

// WriteInASCII writes names of hosts, and the domains of mail addresses, as ASCIIHost does: münchen.example becomes
// xn--mnchen-3ya.example. What cannot be written so stays.
func WriteInASCII(names ...*string) {
	for _, name := range names {
		at := strings.LastIndexByte(*name, '@') + 1
		*name = (*name)[:at] + cmp.Or(ASCIIHost((*name)[at:]), (*name)[at:])
	}
}

// AllowedHost accepts host names, also with a leading dot or star for everything below.
func AllowedHost(s string) bool {
	return HostName(strings.TrimPrefix(strings.TrimPrefix(s, "*"), ".")) || net.ParseIP(strings.Trim(s, "[]")) != nil
}

// TimeZone accepts names of the zone database. "Local" would mean something else on each machine.
func TimeZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "" && s != "Local"
}

// Listener accepts host:port, :port and unix:/path.
func Listener(s string) bool {
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

// Loopback reports whether only this machine can reach a listener.
func Loopback(listener string) bool {
	host, _, err := net.SplitHostPort(listener)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// Network accepts an address or a network.
func Network(s string) bool {
	_, err := ParseNetwork(s)
	return err == nil
}

// ParseNetwork reads a network, or an address as the network of one.
func ParseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	address, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.Prefix(address.BitLen())
}

// Address accepts a bare mail address.
func Address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// Sender accepts a mail address with or without a name before it.
func Sender(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}

// Pattern accepts a mail address whose local part holds a placeholder once.
func Pattern(placeholder string) func(string) bool {
	return func(s string) bool {
		local, _, _ := strings.Cut(s, "@")
		return strings.Count(local, placeholder) == 1 && Address(strings.Replace(s, placeholder, "x", 1))
	}
}

// URL accepts an address of the web.
func URL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// TileURL accepts the pattern of addresses of map tiles.
func TileURL(s string) bool {
	for _, part := range []string{"{s}", "{x}", "{y}", "{z}"} {
		if !strings.Contains(s, part) {
			return false
		}
	}
	return strings.HasPrefix(s, "https://") && Line(s)
}

// Source accepts one source of a Content-Security-Policy; a semicolon would begin another directive.
func Source(s string) bool {
	return Line(s) && !strings.ContainsAny(s, "; ,")
}
