// Package avif reads AVIF pictures, with libavif as WebAssembly.
//
// The library reads what strangers send, and takes much memory for it: only a sandbox calls this package. What comes out is
// a JPEG, or a PNG where something shines through, upright and without anything but pixels.
//
// The package is built with the tag nodynamic. Without it the library would look for a libavif of the system, which makes
// the program depend on one: then nothing is read.
package avif

// maxSide is how many pixels of a side are kept: no more than package media keeps of any picture.
const maxSide = 1920
