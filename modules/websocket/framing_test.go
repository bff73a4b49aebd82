// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

const limit = 4096

type nobody struct{}

func (nobody) used()   {}
func (nobody) ponged() {}

func newFraming() *framing { return &framing{max: limit, count: new(counters), client: nobody{}} }

// masked makes a frame of a client.
func masked(op ws.OpCode, fin bool, payload string) []byte {
	f := ws.NewFrame(op, fin, []byte(payload))
	return ws.MustCompileFrame(ws.MaskFrameWith(f, [4]byte{1, 2, 3, 4}))
}

// options is a message of SIP.
func options(body string) string {
	return fmt.Sprintf("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// feed gives bytes to a framing as a connection does, step bytes at a time, and
// tells what came of them: "M" messages, "A" answers.
func feed(f *framing, data []byte, step int) (out []string, err error) {
	var buf []byte
	for len(data) > 0 {
		n := min(step, len(data))
		buf, data = append(buf, data[:n]...), data[n:]
		for len(buf) > 0 {
			frame, err := f.Next(buf)
			if frame.Message != nil {
				out = append(out, "M"+string(frame.Message))
			}
			if frame.Answer != nil {
				out = append(out, "A"+string(frame.Answer))
			}
			if err != nil {
				return out, err
			}
			if frame.Size == 0 {
				break
			}
			buf = buf[frame.Size:]
		}
	}
	return out, nil
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// frames is the table of what clients send.
var frames = []struct {
	name string
	data []byte
	want []string
	code ws.StatusCode // of the Close frame in the end; 0 where the connection goes on
}{
	{"text", masked(ws.OpText, true, options("")), []string{"M" + options("")}, 0},
	{"binary", masked(ws.OpBinary, true, options("\xff\xfe")), []string{"M" + options("\xff\xfe")}, 0},
	{"two frames at once", join(masked(ws.OpText, true, options("1")), masked(ws.OpText, true, options("2"))), []string{"M" + options("1"), "M" + options("2")}, 0},
	{"longer than 125 bytes", masked(ws.OpText, true, options(strings.Repeat("x", 2000))), []string{"M" + options(strings.Repeat("x", 2000))}, 0},
	{"as large as may be", masked(ws.OpText, true, options(strings.Repeat("x", limit-8-len(options(""))-3))), []string{"M" + options(strings.Repeat("x", limit-8-len(options(""))-3))}, 0},
	{"one byte more", masked(ws.OpText, true, options(strings.Repeat("x", limit-8-len(options(""))-2))), nil, ws.StatusMessageTooBig},
	{"three fragments", join(masked(ws.OpText, false, options("")[:10]), masked(ws.OpContinuation, false, ""), masked(ws.OpContinuation, true, options("")[10:])), []string{"M" + options("")}, 0},
	{"as many empty fragments as may be", join(masked(ws.OpText, false, ""), bytes.Repeat(masked(ws.OpContinuation, false, ""), emptyMax-1), masked(ws.OpContinuation, true, options(""))), []string{"M" + options("")}, 0},
	{"as many again in the next message", bytes.Repeat(join(masked(ws.OpText, false, ""), bytes.Repeat(masked(ws.OpContinuation, false, ""), emptyMax-1), masked(ws.OpContinuation, true, options(""))), 2), []string{"M" + options(""), "M" + options("")}, 0},
	{"one empty fragment more", join(masked(ws.OpText, false, "x"), bytes.Repeat(masked(ws.OpContinuation, false, ""), emptyMax+1)), nil, ws.StatusProtocolError},
	{"a letter over two fragments", join(masked(ws.OpText, false, options("ä")[:len(options("ä"))-1]), masked(ws.OpContinuation, true, "\xa4")), []string{"M" + options("ä")}, 0},
	{"Ping among fragments", join(masked(ws.OpText, false, options("")[:10]), masked(ws.OpPing, true, "p"), masked(ws.OpContinuation, true, options("")[10:])), []string{"A\x8a\x01p", "M" + options("")}, 0},
	{"Ping without data", masked(ws.OpPing, true, ""), []string{"A\x8a\x00"}, 0},
	{"Ping of 125 bytes", masked(ws.OpPing, true, strings.Repeat("x", 125)), []string{"A\x8a\x7d" + strings.Repeat("x", 125)}, 0},
	{"Ping of 126 bytes", masked(ws.OpPing, true, strings.Repeat("x", 126)), nil, ws.StatusProtocolError},
	{"Pong", masked(ws.OpPong, true, "x"), nil, 0},
	{"keep-alive", masked(ws.OpText, true, "\r\n\r\n"), []string{"A\x81\x02\r\n"}, 0},
	{"keep-alive in binary", masked(ws.OpBinary, true, "\r\n\r\n"), []string{"A\x82\x02\r\n"}, 0},
	{"keep-alive in fragments of binary", join(masked(ws.OpBinary, false, "\r\n"), masked(ws.OpContinuation, true, "\r\n")), []string{"A\x82\x02\r\n"}, 0},
	{"its answer", masked(ws.OpText, true, "\r\n"), nil, 0},
	{"empty", masked(ws.OpText, true, ""), nil, 0},
	{"empty line in front", masked(ws.OpText, true, "\r\n"+options("")), []string{"M" + options("")}, 0},
	{"without Content-Length", masked(ws.OpText, true, "OPTIONS sip:a SIP/2.0\r\nTo: b\r\n\r\nbody SIP/2.0"), []string{"MOPTIONS sip:a SIP/2.0\r\nTo: b\r\n\r\nbody SIP/2.0"}, 0},
	{"more than Content-Length", masked(ws.OpText, true, options("")+"xyz"), []string{"M" + options("")}, 0},
	{"unknown Content-Length", masked(ws.OpText, true, "OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n"), []string{"MOPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n"}, 0},
	{"less than Content-Length", masked(ws.OpText, true, options("abc")[:len(options("abc"))-1]), []string{"M" + options("abc")[:len(options("abc"))-1]}, ws.StatusInvalidFramePayloadData},
	{"headers without end", masked(ws.OpText, true, "OPTIONS sip:a SIP/2.0\r\n"), []string{"MOPTIONS sip:a SIP/2.0\r\n"}, ws.StatusInvalidFramePayloadData},
	{"two messages in one", masked(ws.OpText, true, options("")+options("")), nil, ws.StatusInvalidFramePayloadData},
	{"text that is not UTF-8", masked(ws.OpText, true, options("\xff")), nil, ws.StatusInvalidFramePayloadData},
	{"no mask", ws.MustCompileFrame(ws.NewTextFrame([]byte(options("")))), nil, ws.StatusProtocolError},
	{"reserved bit", append([]byte{0xC1}, masked(ws.OpText, true, "x")[1:]...), nil, ws.StatusProtocolError},
	{"unknown data", masked(0x3, true, "x"), nil, ws.StatusProtocolError},
	{"unknown control", masked(0xB, true, "x"), nil, ws.StatusProtocolError},
	{"continuation of nothing", masked(ws.OpContinuation, true, "x"), nil, ws.StatusProtocolError},
	{"continuation behind the end", join(masked(ws.OpText, true, options("")), masked(ws.OpContinuation, true, "x")), []string{"M" + options("")}, ws.StatusProtocolError},
	{"text among fragments", join(masked(ws.OpText, false, "x"), masked(ws.OpText, true, "x")), nil, ws.StatusProtocolError},
	{"Ping in fragments", masked(ws.OpPing, false, "x"), nil, ws.StatusProtocolError},
	{"Close in fragments", masked(ws.OpClose, false, ""), nil, ws.StatusProtocolError},
	{"length with its highest bit", append([]byte{0x81, 0xFF}, 0xFF, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4), nil, ws.StatusProtocolError},
	{"a short length in 16 bits", append([]byte{0x82, 0xFE, 0, 5, 0, 0, 0, 0}, "\r\n\r\n\r"...), nil, ws.StatusProtocolError},
	{"125 in 16 bits, without the payload", []byte{0x82, 0xFE, 0, 125, 0, 0, 0, 0}, nil, ws.StatusProtocolError},
	{"no length in 16 bits", []byte{0x82, 0xFE, 0, 0, 0, 0, 0, 0}, nil, ws.StatusProtocolError},
	{"a Ping in 64 bits", []byte{0x89, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'p'}, nil, ws.StatusProtocolError},
	{"65535 in 64 bits", []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0}, nil, ws.StatusProtocolError},
	{"65536 in 64 bits", []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, nil, ws.StatusMessageTooBig},
	{"126 in 16 bits", join([]byte{0x82, 0xFE, 0, 126, 0, 0, 0, 0}, bytes.Repeat([]byte("\r\n"), 63)), nil, 0},
	{"a gigabyte", append([]byte{0x81, 0xFF}, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4), nil, ws.StatusMessageTooBig},
	{"fragments beyond the limit", join(masked(ws.OpText, false, strings.Repeat("x", 3000)), masked(ws.OpContinuation, false, strings.Repeat("x", 1100))), nil, ws.StatusMessageTooBig},
	{"Close", masked(ws.OpClose, true, "\x03\xe8bye"), nil, ws.StatusNormalClosure},
	{"Close of an application", masked(ws.OpClose, true, "\x0f\xa1"), nil, 4001},
	{"Close with half a status", masked(ws.OpClose, true, "\x03"), nil, ws.StatusProtocolError},
	{"Close with 1006", masked(ws.OpClose, true, "\x03\xee"), nil, ws.StatusProtocolError},
	{"Close with 1013, of the registry", masked(ws.OpClose, true, "\x03\xf5"), nil, 1013},
	{"Close with 5000", masked(ws.OpClose, true, "\x13\x88"), nil, ws.StatusProtocolError},
	{"Close with 999", masked(ws.OpClose, true, "\x03\xe7"), nil, ws.StatusProtocolError},
	{"Close with a reason that is not UTF-8", masked(ws.OpClose, true, "\x03\xe8\xff"), nil, ws.StatusInvalidFramePayloadData},
}

func TestFrames(t *testing.T) {
	for _, row := range frames {
		for _, step := range []int{len(row.data), 1, 7} {
			f := newFraming()
			got, err := feed(f, bytes.Clone(row.data), step)
			if strings.Join(got, "|") != strings.Join(row.want, "|") {
				t.Errorf("%s, %d bytes at a time: got %q, want %q", row.name, step, got, row.want)
			}
			if (err != nil) != (row.code != 0) {
				t.Errorf("%s, %d bytes at a time: error %v", row.name, step, err)
			}
			if err == nil {
				continue
			}
			if code := closeCode(t, f.Farewell(err)); code != row.code {
				t.Errorf("%s: closed with %d, want %d", row.name, code, row.code)
			}
			if f.Farewell(nil) != nil {
				t.Errorf("%s: closed twice", row.name)
			}
		}
	}
}

// closeCode is the status of a Close frame, 0 for none.
func closeCode(t *testing.T, frame []byte) ws.StatusCode {
	t.Helper()
	if len(frame) < 2 || frame[0] != 0x88 || int(frame[1]) != len(frame)-2 || frame[1] > 125 {
		t.Fatalf("this is no Close: %x", frame)
	}
	if len(frame) == 2 {
		return 0
	}
	return ws.StatusCode(binary.BigEndian.Uint16(frame[2:]))
}

// TestSubProtocols: only SIP is there, and who asks for MSRP is told so.
func TestSubProtocols(t *testing.T) {
	for n, want := range map[int]string{1: "", 2: "MSRP", 3: "MSRP", 0: "out of range", 4: "out of range", 7: "out of range", -1: "out of range"} {
		if err := onlySIP(n); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, want %q", n, err, want)
		}
	}
}

func TestFarewell(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		code ws.StatusCode
	}{"somebody wants it": {nil, 1000}, "stop": {transport.ErrStopped, 1001}, "no SIP": {sip.ErrNoHeaderEnd, 1007}, "client": {&gone{}, 0}, "client with a status": {&gone{4001}, 4001}} {
		if got := closeCode(t, newFraming().Farewell(row.err)); got != row.code {
			t.Errorf("%s: %d, want %d", name, got, row.code)
		}
	}
}

