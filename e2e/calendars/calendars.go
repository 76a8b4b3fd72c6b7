// Package calendars shows our calendars to programs that people use, and compares what they make of them with what the
// site says itself.
package calendars
