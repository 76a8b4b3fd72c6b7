//go:build race

package sandbox

import "golang.org/x/sys/unix"

// What a child may take of memory under the race detector, which maps terabytes for its notes.
const (
	ownMemory    = unix.RLIM_INFINITY
	mappedMemory = unix.RLIM_INFINITY
)
