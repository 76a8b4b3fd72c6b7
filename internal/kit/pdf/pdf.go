// Package pdf draws the first page of PDF files, with the library of Chromium (PDFium) as WebAssembly.
//
// Files are written to attack such libraries: only a sandbox calls this package.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// The size of the drawing at most, in pixels, and what JPEG takes away.
const (
	maxSide = 1600
	quality = 85
)

// maxPages is how much memory PDFium may take, in pages of 64 KiB: 256 MB.
const maxPages = 256 << 20 / (64 << 10)

// Ready readies PDFium, and returns what draws the first page of a file as a JPEG. It is interpreted: to compile it would
// take ten times as long as to draw most pages, and twice the memory.
func Ready() (firstPage func(file []byte) ([]byte, error), err error) {
	ctx := context.Background() // the library keeps it as long as it stands
	pool, err := webassembly.Init(webassembly.Config{
		Context: ctx, MinIdle: 1, MaxIdle: 1, MaxTotal: 1, Stdout: io.Discard, Stderr: io.Discard,
		FSConfig: wazero.NewFSConfig(), // no files
		RuntimeConfig: wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(maxPages).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling), // PDFium leaves broken files by an exception
	})
	if err != nil {
		return nil, fmt.Errorf("ready PDFium: %w", err)
	}
	instance, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("ready PDFium: %w", err)
	}
	return func(file []byte) ([]byte, error) { return drawFirstPage(instance, file) }, nil
}

func drawFirstPage(instance pdfium.Pdfium, file []byte) ([]byte, error) {
	document, err := instance.OpenDocument(&requests.OpenDocument{File: &file})
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: document.Document}}
	drawn, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: maxSide, Height: maxSide})
	if err != nil {
		return nil, fmt.Errorf("draw the first page: %w", err)
	}
	defer drawn.Cleanup()
	return encode(drawn.Result.RenderedImage)
}

func encode(page image.Image) ([]byte, error) {
	if page == nil || page.Bounds().Empty() {
		return nil, errors.New("the first page is empty")
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, page, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("write the drawing: %w", err)
	}
	return file.Bytes(), nil
}
