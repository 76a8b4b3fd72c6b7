// Command image makes a container image (OCI) of the program without a container engine, to the same bytes for the same program: nothing
// but the program, the certificates of authorities (Mozilla's, at the version in go.mod) and the folders that it writes to.
//
//	image -version 6.0.0 -created 1700000000 -to FOLDER amd64=PROGRAM arm64=PROGRAM
//
// The folder is an OCI layout. "latest" and the version name the image for all processors, "6.0.0-arm64" that for one of them.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is who the program runs as. It has no name outside the image, and no rights in it but on the two folders of data.
const user = 10001

// What the program finds in the image.
const (
	data     = "/var/lib/grouprise"
	backups  = "/var/backups/grouprise"
	program  = "/usr/bin/grouprise"
	accounts = "root:x:0:0:root:/:/sbin/nologin\n_grouprise:x:10001:10001:grouprise:" + data + ":/sbin/nologin\n"
	groups   = "root:x:0:\n_grouprise:x:10001:\n"
	defaults = `# What the image decides. Files in /etc/grouprise/conf.d with later names win, and so do GROUPRISE_* variables.
data_path: /var/lib/grouprise
backup_path: /var/backups/grouprise
listen: 0.0.0.0:8008
lmtp:
  listen: 0.0.0.0:1025
`
)

func main() {
	version := flag.String("version", "", "version of the program")
	created := flag.Int64("created", 0, "seconds since 1970 that stand for the time at which everything was made")
	to := flag.String("to", "", "folder of the layout, which must not exist")
	flag.Parse()
	if err := run(*version, time.Unix(*created, 0).UTC(), *to, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// run makes the layout of programs given as ARCHITECTURE=PATH.
func run(version string, created time.Time, to string, programs []string) error {
	base, err := newLayer(created, foundation())
	if err != nil {
		return err
	}
	all := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	folder, err := layout.Write(to, all)
	if err != nil {
		return err
	}
	for _, given := range programs {
		architecture, path, ok := strings.Cut(given, "=")
		if !ok {
			return fmt.Errorf("%q is not ARCHITECTURE=PROGRAM", given)
		}
		content, err := os.ReadFile(path) // #nosec G304 -- which we built
		if err != nil {
			return err
		}
		top, err := newLayer(created, []entry{{path: program, mode: 0o755, content: content}})
		if err != nil {
			return err
		}
		image, err := newImage(version, architecture, created, base, top)
		if err != nil {
			return err
		}
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		all = mutate.AppendManifests(all, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
		if err := folder.AppendImage(image, named(version+"-"+architecture), layout.WithPlatform(platform)); err != nil {
			return err
		}
	}
	for _, name := range []string{version, "latest"} {
		if err := folder.AppendIndex(all, named(name)); err != nil {
			return err
		}
	}
	return nil
}

// named gives what is in a layout a name (org.opencontainers.image.ref.name), which may have no ~ as versions do.
func named(name string) layout.Option {
	return layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": strings.ReplaceAll(name, "~", "-")})
}

// newImage returns the image for one processor.
func newImage(version, architecture string, created time.Time, base, top v1.Layer) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(image,
		mutate.Addendum{Layer: base, History: v1.History{Created: v1.Time{Time: created}, CreatedBy: "certificates and folders"}},
		mutate.Addendum{Layer: top, History: v1.History{Created: v1.Time{Time: created}, CreatedBy: "the program"}})
	if err != nil {
		return nil, err
	}
	configuration, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	configuration = configuration.DeepCopy()
	configuration.OS, configuration.Architecture, configuration.Created = "linux", architecture, v1.Time{Time: created}
	configuration.Config = v1.Config{
		User: fmt.Sprintf("%d:%[1]d", user), WorkingDir: data, Entrypoint: []string{program}, Cmd: []string{"serve"},
		Env:          []string{"PATH=/usr/bin", "HOME=" + data},
		ExposedPorts: map[string]struct{}{"8008/tcp": {}, "1025/tcp": {}},
		Volumes:      map[string]struct{}{data: {}, backups: {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":    "grouprise",
			"org.opencontainers.image.version":  version,
			"org.opencontainers.image.created":  created.Format(time.RFC3339),
			"org.opencontainers.image.licenses": "AGPL-3.0-or-later",
			"org.opencontainers.image.url":      "https://grouprise.org/",
		},
	}
	return mutate.ConfigFile(image, configuration)
}

// entry is a file of a layer, or a folder.
type entry struct {
	path    string // a folder ends with /
	mode    int64
	owner   int
	content []byte
}

// foundation returns what the program needs besides itself.
func foundation() []entry {
	var certificates bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil { // a file of certificates cannot say that one counts no more for newer ones
			_ = pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return []entry{
		{path: "/etc/", mode: 0o755},
		{path: "/etc/passwd", mode: 0o644, content: []byte(accounts)},
		{path: "/etc/group", mode: 0o644, content: []byte(groups)},
		{path: "/etc/ssl/", mode: 0o755},
		{path: "/etc/ssl/certs/", mode: 0o755},
		{path: "/etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: certificates.Bytes()},
		{path: "/etc/grouprise/", mode: 0o755},
		{path: "/etc/grouprise/conf.d/", mode: 0o755},
		{path: "/etc/grouprise/conf.d/050-defaults.yaml", mode: 0o644, content: []byte(defaults)},
		{path: "/tmp/", mode: 0o1777},
		{path: "/usr/", mode: 0o755},
		{path: "/usr/bin/", mode: 0o755},
		{path: "/var/", mode: 0o755},
		{path: "/var/backups/", mode: 0o755},
		{path: backups + "/", mode: 0o750, owner: user},
		{path: "/var/lib/", mode: 0o755},
		{path: data + "/", mode: 0o750, owner: user},
	}
}

// newLayer returns a layer of files.
func newLayer(created time.Time, entries []entry) (v1.Layer, error) {
	var archive bytes.Buffer
	files := tar.NewWriter(&archive)
	for _, e := range entries {
		header := &tar.Header{
			Name: strings.TrimPrefix(e.path, "/"), Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(e.content)), ModTime: created,
			Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		}
		if strings.HasSuffix(e.path, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := files.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := files.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(9), tarball.WithCompressedCaching)
}
