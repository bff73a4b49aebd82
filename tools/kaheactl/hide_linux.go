// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// hideInput keeps a terminal from showing what is typed, until restore is called
// or the program is interrupted.
func hideInput(in io.Reader) (restore func()) {
	f, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	before, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil { // no terminal
		return func() {}
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG
	if unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, &hidden) != nil {
		return func() {}
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	show := func() { _ = unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, before) }
	go func() {
		select {
		case <-interrupted:
			show()
			os.Exit(1)
		case <-done:
		}
	}()
	return func() {
		signal.Stop(interrupted)
		close(done)
		show()
	}
}
