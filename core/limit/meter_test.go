// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 7023: 0100007F:2AF9 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 1 2 0 0
 7024: 0100007F:2AFA 00000000:0000 07 00000000:00000010 00:00000000 00000000     0        0 1 2 0 0
`

func TestMeter(t *testing.T) {
	files := fstest.MapFS{"stat": {Data: []byte("cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1 1 1 1 1\n")}, "net/udp": {Data: []byte(udp)}}
	m := NewMeter(files)
	if l, err := m.Read(); err != nil || l != (Load{Pending: 0x310}) {
		t.Errorf("first: got %+v, %v", l, err)
	}
	files["stat"] = &fstest.MapFile{Data: []byte("cpu  60 0 25 100 15 0 0 0 50 0\n")}
	files["net/udp6"] = files["net/udp"]
	if l, err := m.Read(); err != nil || l != (Load{CPU: 0.65, Pending: 0x620}) {
		t.Errorf("second: got %+v, %v", l, err)
	}
	delete(files, "net/udp")
	if _, err := m.Read(); err == nil {
		t.Error("no error for net/udp that is missing")
	}
	files["stat"] = &fstest.MapFile{Data: []byte("intr 5")}
	if _, err := m.Read(); err == nil {
		t.Error("no error for a stat that has no cpu")
	}
	if _, err := NewMeter(fstest.MapFS{}).Read(); err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) {
		t.Errorf("no files: got %v", err)
	}
}

func FuzzMeter(f *testing.F) {
	f.Add([]byte("cpu  60 0 25 100 15 0 0 0 50 0\n"), []byte(udp))
	f.Fuzz(func(t *testing.T, stat, sockets []byte) {
		if busy, total, err := parseStat(stat); err != nil && (busy != 0 || total != 0) {
			t.Errorf("busy %d of %d with an error", busy, total)
		}
		if n := parsePending(sockets); n < 0 {
			t.Errorf("%d bytes wait", n)
		}
	})
}
