// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A server ends with the process of the test, however that ends.
func TestServerEndsWithTheProcess(t *testing.T) {
	if os.Getenv("KAHEA_LEAVE_SERVER") == "1" {
		s := Redis(t)
		fmt.Printf("pid %d\n", s.process.cmd.Process.Pid)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	find(t, "redis-server", "redis-server")
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithTheProcess$")
	cmd.Env = append(os.Environ(), "KAHEA_LEAVE_SERVER=1", "TMPDIR="+t.TempDir())
	out, _ := cmd.CombinedOutput()
	_, text, _ := strings.Cut(string(out), "pid ")
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("the process that dies said %q", out)
	}
	awaitEnd(t, pid)
}

// awaitEnd waits until a process that is no child has ended.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // it has ended already
	}
	defer unix.Close(fd)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
	if n == 0 || err != nil {
		t.Errorf("the server outlives the test: %v", err)
	}
}
