// Package clock holds the one type that a point in time has in the database.
//
// Every column that ends in _at is a BIGINT of milliseconds since 1970 in UTC. It compares, sorts and
// travels the same way on SQLite, PostgreSQL and MariaDB, whose own time types differ in precision,
// zone and driver. docs/decisions/0002-times-as-milliseconds.md says why.
package clock

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"
)

// Time is a point in time with millisecond precision. The zero value is NULL in the database.
type Time struct{ time.Time }

// At returns t in UTC, cut to milliseconds.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// Date returns the time of a wall clock in UTC; a convenience for tests and fixtures.
func Date(year int, month time.Month, day, hour, minute int) Time {
	return Time{time.Date(year, month, day, hour, minute, 0, 0, time.UTC)}
}

// Value implements driver.Valuer: milliseconds since 1970, or NULL for the zero value.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil //nolint:nilnil // NULL is the driver's nil.
	}
	return t.UnixMilli(), nil
}

// Scan implements sql.Scanner for integer columns and NULL.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
	case int64:
		*t = Time{time.UnixMilli(v).UTC()}
	default:
		return fmt.Errorf("scan a time from %T", src)
	}
	return nil
}

// Clock tells the time. Tests replace it.
type Clock func() time.Time

// Now returns the clock's time in UTC, cut to milliseconds. A nil clock is the system's.
func (c Clock) Now() Time {
	if c == nil {
		return At(time.Now())
	}
	return At(c())
}

// Pause waits for a while of the real time, and reports whether it did so to the end: false says that the context has ended.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
