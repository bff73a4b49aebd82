// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestAddressInUse has a port that another process listens on: the place of the
// listen line, the system's word once, and what to do.
func TestAddressInUse(t *testing.T) {
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	cfg, err := load(t, fmt.Sprintf("log_stderror=yes\n  listen=tcp:%s\nrequest_route { exit; }\n", other.Addr()), "-Y", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := boot(cfg, surroundings{stdout: io.Discard, stderr: io.Discard})
	if err == nil {
		s.stop()
		t.Fatal("it started")
	}
	want := fmt.Sprintf("k.cfg:2:10: cannot bind tcp %s: address already in use\n   another server has it: see who with ss -ltnp", other.Addr())
	if got := err.Error(); !strings.HasSuffix(got, want) || strings.Contains(got, "cannot listen") {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
}
