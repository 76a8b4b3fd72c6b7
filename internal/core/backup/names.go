package backup

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	tablePart = regexp.MustCompile(`^tables/([a-z0-9_]{1,64})/([0-9]{6,9})\.jsonl\.zst$`)
	filePart  = regexp.MustCompile(`^files/([0-9]{6,9})\.jsonl\.zst$`)
	blobPart  = regexp.MustCompile(`^blobs/([0-9a-f]{64})$`)
	checksums = regexp.MustCompile(`^[0-9a-f]{64}$`)
	blobNames = regexp.MustCompile(`^blob-[0-9a-f]{32}$`)
)

func isChecksum(s string) bool { return checksums.MatchString(s) }
func isBlobName(s string) bool { return blobNames.MatchString(s) }

// isPlainName reports whether something is the name of a file that leads into no other folder.
func isPlainName(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= 255 && utf8.ValidString(s) && !strings.ContainsAny(s, `/\`) && !strings.ContainsFunc(s, unicode.IsControl)
}

// describe says what a part is in plain words.
func describe(name string) string {
	if m := tablePart.FindStringSubmatch(name); m != nil {
		return "the table " + m[1] + " (part " + strings.TrimLeft(m[2], "0") + ")"
	}
	if m := filePart.FindStringSubmatch(name); m != nil {
		return "the list of files (part " + strings.TrimLeft(m[1], "0") + ")"
	}
	if m := blobPart.FindStringSubmatch(name); m != nil {
		return "the file with the checksum " + m[1]
	}
	return strconv.Quote(name)
}
