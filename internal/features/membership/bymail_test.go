package membership_test

import (
	"testing"

	"grouprise.org/grouprise/internal/core/bymail"
	"grouprise.org/grouprise/internal/testkit/dbtest"
	"grouprise.org/grouprise/internal/testkit/golden"
	"grouprise.org/grouprise/internal/testkit/mailtest"
)

func TestLettersSayWhatTheirLinksDo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, dbtest.SQLite(t))
	for _, language := range []string{"en", "de"} {
		for name, ask := range map[string]func() error{
			"confirm-join": func() error {
				return h.JoiningByMail().Send(t.Context(), bymail.Wish{Group: h.Garten}, "neu@example.org", language)
			},
			"member-already": func() error {
				return h.JoiningByMail().Send(t.Context(), bymail.Wish{Group: h.Garten}, h.Anna.Address, language)
			},
			"confirm-leave": func() error {
				return h.LeavingByMail().Send(t.Context(), bymail.Wish{Group: h.Garten}, h.Anna.Address, language)
			},
			"no-member": func() error {
				return h.LeavingByMail().Send(t.Context(), bymail.Wish{Group: h.Garten}, "neu@example.org", language)
			},
		} {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, name+"."+language, mailtest.Print(h.tray.TakeOne(t)))
		}
	}
}
