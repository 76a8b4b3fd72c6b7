package subscriptions_test

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
			"confirm-subscription": func() error {
				return h.SubscribingByMail().Send(t.Context(), bymail.Wish{Group: h.Chor}, "neu@example.org", language)
			},
			"subscribed-already": func() error {
				return h.SubscribingByMail().Send(t.Context(), bymail.Wish{Group: h.Chor}, h.Anna.Address, language)
			},
			"confirm-unsubscription": func() error {
				return h.UnsubscribingByMail().Send(t.Context(), bymail.Wish{Group: h.Chor}, h.Anna.Address, language)
			},
			"no-subscription": func() error {
				return h.UnsubscribingByMail().Send(t.Context(), bymail.Wish{Group: h.Chor}, "neu@example.org", language)
			},
		} {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, name+"."+language, mailtest.Print(h.tray.TakeOne(t)))
		}
	}
}
