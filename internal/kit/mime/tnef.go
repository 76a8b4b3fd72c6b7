package mime

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"
)

// No kept Go library reads this format, so this is a reader of the little of it that matters to people.

// winmail is what a part of the type application/ms-tnef carries, in which Outlook wraps what it thinks that only Outlook
// understands: the text in up to three formats, and files.
type winmail struct {
	plain, html, rtf []byte
	unicode          bool   // plain is UTF-8
	charset          string // of everything else
	files            []winmailFile
}

type winmailFile struct {
	name, mediaType, contentID string
	data                       []byte
}

const (
	winmailSignature = 0x223e9f78

	// Attributes: a type in the upper half, an id in the lower one.
	attributeBody       = 0x0002800c
	attributeCodepage   = 0x00069007
	attributeProperties = 0x00069003
	attributeFileBegins = 0x00069002
	attributeFileTitle  = 0x00018010
	attributeFileData   = 0x0006800f
	attributeFileProps  = 0x00069005

	// Properties, of messages and files.
	propertyBody      = 0x1000
	propertyRTF       = 0x1009
	propertyHTML      = 0x1013
	propertyCodepage  = 0x3fde
	propertyFileData  = 0x3701
	propertyFileName  = 0x3704
	propertyLongName  = 0x3707
	propertyMediaType = 0x370e
	propertyContentID = 0x3712

	maxWinmailFiles = 500
	maxProperties   = 10_000
)

// readWinmail reads what can be read; what follows the first mistake is left out. false means that nothing was.
func readWinmail(data []byte) (w winmail, ok bool) {
	r := byteReader{data: data}
	if r.uint32() != winmailSignature {
		return w, false
	}
	r.uint16() // the key, which nobody needs
	for {
		level := r.take(1)
		id, size := r.uint32(), r.uint32()
		value := r.take(size)
		r.uint16() // a checksum that some programs get wrong
		if r.failed {
			return w, w.says()
		}
		if level[0] == 1 {
			w.message(id, value)
		} else {
			w.file(id, value)
		}
	}
}

func (w *winmail) says() bool { return len(w.plain)+len(w.html)+len(w.rtf)+len(w.files) > 0 }

func (w *winmail) message(id uint32, value []byte) {
	switch id {
	case attributeBody:
		w.plain = bytes.TrimRight(value, "\x00")
	case attributeCodepage:
		w.codepage(value)
	case attributeProperties:
		eachProperty(value, func(id uint16, value []byte, unicode bool) {
			switch id {
			case propertyBody:
				w.plain, w.unicode = value, unicode
			case propertyHTML:
				w.html = value
			case propertyRTF:
				w.rtf = value
			case propertyCodepage:
				w.codepage(value)
			}
		})
	}
}

// codepage notes in what charset the texts are.
func (w *winmail) codepage(value []byte) {
	if len(value) < 4 {
		return
	}
	switch n := binary.LittleEndian.Uint32(value); {
	case n == 65001:
		w.charset = "utf-8"
	case n > 0 && n < 65000:
		w.charset = "cp" + strconv.FormatUint(uint64(n), 10)
	}
}

func (w *winmail) file(id uint32, value []byte) {
	if id == attributeFileBegins {
		if len(w.files) < maxWinmailFiles {
			w.files = append(w.files, winmailFile{})
		}
		return
	}
	if len(w.files) == 0 { // some programs leave the beginning out
		w.files = append(w.files, winmailFile{})
	}
	f := &w.files[len(w.files)-1]
	switch id {
	case attributeFileTitle:
		if f.name == "" {
			f.name = toText(bytes.TrimRight(value, "\x00"), w.charset)
		}
	case attributeFileData:
		f.data = value
	case attributeFileProps:
		eachProperty(value, func(id uint16, value []byte, unicode bool) {
			charset := w.charset
			if unicode {
				charset = "utf-8"
			}
			switch id {
			case propertyLongName:
				f.name = toText(value, charset)
			case propertyFileName:
				if f.name == "" {
					f.name = toText(value, charset)
				}
			case propertyMediaType:
				f.mediaType = strings.ToLower(toText(value, ""))
			case propertyContentID:
				f.contentID = strings.Trim(toText(value, ""), " <>")
			case propertyFileData:
				if len(f.data) == 0 {
					f.data = value
				}
			}
		})
	}
}

