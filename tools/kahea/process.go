// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// daemonMark is set in the environment of the process that serves in the
// background; file descriptor 3 is where it reports that it is up.
const daemonMark = "KAHEA_DAEMON"

// daemonize starts this program again in a session of its own, waits until it
// serves, and returns its exit status; the caller ends with it. The new one has
// input, unless that is nil, as its standard input.
func daemonize(input []byte, stdout, stderr io.Writer) int {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(stderr, "ERROR: cannot make a pipe:", err)
		return exitFailure
	}
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(stderr, "ERROR: cannot find the own program:", err)
		return exitFailure
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), daemonMark+"=1")
	cmd.ExtraFiles = []*os.File{w}
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(stderr, "ERROR: cannot start in the background:", err)
		return exitFailure
	}
	w.Close()
	up, _ := io.ReadAll(r)
	if string(up) == "up" {
		return 0
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return exitFailure
}

// reportUp tells the process that started this one in the background that
// everything listens.
func reportUp() {
	if os.Getenv(daemonMark) == "" {
		return
	}
	os.Unsetenv(daemonMark)
	f := os.NewFile(3, "up")
	io.WriteString(f, "up")
	f.Close()
	if null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
		for fd := range 3 {
			_ = syscall.Dup3(int(null.Fd()), fd, 0)
		}
		null.Close()
	}
}

// writePID writes the process number to a file; another running process in it
// is an error, as Kamailio has it.
func writePID(file string, pid int) error {
	if text, err := os.ReadFile(file); err == nil {
		old, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && old != pid && syscall.Kill(old, 0) == nil {
			return fmt.Errorf("running process %d found in the pid file %s", old, file)
		}
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, "%d\n", pid), 0o644); err != nil {
		return fmt.Errorf("cannot write the pid file: %w", err)
	}
	return nil
}

// identity is the user and group to run as; -1 keeps the present one.
type identity struct{ uid, gid int }

// lookupIdentity finds user and group by name or number. A user without group
// gets its primary one.
func lookupIdentity(name, group string) (identity, error) {
	id := identity{-1, -1}
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			u, err = user.LookupId(name)
		}
		if err != nil { // a container may have no account for its number
			u = &user.User{Uid: name, Gid: "-1"}
		}
		if id.uid, err = strconv.Atoi(u.Uid); err != nil || id.uid < 0 {
			return identity{-1, -1}, fmt.Errorf("unknown user %q", name)
		}
		id.gid, _ = strconv.Atoi(u.Gid)
	}
	if group != "" {
		g, err := user.LookupGroup(group)
		if err != nil {
			g = &user.Group{Gid: group}
		}
		if id.gid, err = strconv.Atoi(g.Gid); err != nil || id.gid < 0 {
			return identity{-1, -1}, fmt.Errorf("unknown group %q", group)
		}
	}
	return id, nil
}

// assume changes the process to the identity.
func (id identity) assume() error {
	if id.gid >= 0 && id.gid != os.Getgid() {
		if err := syscall.Setgroups([]int{id.gid}); err != nil {
			return fmt.Errorf("cannot drop supplementary groups: %w", err)
		}
		if err := syscall.Setgid(id.gid); err != nil {
			return fmt.Errorf("cannot change to group %d: %w", id.gid, err)
		}
	}
	if id.uid >= 0 && id.uid != os.Getuid() {
		if err := syscall.Setuid(id.uid); err != nil {
			return fmt.Errorf("cannot change to user %d: %w", id.uid, err)
		}
	}
	return nil
}

// makeRunDir makes the run folder where it is missing, owned by the identity.
func makeRunDir(dir string, id identity) error {
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the run folder: %w", err)
	}
	if id.uid >= 0 || id.gid >= 0 {
		if err := os.Chown(dir, id.uid, id.gid); err != nil {
			return fmt.Errorf("cannot give the run folder away: %w", err)
		}
	}
	return nil
}
