package picture

import (
	"bytes"
	"slices"
)

// stripHEIF empties what does not draw, and moves nothing: where things stand is written down in many places.
func stripHEIF(file []byte) ([]byte, error) {
	top, err := boxes(file)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(file)
	for _, b := range top {
		switch b.kind {
		case "ftyp", "mdat":
		case "meta":
			err = emptyItems(out, b)
		case "moov":
			err = emptyNotes(out, b)
		default: // such as the film of a photo that moves
			empty(out, b)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// empty makes a box one that nobody reads.
func empty(file []byte, b box) {
	clear(file[b.at : b.at+len(b.content)])
	copy(file[b.begin+4:], "free")
}

// emptyNotes empties what films and rows of pictures have beside what they show.
func emptyNotes(file []byte, of box) error {
	inner, err := boxes(of.content)
	if err != nil {
		return err
	}
	for _, b := range shifted(inner, of.at) {
		switch b.kind {
		case "udta", "meta", "uuid":
			empty(file, b)
		case "trak":
			if err := emptyNotes(file, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// emptyItems empties the items of a file that are no pictures: EXIF, XMP and whatever else programs write down.
func emptyItems(file []byte, meta box) error {
	inner, err := within([]box{meta}, "meta", 4)
	if err != nil {
		return err
	}
	notes, err := notesOf(inner)
	if err != nil {
		return err
	}
	places, ok := find(inner, "iloc")
	if !ok {
		return errBoxes
	}
	data, _ := find(inner, "idat")
	f := &fields{data: places.content}
	located := f.locations()
	if f.short {
		return errBoxes
	}
	for id, parts := range located {
		if !slices.Contains(notes, id) {
			continue
		}
		for _, p := range parts {
			in := file
			if p.inside {
				in = file[data.at : data.at+len(data.content)]
			}
			if p.at < 0 || p.length < 1 || p.at > len(in) || p.length > len(in)-p.at {
				return errBoxes
			}
			clear(in[p.at : p.at+p.length])
		}
	}
	for _, b := range inner {
		if b.kind == "uuid" || b.kind == "udta" {
			empty(file, b)
		}
	}
	return nil
}

// notesOf returns the items that are no pictures.
func notesOf(meta []box) (ids []int, err error) {
	list, ok := find(meta, "iinf")
	if !ok {
		return nil, errBoxes
	}
	f := &fields{data: list.content}
	version, _ := f.fullBox()
	f.number(2 + 2*min(version, 1))
	entries, err := boxes(f.data)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		f := &fields{data: e.content}
		version, _ := f.fullBox()
		if version < 2 {
			return nil, errBoxes
		}
		id := f.number(2 * (version - 1))
		f.number(2)
		if f.short || len(f.data) < 4 {
			return nil, errBoxes
		}
		if kind := string(f.data[:4]); slices.Contains([]string{"Exif", "mime", "uri "}, kind) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// stretch is a part of an item.
type stretch struct {
	inside     bool // the box idat; else the file
	at, length int
}

// locations reads where items stand.
func (f *fields) locations() map[int][]stretch {
	all := map[int][]stretch{}
	version, _ := f.fullBox()
	sizes := f.number(2)
	wide := 2 * (1 + version/2)
	for range f.number(wide) {
		id, inside := f.number(wide), false
		if version > 0 {
			inside = f.number(2)&15 == 1
		}
		f.number(2)
		base := f.number(sizes >> 4 & 15)
		for range f.number(2) {
			if version > 0 {
				f.number(sizes & 15)
			}
			at := f.number(sizes >> 12)
			all[id] = append(all[id], stretch{inside, base + at, f.number(sizes >> 8 & 15)})
		}
		if f.short {
			break
		}
	}
	return all
}
