package chatctl

import (
	"fmt"
	"io"
	"time"

	"grouprise.org/grouprise/internal/features/chat"
)

// PrintNew prints the rooms that have come into being: a line for each.
func PrintNew(w io.Writer, before, after []chat.Status) error {
	there := map[int64]bool{}
	for _, r := range before {
		there[r.ID] = r.RoomID != ""
	}
	for _, r := range after {
		if r.RoomID == "" || there[r.ID] {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Slug, r.Kind, r.Alias, r.RoomID); err != nil {
			return err
		}
	}
	return nil
}

// PrintStatistics prints a line for each room.
func PrintStatistics(w io.Writer, all []chat.Status) error {
	for _, r := range all {
		said := "-"
		if !r.SaidAt.IsZero() {
			said = r.SaidAt.UTC().Format(time.DateOnly)
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", r.Slug, r.Kind, r.Members, said); err != nil {
			return err
		}
	}
	return nil
}