// Behind our Close the client may still send what it had sent before it saw it.
func TestNothingCountsBehindClose(t *testing.T) {
	f := newFraming()
	f.Farewell(nil)
	got, err := feed(f, join(masked(ws.OpText, true, options("")), masked(ws.OpPing, true, ""), masked(ws.OpClose, true, "\x03\xe8")), 1000)
	if _, ok := err.(*gone); !ok || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWrap(t *testing.T) {
	f := newFraming()
	for _, row := range []struct{ msg, head string }{
		{"", "\x81\x00"}, {strings.Repeat("x", 125), "\x81\x7d"}, {strings.Repeat("x", 126), "\x81\x7e\x00\x7e"}, {strings.Repeat("x", 65535), "\x81\x7e\xff\xff"},
		{strings.Repeat("x", 65536), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"}, {"ä", "\x81\x02"}, {"\xff", "\x82\x01"},
	} {
		if got := string(f.Wrap([]byte(row.msg))); got != row.head+row.msg {
			t.Errorf("%d bytes: %.16q", len(row.msg), got)
		}
	}
}

func TestFramingAllocatesNothing(t *testing.T) {
	f := newFraming()
	data, out := masked(ws.OpText, true, options("x")), []byte(options("x"))
	buf := make([]byte, len(data))
	f.Wrap(out)
	if n := testing.AllocsPerRun(100, func() {
		copy(buf, data)
		if frame, err := f.Next(buf); err != nil || frame.Message == nil {
			t.Fatal(err)
		}
		f.Wrap(out)
	}); n != 0 {
		t.Errorf("%v allocations for a message in and one out", n)
	}
}

// However the bytes come, the same is made of them, and every end has its Close.
func FuzzFraming(f *testing.F) {
	for _, row := range frames {
		f.Add(row.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, one := newFraming(), newFraming()
		got, err := feed(whole, bytes.Clone(data), len(data)+1)
		again, err2 := feed(one, bytes.Clone(data), 1)
		if strings.Join(got, "|") != strings.Join(again, "|") || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Errorf("at once %q %v, byte by byte %q %v", got, err, again, err2)
		}
		for _, m := range got {
			if len(m) > limit+1 {
				t.Errorf("%d bytes", len(m))
			}
		}
		if err != nil {
			closeCode(t, whole.Farewell(err))
		}
	})
}
