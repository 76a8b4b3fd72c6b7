package servers

import (
	"cmp"
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Browser says how somebody looks at pages.
type Browser struct {
	JavaScript bool   // pages may run scripts
	Language   string // the language that the browser asks for, such as "de"; empty: English

	// Site is where names below .example are found: host:port, whatever the port of an address is and whoever has signed
	// its certificate; empty: this machine.
	Site string

	// Notifications makes it the whole Chromium, which can show notifications. Otherwise it is the same
	// engine without the windows of a desktop, which works a third less.
	Notifications bool
}

// NewBrowser opens a window of a new headless Chromium: nobody is signed in, nothing is cached. The context
// is the window, for chromedp.Do and chromedp.Run. Names below .example and localhost are this machine; no other name
// is found.
func NewBrowser(t testing.TB, b Browser) context.Context {
	t.Helper()
	language := b.Language
	if language == "" {
		language = "en"
	}
	program := "chromium-headless-shell"
	if b.Notifications {
		program = "chromium"
	}
	found := cmp.Or(b.Site, "127.0.0.1")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1280, 1024),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP *.example "+found+", MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors", b.Site != ""),
		chromedp.Flag("lang", language),
		chromedp.Flag("accept-lang", language),
	)
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	window, endWindow := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(window); err != nil {
			t.Errorf("close the browser: %v", err)
		}
		endWindow()
		endAllocator()
	})
	off := emulation.SetScriptExecutionDisabledParams{Value: !b.JavaScript}
	if _, err := chromedp.Call(window, emulation.SetScriptExecutionDisabled, off); err != nil {
		t.Fatalf("open a browser: %v", err)
	}
	return window
}
