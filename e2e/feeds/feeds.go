// Package feeds shows our feeds to programs that know what feeds must be.
package feeds
