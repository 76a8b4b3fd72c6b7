package sheets

import (
	"bytes"
	"testing"
)

func TestPDFFilesSayUmlauts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"März (Gründüngung)": `M\344rz \(Gr\374nd\374ngung\)`, `a\b`: `a\\b`, "日": "?"} {
		if got := inPDF(text); got != want {
			t.Errorf("%s is written as %s, want %s", text, got, want)
		}
	}
	for _, s := range sheets() {
		for _, v := range s.versions {
			if v.mediaType == "application/pdf" && (!bytes.Contains(v.data, []byte(`M\344rz`)) || !bytes.Contains(v.data, []byte("/WinAnsiEncoding"))) {
				t.Errorf("%s does not say März", v.name)
			}
		}
	}
}
