// Package lists looks at how much the databases read for each list of a large town. Its tests are behind the build tag
// e2e: filling three databases takes minutes.
package lists
