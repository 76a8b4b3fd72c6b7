package options

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"grouprise.org/grouprise/internal/core/settings"
	"grouprise.org/grouprise/internal/core/site"
	"grouprise.org/grouprise/internal/kit/config"
)

// What an administrator dresses the site with.

func (o *Options) dress() site.Dress {
	d := site.Dress{Backdrop: o.Branding.LogoBackdrop, Favicon: o.Branding.LogoFavicon, Square: o.Branding.LogoSquare}
	for _, s := range o.Stylesheets {
		d.Stylesheets = append(d.Stylesheets, site.Stylesheet(s))
	}
	for _, s := range o.Scripts {
		d.Scripts = append(d.Scripts, site.Script(s))
	}
	for _, folder := range o.TemplateDirs {
		d.Files = append(d.Files, site.OwnFolder(filepath.Join(folder, "static")))
	}
	return d
}

// shownOptions are the options that say what administrators could also set on pages.
func shownOptions() map[settings.Key][]string {
	return map[settings.Key][]string{
		settings.Name: {"site_name"}, settings.Claim: {"claims"}, settings.Language: {"language_code"}, settings.Colour: {"branding.theme_color"}, settings.Logo: {"branding.logo_text"},
		settings.Icon: {"branding.logo_square", "branding.logo_favicon"},
	}
}

// originsOf returns where those of them are set that are.
func originsOf(s *config.Settings) map[string]string {
	origins := map[string]string{}
	for _, options := range shownOptions() {
		for _, option := range options {
			if s.IsSet(option) {
				origins[option] = strings.TrimPrefix(s.Origin(option), "environment variable ")
			}
		}
	}
	return origins
}

// FixedSettings returns which settings of the site the options give, so that no page changes them.
func (o *Options) FixedSettings() map[settings.Key]settings.Fixed {
	fixed := map[settings.Key]settings.Fixed{}
	for key, options := range shownOptions() {
		for _, option := range options {
			if origin := o.origins[option]; origin != "" {
				fixed[key] = settings.Fixed{Option: option, Origin: origin}
			}
		}
	}
	return fixed
}

// scriptHashes returns the sources of a Content-Security-Policy that let the scripts run whose text stands in
// the configuration (CSP Level 3, section 2.3.1).
func (o *Options) scriptHashes() []string {
	var hashes []string
	for _, s := range o.Scripts {
		if s.Content != "" {
			sum := sha256.Sum256([]byte(s.Content))
			hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		}
	}
	return hashes
}

// maxOutlet is how many bytes an outlet may hold: it is part of each page.
const maxOutlet = 64 << 10

// Outlets reads what the administrator put into the template directories, the first directory first.
func (o *Options) Outlets() (map[site.Outlet]string, error) {
	found := map[site.Outlet]string{}
	for _, folder := range o.TemplateDirs {
		for _, outlet := range site.Outlets() {
			path := filepath.Join(folder, string(outlet)+".html")
			html, err := os.ReadFile(path)
			switch {
			case errors.Is(err, fs.ErrNotExist) || found[outlet] != "":
				continue
			case err != nil:
				return nil, fmt.Errorf("read the outlet %s: %w", outlet, err)
			case len(html) > maxOutlet:
				return nil, fmt.Errorf("%s is larger than %d KB, and it would be part of each page", path, maxOutlet>>10)
			case strings.Contains(string(html), "{%"):
				return nil, fmt.Errorf("%s is a template of grouprise 5.5: only plain HTML can be put into pages", path)
			}
			found[outlet] = strings.ToValidUTF8(string(html), "")
		}
	}
	return found, nil
}

// templates returns what is read in the template directories, and what lies there without effect.
func (o *Options) templates() (read string, unread []string) {
	var known []string
	for _, outlet := range site.Outlets() {
		known = append(known, string(outlet)+".html")
	}
	read, known = strings.Join(known, ", ")+", locale and static", append(known, "locale", "static")
	for _, folder := range o.TemplateDirs {
		entries, _ := os.ReadDir(folder) // a folder that cannot be read has nothing to warn about
		for _, entry := range entries {
			if name := entry.Name(); !slices.Contains(known, name) && !strings.HasPrefix(name, ".") {
				unread = append(unread, filepath.Join(folder, name))
			}
		}
	}
	return read, unread
}

// OwnTexts returns the catalogues in the template directories; those in the first directory win.
func (o *Options) OwnTexts() []fs.FS {
	var layers []fs.FS
	for _, dir := range slices.Backward(o.TemplateDirs) {
		folder := filepath.Join(dir, "locale")
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			layers = append(layers, os.DirFS(folder))
		}
	}
	return layers
}
