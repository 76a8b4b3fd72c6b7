package picture

import (
	"encoding/binary"
	"errors"
	"image"
	"slices"
)

// HEIC and AVIF pack pictures alike (ISO/IEC 23008-12, "HEIF"): boxes within boxes, items that are listed in one of them,
// and what is known of an item in another.

// maxBrands is how many bytes of a file are looked at to find out what it is.
const maxBrands = 64

// brandOf returns "avif" or "heic" for files that hold pictures packed as HEIF, by how they begin; empty for others.
func brandOf(head []byte) string {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return ""
	}
	size := min(int(binary.BigEndian.Uint32(head)), len(head))
	if size < 16 {
		return ""
	}
	brands := []string{string(head[8:12])}
	for at := 16; at+4 <= size; at += 4 {
		brands = append(brands, string(head[at:at+4]))
	}
	is := func(named ...string) bool {
		return slices.ContainsFunc(named, func(n string) bool { return slices.Contains(brands, n) })
	}
	switch {
	case is("avif", "avis"):
		return "avif"
	case is("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"):
		return "heic"
	}
	return ""
}

// errBoxes says that boxes do not fit into each other.
var errBoxes = errors.New("its boxes are damaged")

// box is one of the boxes of a file.
type box struct {
	kind    string
	content []byte
	begin   int // where it begins in the file
	at      int // where its content does
}

// boxes returns the boxes that stand one behind the other, counted from there.
func boxes(data []byte) (all []box, err error) {
	for at := 0; at < len(data); {
		if len(data)-at < 8 {
			return nil, errBoxes
		}
		size, header := uint64(binary.BigEndian.Uint32(data[at:])), 8
		switch {
		case size == 0: // up to the end
			size = uint64(len(data) - at)
		case size == 1 && len(data)-at >= 16:
			size, header = binary.BigEndian.Uint64(data[at+8:]), 16
		}
		if size < uint64(header) || size > uint64(len(data)-at) {
			return nil, errBoxes
		}
		end := at + int(size) //nolint:gosec // not larger than data
		all = append(all, box{kind: string(data[at+4 : at+8]), content: data[at+header : end], begin: at, at: at + header})
		at = end
	}
	return all, nil
}

// find returns the first box of a kind.
func find(all []box, kind string) (box, bool) {
	n := slices.IndexFunc(all, func(b box) bool { return b.kind == kind })
	if n < 0 {
		return box{}, false
	}
	return all[n], true
}

// within returns the boxes in the first box of a kind, behind so many bytes of its own.
func within(all []box, kind string, own int) ([]box, error) {
	outer, ok := find(all, kind)
	if !ok || len(outer.content) < own {
		return nil, errBoxes
	}
	inner, err := boxes(outer.content[own:])
	return shifted(inner, outer.at+own), err
}

// shifted returns boxes that stand so many bytes further on.
func shifted(all []box, by int) []box {
	for n := range all {
		all[n].begin, all[n].at = all[n].begin+by, all[n].at+by
	}
	return all
}

// fields reads numbers one behind the other. What is missing is 0, and short says so.
type fields struct {
	data  []byte
	short bool
}

// number reads a number of so many bytes.
func (f *fields) number(bytes int) (n int) {
	if bytes > len(f.data) {
		f.data, f.short = nil, true
		return 0
	}
	for _, b := range f.data[:bytes] {
		n = n<<8 | int(b)
	}
	f.data = f.data[bytes:]
	return n
}

// fullBox reads what stands in front of many boxes: a version, and flags.
func (f *fields) fullBox() (version, flags int) { return f.number(1), f.number(3) }

// heifPicture is what a file says of the picture that it shows.
type heifPicture struct {
	size   image.Point
	turned int  // as EXIF counts
	coarse bool // its colours have a quarter of its pixels (4:2:0), as cameras write them
}

// readHEIF returns what a file says of the picture that it shows, the primary item.
func readHEIF(file []byte) (p heifPicture, err error) {
	top, err := boxes(file)
	if err != nil {
		return p, err
	}
	meta, err := within(top, "meta", 4)
	if err != nil {
		return p, err
	}
	primary, ok := find(meta, "pitm")
	if !ok {
		return p, errBoxes
	}
	f := &fields{data: primary.content}
	id := f.itemID()
	known, err := within(meta, "iprp", 0)
	if err != nil {
		return p, err
	}
	properties, err := within(known, "ipco", 0)
	if err != nil {
		return p, err
	}
	rotation, mirror := 0, 0
	for _, n := range propertiesOf(known, id) {
		if n < 1 || n > len(properties) {
			continue
		}
		f := &fields{data: properties[n-1].content}
		switch properties[n-1].kind {
		case "ispe":
			f.fullBox()
			p.size = image.Pt(f.number(4), f.number(4))
		case "av1C":
			const both = 1<<3 | 1<<2 // chroma_subsampling_x and _y
			f.number(2)
			p.coarse = f.number(1)&both == both
		case "irot":
			rotation = f.number(1) & 3
		case "imir":
			mirror = 1 + f.number(1)&1
		}
	}
	if p.size.X < 1 || p.size.Y < 1 {
		return p, errBoxes
	}
	p.turned = orientationOf(rotation, mirror)
	return p, nil
}

// itemID reads the number of an item, which versions write in two ways.
func (f *fields) itemID() int {
	version, _ := f.fullBox()
	if version == 0 {
		return f.number(2)
	}
	return f.number(4)
}

// propertiesOf returns which properties an item has, by their places in the list of all, from 1 on.
func propertiesOf(known []box, id int) (places []int) {
	for _, b := range known {
		if b.kind != "ipma" {
			continue
		}
		f := &fields{data: b.content}
		version, flags := f.fullBox()
		for range f.number(4) {
			item := f.number(2 + 2*min(version, 1))
			for range f.number(1) {
				place := f.number(1) & 0x7f
				if flags&1 != 0 {
					place = place<<8 | f.number(1)
				}
				if item == id {
					places = append(places, place)
				}
			}
			if f.short {
				return places
			}
		}
	}
	return places
}

// orientationOf returns the EXIF orientation of a picture that is first turned to the left by so many quarters, and then
// mirrored: not (0), top to bottom (1) or left to right (2).
func orientationOf(quarters, mirror int) int {
	return [4][3]int{{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}}[quarters][mirror]
}
