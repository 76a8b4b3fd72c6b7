// Package bucket tries a real S3-compatible store: whether package media keeps its promises there, and whether a town
// can stand on it.
package bucket
