package tokens_test

import (
	"testing"
	"time"

	"grouprise.org/grouprise/internal/core/tokens"
	"grouprise.org/grouprise/internal/kit/clock"
	"grouprise.org/grouprise/internal/kit/errs"
	"grouprise.org/grouprise/internal/kit/sqldb"
	"grouprise.org/grouprise/internal/testkit/dbtest"
)

func TestTokenIsRedeemedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var secret string
		err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
			secret, err = tokens.Issue(t.Context(), tx, tokens.Token{Kind: "address", Address: "anna@example.org"}, []string{"a"}, time.Hour)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		redeem := func(kind, secret string) (got tokens.Token, err error) {
			err = db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
				got, err = tokens.Redeem(t.Context(), tx, kind, secret)
				return err
			})
			return got, err
		}
		if _, err := redeem("password", secret); !errs.Is(err, errs.NotFound) {
			t.Errorf("redeemed as another kind: %v", err)
		}
		if _, err := redeem("address", secret+"x"); !errs.Is(err, errs.NotFound) {
			t.Errorf("redeemed another secret: %v", err)
		}
		got, err := redeem("address", secret)
		if err != nil || got.Address != "anna@example.org" {
			t.Fatalf("redeem: %+v, %v", got, err)
		}
		var data []string
		if err := got.Decode(&data); err != nil || len(data) != 1 {
			t.Errorf("data: %v, %v", data, err)
		}
		if _, err := redeem("address", secret); !errs.Is(err, errs.NotFound) {
			t.Errorf("redeemed twice: %v", err)
		}
	})
}

func TestTokenEndsAfterItsLifetime(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	var secret string
	err := db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		secret, err = tokens.Issue(t.Context(), tx, tokens.Token{Kind: "join"}, nil, time.Hour)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	now := clock.At(time.Now())
	if _, err := tokens.Find(t.Context(), db, "join", secret, clock.At(now.Add(59*time.Minute))); err != nil {
		t.Errorf("before its end: %v", err)
	}
	if _, err := tokens.Find(t.Context(), db, "join", secret, clock.At(now.Add(61*time.Minute))); !errs.Is(err, errs.NotFound) {
		t.Errorf("after its end: %v", err)
	}
	later := db.WithClock(func() time.Time { return now.Add(2 * time.Hour) })
	if err := tokens.RemoveExpired(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.Get(t.Context(), &left, `SELECT COUNT(*) FROM tokens`); err != nil || left != 0 {
		t.Errorf("%d tokens left, %v", left, err)
	}
}
