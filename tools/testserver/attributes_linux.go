// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// attributes has the kernel end the server with its parent.
func attributes(owner *syscall.Credential, crash syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Pdeathsig: crash}
}

// children returns the processes that a process has started.
func children(pid int) []int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // none where it is gone
	var list []int
	for _, field := range strings.Fields(string(text)) {
		if n, err := strconv.Atoi(field); err == nil {
			list = append(list, n)
		}
	}
	return list
}
