// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// rehearsed are modules with goroutines, databases, sockets, files and timers of their own.
const rehearsed = `
modparam("jsonrpcs", "fifo_name", "rpc.fifo")
modparam("jsonrpcs", "dgram_socket", "rpc.sock")
modparam("ctl", "binrpc", "unix:ctl.sock")
modparam("mi_fifo", "fifo_name", "mi.fifo")
modparam("keepalive", "destination", "sip:127.0.0.1:9")
modparam("htable", "htable", "a=>size=4;autoexpire=3")
modparam("rtimer", "timer", "name=a;interval=1")
modparam("rtimer", "exec", "timer=a;route=A")
modparam("usrloc|dialog|htable|msilo", "db_url", "text://db")
modparam("usrloc|dialog", "db_mode", 2)
modparam("pua|presence", "db_url", "sqlite:///x.db")
modparam("presence_xml", "force_active", 1)
request_route { exit; }
route[A] { exit; }
`

// TestRehearsalLeavesNothing: the modules that a check starts end with it, and have
// written nothing.
func TestRehearsalLeavesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	var b strings.Builder
	for _, m := range strings.Fields("tm tmx sl rr pv ctl jsonrpcs mi_fifo usrloc registrar presence presence_xml pua dialog htable acc siptrace msilo uac " +
		"websocket xhttp rtimer pike pipelimit ratelimit statistics db_text db_sqlite db_mysql sqlops nathelper tls http_client app_lua keepalive lwsc stun debugger") {
		b.WriteString("loadmodule \"" + m + "\"\n")
	}
	if err := os.WriteFile("x.cfg", []byte(b.String()+rehearsed), 0o600); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var out strings.Builder
	if got := runCheck([]string{"x.cfg"}, strings.NewReader(""), io.Discard, &out); got != exitOK || out.Len() > 0 {
		t.Fatal(out.String())
	}
	awaitEnds(t, before)
	if all, _ := filepath.Glob("*"); len(all) != 1 {
		t.Errorf("the check left %v", all)
	}
}
