// Package sandboxed lists what the program does in processes of its own.
package sandboxed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"grouprise.org/grouprise/internal/core/media"
	"grouprise.org/grouprise/internal/kit/avif"
	"grouprise.org/grouprise/internal/kit/pdf"
	"grouprise.org/grouprise/internal/kit/picture"
	"grouprise.org/grouprise/internal/kit/sandbox"
	"grouprise.org/grouprise/internal/kit/webp"
)

// The names of the functions: what draws the first page of a PDF file, what makes WebP of JPEG, and what reads AVIF.
const (
	firstPage = "pdf"
	toWebP    = "webp"
	fromAVIF  = "avif"
)

// Functions returns all functions, by name.
func Functions() sandbox.Functions {
	return sandbox.Functions{
		firstPage: func() (sandbox.Function, error) { return pdf.Ready() },
		toWebP:    func() (sandbox.Function, error) { return webp.Ready() },
		fromAVIF:  func() (sandbox.Function, error) { return avif.Ready() },
	}
}

// FirstPage returns what draws the first page of a PDF file as a JPEG, in a process of its own.
func FirstPage(r *sandbox.Runner) func(ctx context.Context, file io.Reader) ([]byte, error) {
	return func(ctx context.Context, file io.Reader) ([]byte, error) { return r.Run(ctx, firstPage, file) }
}

// AVIF returns what reads AVIF pictures in a process of its own.
func AVIF(r *sandbox.Runner) media.Reader {
	return func(ctx context.Context, file io.Reader) ([]byte, error) {
		pixels, err := r.Run(ctx, fromAVIF, file)
		if errors.Is(err, sandbox.ErrRefused) || errors.Is(err, sandbox.ErrStopped) {
			err = fmt.Errorf("%w: %w", picture.ErrDamaged, err)
		}
		return pixels, err
	}
}

// WebP returns what makes WebP of JPEG in a process of its own: the library takes more memory than the program should.
func WebP(r *sandbox.Runner) media.Converter { return converter{r} }

type converter struct{ runner *sandbox.Runner }

// Convert implements media.Converter. What makes the process end is not tried again.
func (c converter) Convert(ctx context.Context, pictures [][]byte) ([][]byte, error) {
	packed, err := c.runner.Run(ctx, toWebP, bytes.NewReader(webp.Pack(pictures)))
	if errors.Is(err, sandbox.ErrRefused) || errors.Is(err, sandbox.ErrStopped) {
		return make([][]byte, len(pictures)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("convert pictures: %w", err)
	}
	made, err := webp.Unpack(packed)
	if err == nil && len(made) != len(pictures) {
		err = webp.ErrPacked
	}
	return made, err
}
