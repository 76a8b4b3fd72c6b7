// Package bench measures what people feel in a large invented town, which is as uneven as real ones are.
//
// It leads with pages read anew: every visit is another person's or another page's, while five things a second are
// written. How many can be had is measured by visitors who ask for the next page as soon as they have one (wrk); how
// long a page takes, by visitors who come at a fixed rate, half as many as can be had, whether or not those before them
// have been served (vegeta): those who ask in turn do not notice how long a page would have kept the others waiting.
// Beside each stands a bare handler, the floor, that runs as many statements and writes as many bytes. Each figure is
// the median of several runs.
//
// make bench prints the tables. A star marks a figure that misses its target.
package bench
