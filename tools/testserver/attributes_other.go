// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package testserver

import "syscall"

func attributes(owner *syscall.Credential, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner}
}

func children(int) []int { return nil }

func runs(int) bool { return false }
