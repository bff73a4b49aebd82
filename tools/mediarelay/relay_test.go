// SPDX-License-Identifier: Apache-2.0

package mediarelay

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"
)

// ask sends a text from a socket and returns the next reply, "" where the port is closed.
func ask(t *testing.T, conn net.Conn, text string) string {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1<<16)
	n, err := conn.Read(buf)
	if err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("%q: %v", text, err)
	}
	return string(buf[:n])
}

func TestRelay(t *testing.T) {
	r, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	conn, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const sdp = "v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 9\r\nm=audio 4002/2 RTP/AVP 0\r\n"
	const new = "v=0\r\nc=IN IP4 10.11.12.13\r\nm=audio 35000 RTP/AVP 0\r\nm=video 0 RTP/AVP 9\r\nm=audio 35002/2 RTP/AVP 0\r\n"
	offer := fmt.Sprintf("d7:command5:offer3:sdp%d:%s5:flagsl1:ae1:di1ee", len(sdp), sdp)
	for _, k := range []struct{ send, want string }{
		{"c1 d7:command4:pinge", "c1 d6:result4:ponge"},
		{"c2 " + offer, fmt.Sprintf("c2 d6:result2:ok3:sdp%d:%se", len(new), new)},
		{"c2 " + offer, fmt.Sprintf("c2 d6:result2:ok3:sdp%d:%se", len(new), new)}, // once more
		{"c3 d7:command6:deletee", "c3 d6:result2:oke"},
		{"c4 V", "c4 20040107\n"}, {"c5 VF 20050322", "c5 1\n"}, {"c6 Uc0 call 192.0.2.1 4000 tag", "c6 35000 10.11.12.13\n"}, {"c7 D call tag", "c7 0\n"}, {"c8 Q call tag", "c8 60 10 20 30 0\n"},
	} {
		if got := ask(t, conn, k.send); got != k.want {
			t.Errorf("%q is answered with %q, want %q", k.send, got, k.want)
		}
	}
	want := []string{fmt.Sprintf(`offer d=1 flags=["a"] sdp=%q`, sdp), "delete", "Uc0 call 192.0.2.1 4000 tag", "D call tag", "Q call tag"}
	if got := r.Commands(); !slices.Equal(got, want) || r.Pings() != 3 {
		t.Errorf("%q, %d pings", got, r.Pings())
	}
	r.Answer("delete", "x")
	r.Answer("*", Silence)
	for _, send := range []string{"d1 d7:command4:pinge", "d2 U"} { // an answer to them would be the next one's
		if _, err := conn.Write([]byte(send)); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(t, conn, "d3 d7:command6:deletee"); got != "d3 x" {
		t.Errorf("what is answered with x among what is not is answered with %q", got)
	}
	r.Forget()
	if got := ask(t, conn, "e1 d7:command6:deletee"); got != "e1 d6:result2:oke" {
		t.Errorf("after Forget: %q", got)
	}
	r.Close()
	if got := ask(t, conn, "f1 V"); got != "" {
		t.Errorf("a relay that was closed says %q", got)
	}
	if err := r.Restart(); err != nil {
		t.Fatal(err)
	}
}

func TestFromJSON(t *testing.T) {
	got, err := FromJSON(`{"b": [1, "x", {}], "a": {"c": -2}}`)
	if want := "d1:bli1e1:xdee1:ad1:ci-2eee"; got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, text := range []string{"", "{", "[1.5]", "[true]", `{"a"}`, "[1"} {
		if got, err := FromJSON(text); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
}
