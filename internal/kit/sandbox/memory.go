//go:build !race

package sandbox

// What a child may take of memory, in bytes: what it writes to, and all that it maps.
const (
	ownMemory    = 640 << 20
	mappedMemory = 4 << 30
)
