// Package bench measures the program in a large invented town: pages beside a bare handler that asks the
// database as often and writes as much, mails that come in, mails that go out, memory and start. make bench
// prints the table.
package bench
