// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a terminal, and the side of who sits before it.
func terminal(t *testing.T) (inside, outside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close() })
	if err := unix.IoctlSetPointerInt(int(outside.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(outside.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	return inside, outside
}

// TestPasswordIsNotShown: what is typed at the question is not on the screen,
// what is typed afterwards is.
func TestPasswordIsNotShown(t *testing.T) {
	inside, outside := terminal(t)
	asked := make(chan struct{})
	result := make(chan string)
	go func() {
		password, err := readPassword("", inside, told{inside, asked})
		if err != nil {
			t.Error(err)
		}
		result <- password
	}()
	<-asked
	for { // the question stands before the terminal is told
		s, err := unix.IoctlGetTermios(int(inside.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if s.Lflag&unix.ECHO == 0 {
			break
		}
	}
	if _, err := outside.WriteString("s3cret\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-result; got != "s3cret" {
		t.Errorf("got %q", got)
	}
	if _, err := outside.WriteString("shown\n"); err != nil {
		t.Fatal(err)
	}
	var screen strings.Builder
	buf := make([]byte, 256)
	for !strings.Contains(screen.String(), "shown") {
		n, err := outside.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		screen.Write(buf[:n])
	}
	if strings.Contains(screen.String(), "s3cret") {
		t.Errorf("the screen has %q", screen.String())
	}
}

// told tells when the question was written.
type told struct {
	io.Writer
	asked chan struct{}
}

func (t told) Write(p []byte) (int, error) {
	n, err := t.Writer.Write(p)
	if strings.Contains(string(p), "Password") {
		close(t.asked)
	}
	return n, err
}
