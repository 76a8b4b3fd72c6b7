package community

import (
	"encoding/json"
	"fmt"
)

// MaxAlbumPictures is how many pictures of an item an Album holds.
const MaxAlbumPictures = 10

// KindOfPictures is the kind of content that consists of pictures.
const KindOfPictures = "gallery"

// Album is what lists, mails and pages show of a content item that consists of pictures. Of other items it is empty.
type Album struct {
	Count    int            `json:"count"`
	Pictures []AlbumPicture `json:"pictures"` // the first MaxAlbumPictures of them
}

// AlbumPicture is a picture of an Album.
type AlbumPicture struct {
	Name string `json:"name"`
	Alt  string `json:"alt,omitempty"` // what it shows, for those who do not see it
}

// Scan reads an album from a column with JSON or NULL.
func (a *Album) Scan(src any) error {
	*a = Album{}
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), a)
	case []byte:
		return json.Unmarshal(v, a)
	default:
		return fmt.Errorf("scan an album from %T", src)
	}
}

// Encode returns what Scan reads: JSON, or nil of an empty album.
func (a Album) Encode() (any, error) {
	if a.Count == 0 {
		return nil, nil //nolint:nilnil // NULL is the driver's nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("write an album: %w", err)
	}
	return string(text), nil
}
