package sqldb_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"grouprise.org/grouprise/internal/kit/sqldb"
)

func TestADatabaseThatIsNotThereYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	db, err := sqldb.Open(t.Context(), sqldb.Config{Engine: sqldb.PostgreSQL, Name: "x", Host: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	begun := time.Now()
	err = sqldb.Await(t.Context(), db, slog.New(slog.NewTextHandler(&log, nil)), time.Second)
	if err == nil || !strings.Contains(err.Error(), "did not answer within 1s") || time.Since(begun) < 500*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(begun))
	}
	if strings.Count(log.String(), "is waited for") != 1 {
		t.Errorf("the log says %s", log.String())
	}
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if err := sqldb.Await(ctx, db, slog.New(slog.DiscardHandler), time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it does not end with its context: %v", err)
	}
}
