package process

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Become makes root another user, for all that follows.
func Become(u *user.User) error {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	if err := errors.Join(syscall.Setgroups([]int{gid}), syscall.Setgid(gid), syscall.Setuid(uid), os.Setenv("HOME", u.HomeDir)); err != nil {
		return fmt.Errorf("become %s: %w", u.Username, err)
	}
	return nil
}

// BecomeOwner makes root the owner of a folder, so that nothing that is made there belongs to root. Others stay who they
// are, and so does everybody if there is no such folder.
func BecomeOwner(folder string) error {
	info, err := os.Stat(folder)
	if err != nil || os.Geteuid() != 0 {
		return nil //nolint:nilerr // whoever makes the folder owns it
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	u, err := user.LookupId(strconv.FormatUint(uint64(owner.Uid), 10))
	if err != nil {
		return fmt.Errorf("the owner of %s: %w", folder, err)
	}
	return Become(u)
}
