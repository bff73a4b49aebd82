// SPDX-License-Identifier: Apache-2.0

// Package listen opens the sockets and FIFOs of control servers.
package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Access says who may use a socket file or FIFO.
type Access struct {
	// Mode are the permission bits.
	Mode fs.FileMode
	// User and Group are names or numbers; empty keeps those of the process.
	User, Group string
}

// ID makes a parameter's setter that takes a user or group by name or number.
func ID(to *string) func(any) error {
	return func(v any) error {
		*to = fmt.Sprint(v)
		return nil
	}
}

// IDs returns the numbers of user and group, -1 for what is not set. A user
// given by name brings its own group when no group is set.
func (a Access) IDs() (uid, gid int, err error) {
	uid, gid = -1, -1
	if a.User != "" {
		if uid, err = strconv.Atoi(a.User); err != nil {
			u, err := user.Lookup(a.User)
			if err != nil {
				return -1, -1, fmt.Errorf("no such user: %s", a.User)
			}
			uid, _ = strconv.Atoi(u.Uid)
			gid, _ = strconv.Atoi(u.Gid)
		}
	}
	if a.Group != "" {
		if gid, err = strconv.Atoi(a.Group); err != nil {
			g, err := user.LookupGroup(a.Group)
			if err != nil {
				return -1, -1, fmt.Errorf("no such group: %s", a.Group)
			}
			gid, _ = strconv.Atoi(g.Gid)
		}
	}
	return uid, gid, nil
}

// apply gives path the mode and the owner. The mode that the file was made
// with is cut by the umask, so it is set once more.
func (a Access) apply(path string) error {
	uid, gid, err := a.IDs()
	if err != nil {
		return err
	}
	if err := os.Chmod(path, a.Mode.Perm()); err != nil {
		return err
	}
	if uid < 0 && gid < 0 {
		return nil
	}
	return os.Chown(path, uid, gid)
}

// Owned is a file that this process made.
type Owned struct {
	path string
	info fs.FileInfo
}

func own(path string) (Owned, error) {
	info, err := os.Lstat(path)
	return Owned{path, info}, err
}

// Path returns the name of the file.
func (o Owned) Path() string { return o.path }

// Remove removes the file, unless another server has put its own in its place.
func (o Owned) Remove() error {
	info, err := os.Lstat(o.path)
	if err != nil || !os.SameFile(info, o.info) {
		return nil
	}
	return os.Remove(o.path)
}

// clear removes what stands in the way: a socket or FIFO that an earlier
// server left behind. One that a running server reads, and any other file, is
// not touched.
func clear(path string, kind fs.FileMode) error {
	info, err := os.Lstat(path)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != kind:
		return fmt.Errorf("%s exists and is not a %s; remove it or choose another path", path, kindName(kind))
	}
	read, err := isRead(path, kind)
	if err != nil {
		return fmt.Errorf("cannot tell whether a server uses the %s %s: %w; remove it if none does", kindName(kind), path, err)
	}
	if read {
		return fmt.Errorf("the %s %s is in use by a running server: end it, or give another run folder with -Y", kindName(kind), path)
	}
	return os.Remove(path)
}

// isRead tells whether a process has the other end of a socket or FIFO. Only
// the refusal that the kernel gives where there is none counts as no.
func isRead(path string, kind fs.FileMode) (bool, error) {
	if kind == fs.ModeNamedPipe {
		fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		if err == nil {
			syscall.Close(fd)
			return true, nil
		}
		return none(err, syscall.ENXIO)
	}
	for _, socket := range [...]int{syscall.SOCK_STREAM, syscall.SOCK_DGRAM} {
		err := connect(path, socket)
		if errors.Is(err, syscall.EPROTOTYPE) {
			continue
		}
		if err == nil || errors.Is(err, syscall.EAGAIN) { // EAGAIN: many wait to be accepted
			return true, nil
		}
		return none(err, syscall.ECONNREFUSED)
	}
	return true, nil
}

func none(err error, closed syscall.Errno) (bool, error) {
	if errors.Is(err, closed) || errors.Is(err, syscall.ENOENT) {
		return false, nil
	}
	return false, err
}

func connect(path string, kind int) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, kind, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	return syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
}

func kindName(kind fs.FileMode) string {
	if kind == fs.ModeSocket {
		return "socket"
	}
	return "FIFO"
}

// FIFO makes a FIFO and opens it for reading. It is also held open for
// writing, so that a client that goes away is not the end of the file.
func FIFO(path string, a Access) (*os.File, Owned, error) {
	if err := clear(path, fs.ModeNamedPipe); err != nil {
		return nil, Owned{}, err
	}
	if err := syscall.Mkfifo(path, uint32(a.Mode.Perm())); err != nil {
		return nil, Owned{}, fmt.Errorf("cannot make FIFO %s: %w", path, err)
	}
	o, err := own(path)
	if err == nil {
		err = a.apply(path)
	}
	if err != nil {
		os.Remove(path)
		return nil, Owned{}, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		o.Remove()
		return nil, Owned{}, err
	}
	return f, o, nil
}
