package geo

import (
	"net/url"
	"slices"
	"strings"
)

// Tiles are the pictures that a map consists of.
type Tiles struct {
	URL         string // https://{s}.tile.example.org/{z}/{x}/{y}.png
	Attribution string // HTML: whose map it is
}

// subdomains is what stands for {s}, as libraries for maps have it.
const subdomains = "abc"

// sources returns the sites from which they come.
func (t Tiles) sources() (all []string) {
	for _, name := range subdomains {
		if host := hostOf(strings.ReplaceAll(t.URL, "{s}", string(name))); host != "" {
			all = append(all, "https://"+host)
		}
	}
	return slices.Compact(all)
}

// Host returns from where they come, as people read it.
func (t Tiles) Host() string {
	host := hostOf(strings.ReplaceAll(strings.ReplaceAll(t.URL, "{s}.", ""), "{s}", ""))
	name, _, _ := strings.Cut(host, ":")
	return name
}

// hostOf returns the host of an address by https, with its port; "" for what cannot stand in a policy.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || strings.ContainsAny(u.Host, "; ,'\"") {
		return ""
	}
	return u.Host
}