// eachProperty calls a function with each property that has one value. Texts in Unicode come in UTF-8.
func eachProperty(data []byte, property func(id uint16, value []byte, unicode bool)) {
	r := byteReader{data: data}
	for range min(r.uint32(), maxProperties) {
		kind, id := r.uint16(), r.uint16()
		if id >= 0x8000 {
			r.name()
		}
		value, single := r.value(kind)
		if r.failed {
			return
		}
		if single {
			property(id, value, kind == unicodeText)
		}
	}
}

// byteReader reads numbers, lowest byte first. After a failure everything is zero.
type byteReader struct {
	data   []byte
	failed bool
}

func (r *byteReader) take(n uint32) []byte {
	if r.failed || uint64(n) > uint64(len(r.data)) {
		r.failed = true
		return make([]byte, min(n, 8))
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

func (r *byteReader) uint16() uint16 { return binary.LittleEndian.Uint16(r.take(2)) }
func (r *byteReader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

// padded reads so many bytes and those that fill them up to a multiple of four.
func (r *byteReader) padded(n uint32) []byte {
	value := r.take(n)
	r.data = r.data[min(int(-n&3), len(r.data)):] // the last ones may be missing
	return value
}

// name passes over the name of a property that has one.
func (r *byteReader) name() {
	r.take(16)
	if r.uint32() == 0 {
		r.take(4)
		return
	}
	r.padded(r.uint32())
}

const (
	unicodeText = 0x001f
	multiple    = 0x1000 // the property has a list of values
)

// value reads the value of a property, the last one of several; single says that there is one.
func (r *byteReader) value(kind uint16) (value []byte, single bool) {
	size, fixed := uint32(0), true
	switch kind &^ multiple {
	case 0x0002, 0x000b, 0x0003, 0x0004, 0x000a, 0x0001:
		size = 4
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		size = 8
	case 0x0048:
		size = 16
	case 0x000d, 0x001e, unicodeText, 0x0102:
		fixed = false
	default:
		r.failed = true
		return nil, false
	}
	count := uint32(1)
	if !fixed || kind&multiple != 0 {
		count = r.uint32()
	}
	for n := uint32(0); n < count && !r.failed; n++ {
		if fixed {
			value = r.take(size)
			continue
		}
		value = r.padded(r.uint32())
	}
	switch kind {
	case 0x001e:
		value = bytes.TrimRight(value, "\x00")
	case unicodeText:
		value = fromUTF16(value)
	}
	return value, count == 1 && kind&multiple == 0
}

// fromUTF16 returns text in UTF-8.
func fromUTF16(data []byte) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(data[2*i:])
	}
	return bytes.TrimRight([]byte(string(utf16.Decode(units))), "\x00")
}

// parts returns what a winmail.dat carries as parts of the message. Its text counts only if the message has no other.
func (w *winmail) parts() []*part {
	var all []*part
	add := func(mediaType, charset string, data []byte) {
		all = append(all, &part{mediaType: mediaType, params: map[string]string{"charset": charset}, raw: data, spare: true})
	}
	switch {
	case len(w.html) > 0:
		add("text/html", w.charset, w.html)
	case len(bytes.TrimSpace(w.plain)) > 0:
		charset := w.charset
		if w.unicode {
			charset = "utf-8"
		}
		add("text/plain", charset, w.plain)
	case len(w.rtf) > 0:
		if text := rtfText(unpackRTF(w.rtf)); strings.TrimSpace(text) != "" {
			add("text/plain", "utf-8", []byte(text))
		}
	}
	for _, f := range w.files {
		mediaType := f.mediaType
		if !validMediaType(mediaType) || strings.HasPrefix(mediaType, "multipart/") {
			mediaType = "application/octet-stream"
		}
		all = append(all, &part{mediaType: mediaType, disposition: "attachment", filename: f.name, contentID: f.contentID, raw: f.data})
	}
	return all
}
