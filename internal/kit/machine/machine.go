// Package machine says how it stands with the machine that a program runs on: room on its disks, memory, its clock, and to
// whom files belong.
package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Room is what is left of a disk.
type Room struct {
	Free, Total int64 // bytes; Free is what is left for those who are not root
	Files       int64 // how many more there can be; -1 if nobody knows
}

// Memory is what is left of the memory of the machine.
type Memory struct {
	Available, Total int64 // bytes; Available is what programs could still get without anything being swapped out
}

// ReadMemory returns what is left of the memory; ok is false where nobody says so.
func ReadMemory() (m Memory, ok bool) {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return Memory{}, false
	}
	defer file.Close()
	m, err = ParseMemory(file)
	return m, err == nil
}

// ParseMemory reads what Linux says in /proc/meminfo: lines of a name, a colon and kilobytes (proc_meminfo(5)).
func ParseMemory(r io.Reader) (m Memory, err error) {
	lines := bufio.NewScanner(io.LimitReader(r, 64<<10))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		kilobytes, err := strconv.ParseInt(number, 10, 64)
		if err != nil || kilobytes < 0 || kilobytes > 1<<50 {
			continue
		}
		switch name {
		case "MemTotal":
			m.Total = kilobytes << 10
		case "MemAvailable":
			m.Available = kilobytes << 10
		}
	}
	if err := lines.Err(); err != nil {
		return Memory{}, fmt.Errorf("read the state of the memory: %w", err)
	}
	if m.Total == 0 || m.Available > m.Total {
		return Memory{}, fmt.Errorf("the state of the memory makes no sense: %d of %d bytes are available", m.Available, m.Total)
	}
	return m, nil
}
