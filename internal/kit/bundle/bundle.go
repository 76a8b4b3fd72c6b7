// Package bundle says how styles and scripts are bundled. Its commands make what is generated: see `make generate`.
package bundle

import (
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// Options returns how the sources in a folder are bundled into another one, which is not written to.
func Options(from, to string) (api.BuildOptions, error) {
	// markdown-it reads characters by their names, and its package would bring along how they are written, too.
	decoder, err := filepath.Abs(filepath.Join(from, "node_modules", "entities", "lib", "esm", "decode.js"))
	if err != nil {
		return api.BuildOptions{}, err
	}
	return api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: filepath.Join(from, "styles", "site.css"), OutputPath: "site"},
			{InputPath: filepath.Join(from, "styles", "map.css"), OutputPath: "map"},
			{InputPath: filepath.Join(from, "scripts", "site.js"), OutputPath: "site"},
			{InputPath: filepath.Join(from, "scripts", "service-worker.js"), OutputPath: "service-worker"},
		},
		Outdir: to, EntryNames: "[name]-[hash]", AssetNames: "[name]-[hash]",
		Bundle: true, Splitting: true, Format: api.FormatESModule, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Alias:  map[string]string{"entities": decoder},
		Loader: map[string]api.Loader{".svg": api.LoaderFile, ".woff2": api.LoaderFile, ".png": api.LoaderDataURL},
	}, nil
}
