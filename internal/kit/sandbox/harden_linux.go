package sandbox

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// harden gives up what reading a file does not need. With no descriptor to be had, nothing can be opened: no file and no
// connection.
func harden() error {
	limit := func(resource int, most uint64) error {
		return unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most})
	}
	time.Sleep(time.Nanosecond)                    // the runtime opens what timers need with the first of them
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 10) // pages go first
	err := errors.Join(
		unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
		limit(unix.RLIMIT_CORE, 0),
		limit(unix.RLIMIT_FSIZE, 0),
		limit(unix.RLIMIT_NOFILE, 0),
		limit(unix.RLIMIT_CPU, cpuSeconds),
		limit(unix.RLIMIT_DATA, ownMemory),
		limit(unix.RLIMIT_AS, mappedMemory),
	)
	if err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	// A kernel without filters for calls has the limits above.
	if err := forbid(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("forbid calls of the system: %w", err)
	}
	return nil
}

// allowed are the calls of the system that the runtime of Go needs to compute, and to read and write what is open. All
// others fail as if not permitted, and clone3 as if the kernel were too old for it: then glibc, which starts the threads
// of a program with C in it, takes clone.
func allowed() []uint32 {
	return []uint32{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_FCNTL, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2,
		unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MADVISE, unix.SYS_MINCORE, unix.SYS_BRK,
		unix.SYS_CLONE, unix.SYS_FUTEX, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_GETPID, unix.SYS_GETTID,
		unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY, unix.SYS_GETRANDOM,
	}
}

// The parts of struct seccomp_data that the filter reads.
const (
	offsetOfCall         = 0
	offsetOfArchitecture = 4
	offsetOfArgument     = 16 // the lower half of the first
)

// forbid lets all calls fail but the allowed ones, on all threads and for good (seccomp_filter.rst of the kernel). The
// runtime sends signals to its own threads; nobody else gets any.
func forbid() error {
	architecture := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	if architecture == 0 {
		return nil
	}
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	unless := func(equal uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: equal, Jf: skip}
	}
	answer := func(with uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: with} }
	allow, refuse := answer(unix.SECCOMP_RET_ALLOW), answer(unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM))
	filter := []unix.SockFilter{
		load(offsetOfArchitecture),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: architecture, Jt: 1},
		refuse,
		load(offsetOfCall),
	}
	for _, call := range allowed() {
		filter = append(filter, unless(call, 1), allow)
	}
	filter = append(filter, unless(unix.SYS_CLONE3, 1), answer(unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
	filter = append(filter, unless(unix.SYS_TGKILL, 3), load(offsetOfArgument), unless(uint32(unix.Getpid()), 1), allow, refuse)                    //nolint:gosec // a number of a process is positive
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}                                                                         //nolint:gosec // less than a hundred
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))) //nolint:gosec // how the kernel takes it
	runtime.KeepAlive(filter)
	if failed != 0 {
		return failed
	}
	return nil
}
