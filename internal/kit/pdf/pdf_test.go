package pdf_test

import (
	"bytes"
	"errors"
	"image/jpeg"
	"os"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/pdf"
	"grouprise.org/grouprise/internal/kit/sandbox"
	"grouprise.org/grouprise/internal/testkit/pdftest"
)

// TestMain is the sandbox, too, in which these tests draw.
func TestMain(m *testing.M) {
	functions := sandbox.Functions{"pdf": func() (sandbox.Function, error) { return pdf.Ready() }}
	if code, asked := sandbox.Main(os.Args[1:], functions, os.Stdin, os.Stdout, os.Stderr); asked {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func draw(t *testing.T, file []byte, most time.Duration) ([]byte, error) {
	t.Helper()
	return sandbox.New(sandbox.Program(), sandbox.Limits{Time: most}).Run(t.Context(), "pdf", bytes.NewReader(file))
}

func TestTheFirstPageIsDrawn(t *testing.T) {
	t.Parallel()
	drawn, err := draw(t, pdftest.Page("Hallo"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	page, err := jpeg.Decode(bytes.NewReader(drawn))
	if err != nil {
		t.Fatal(err)
	}
	if size := page.Bounds().Size(); size.Y != 1600 || size.X < 1120 || size.X > 1140 {
		t.Errorf("an A4 page is %v", size)
	}
	for _, dot := range []struct {
		x, y  int
		white bool
	}{{500, 1000, false}, {30, 30, true}} {
		if r, _, _, _ := page.At(dot.x, dot.y).RGBA(); r>>8 > 250 != dot.white {
			t.Errorf("the dot %v has a red of %d", dot, r>>8)
		}
	}
}

// TestAttacksStayInTheSandbox draws what was written to do harm. Each ends with a small picture or with nothing, and
// what comes back is read as any picture that somebody sends.
func TestAttacksStayInTheSandbox(t *testing.T) {
	t.Parallel()
	for what, file := range pdftest.Attacks() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			drawn, err := draw(t, file, 5*time.Second)
			t.Logf("%d bytes: %d bytes, %v in %v", len(file), len(drawn), err, time.Since(begun).Round(time.Millisecond))
			if err != nil {
				if !errors.Is(err, sandbox.ErrRefused) && !errors.Is(err, sandbox.ErrStopped) {
					t.Errorf("it would be tried again: %v", err)
				}
				return
			}
			size, err := jpeg.DecodeConfig(bytes.NewReader(drawn))
			if err != nil || size.Width > 1600 || size.Height > 1600 {
				t.Errorf("%dx%d, %v", size.Width, size.Height, err)
			}
		})
	}
}
