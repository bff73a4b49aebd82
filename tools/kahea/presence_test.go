// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// watched is a server with many watchers of one presentity. Its network hands
// each NOTIFY to the watchers, who all answer from one address.
type watched struct {
	*budget
	etag string
	n    int
	end  func() int // stops the server, once

	mu    sync.Mutex
	told  [][]byte // guarded by mu: NOTIFYs that nobody has answered
	other [][]byte // guarded by mu: what else was sent
}

func newWatched(t testing.TB, watchers int, flags ...string) *watched {
	t.Helper()
	file, err := filepath.Abs("testdata/presence.cfg")
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{budget: &budget{daemon: &daemon{clock: timer.NewManual(start)}}}
	o, err := parseOptions(append([]string{"-E", "-DD", "-a", "no", "-f", file, "-Y", t.TempDir(), "-l", "udp:127.0.0.1:9"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	cfg, status := readConfig(o, &w.log)
	if status != exitOK {
		t.Fatalf("exit status %d\n%s", status, w.log.String())
	}
	w.server, err = boot(cfg, surroundings{stdout: &w.log, stderr: &w.log, clock: w.clock, resolver: locate.Fixed{}, seed: 1, portable: true,
		network: overheard{transport.NewMemoryNetwork(), w.sent}})
	if err != nil {
		t.Fatal(err)
	}
	w.end = sync.OnceValue(w.stop)
	t.Cleanup(func() { w.end() })
	for i := range watchers {
		w.ask("SUBSCRIBE", fmt.Sprintf("Call-ID: w%d\r\nContact: <sip:w%d@127.0.0.1:5>\r\nExpires: 3600\r\n", i, i), "")
	}
	w.settle(t)
	w.answer(t, "200 OK")
	return w
}

// sent takes what leaves the server.
func (w *watched) sent(data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if data = bytes.Clone(data); bytes.HasPrefix(data, []byte("NOTIFY ")) {
		w.told = append(w.told, data)
		return
	}
	w.other = append(w.other, data)
}

// ask sends a request about the presentity.
func (w *watched) ask(method, headers, body string) {
	w.n++
	if method == "PUBLISH" {
		headers += fmt.Sprintf("Call-ID: p%d\r\nContent-Type: application/pidf+xml\r\n", w.n)
	}
	w.deliver([]byte(fmt.Sprintf("%s sip:star@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK%d\r\nFrom: <sip:f%d@example.org>;tag=f\r\n"+
		"To: <sip:star@example.org>\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\nEvent: presence\r\n%sContent-Length: %d\r\n\r\n%s", method, w.n, w.n, method, headers, len(body), body)))
}

// publish publishes the next state, the same publication each time.
func (w *watched) publish(t testing.TB, note string) {
	t.Helper()
	headers := "Expires: 3600\r\n"
	if w.etag != "" {
		headers += "SIP-If-Match: " + w.etag + "\r\n"
	}
	w.mu.Lock()
	w.other = nil
	w.mu.Unlock()
	w.ask("PUBLISH", headers, `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:star@example.org"><tuple id="t"><status><basic>open</basic></status><note>`+note+`</note></tuple></presence>`)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.other) != 1 || !bytes.HasPrefix(w.other[0], []byte("SIP/2.0 200")) {
		t.Fatalf("the PUBLISH was answered with %q", w.other)
	}
	_, rest, _ := bytes.Cut(w.other[0], []byte("SIP-ETag: "))
	etag, _, _ := bytes.Cut(rest, []byte("\r\n"))
	w.etag = string(etag)
}

// settle waits until the server has nothing to do.
func (w *watched) settle(t testing.TB) {
	t.Helper()
	for !w.Idle() {
		runtime.Gosched()
	}
}

// answer answers all NOTIFYs that have come, and returns them.
func (w *watched) answer(t testing.TB, status string) [][]byte {
	t.Helper()
	w.mu.Lock()
	told := w.told
	w.told = nil
	w.mu.Unlock()
	for _, data := range told {
		_, headers, _ := bytes.Cut(data, []byte("\r\n"))
		headers, _, _ = bytes.Cut(headers, []byte("Max-Forwards: "))
		reply := append([]byte("SIP/2.0 "+status+"\r\n"), headers...)
		w.receiveFrom(append(bytes.ReplaceAll(reply, []byte("Content-Length: "), []byte("X-Length: ")), "Content-Length: 0\r\n\r\n"...))
	}
	w.settle(t)
	return told
}

func (w *watched) receiveFrom(data []byte) {
	s := w.transport.Sockets()[0]
	buf := transport.NewBuffer(len(data))
	n := copy(buf.Data, data)
	w.engine.Receive(transport.Packet{Data: buf.Data[:n], Buffer: buf, Socket: s, Src: netip.MustParseAddrPort("127.0.0.1:5"), Dst: s.Addr, Time: w.clock.Now()})
}

// change publishes a state and has each watcher hear of it once.
func (w *watched) change(t testing.TB, note string, watchers int) {
	t.Helper()
	w.publish(t, note)
	w.settle(t)
	heard := map[string]bool{}
	for _, data := range w.answer(t, "200 OK") {
		if !bytes.Contains(data, []byte("<note>"+note+"<")) {
			t.Fatalf("a watcher is told %q", data)
		}
		heard[watcherOf(data)] = true
	}
	if len(heard) != watchers {
		t.Fatalf("%s reached %d of %d watchers", note, len(heard), watchers)
	}
	w.clock.Advance(time.Second)
}

func watcherOf(data []byte) string {
	_, rest, _ := bytes.Cut(data, []byte("\r\nCall-ID: "))
	id, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(id)
}

// TestManyWatchers: each change reaches each of ten thousand watchers once.
func TestManyWatchers(t *testing.T) {
	const watchers = 10000
	w := newWatched(t, watchers)
	for i := range 5 {
		w.change(t, fmt.Sprintf("change %d", i), watchers)
	}
	if n := w.counters.Lookup("presence", "notifications").Value(); n != 6*watchers {
		t.Errorf("%d NOTIFYs were counted, want %d", n, 6*watchers)
	}
}

// TestWatchersAreToldTheNewestState: what changes while a watcher has not answered
// is told once, as it is at last; nothing is lost.
func TestWatchersAreToldTheNewestState(t *testing.T) {
	const watchers = 200
	w := newWatched(t, watchers)
	for i := range 6 {
		w.publish(t, fmt.Sprintf("change %d", i))
		w.settle(t)
	}
	for _, want := range []string{"change 0", "change 5"} {
		told := w.answer(t, "200 OK")
		if len(told) != watchers {
			t.Fatalf("%s: %d NOTIFYs, want %d", want, len(told), watchers)
		}
		for _, data := range told {
			if !bytes.Contains(data, []byte(want)) {
				t.Fatalf("want %s, got %q", want, data)
			}
		}
	}
	if told := w.answer(t, "200 OK"); len(told) != 0 {
		t.Errorf("%d NOTIFYs too many", len(told))
	}
}

// TestPublishersAtOnce: several publish at once, and the watchers answer meanwhile;
// what each watcher is told last is all that was published last, and its NOTIFYs
// are in order.
func TestPublishersAtOnce(t *testing.T) {
	const watchers, publishers, changes = 40, 4, 25
	w := newWatched(t, watchers)
	var all [][]byte
	done := make(chan struct{})
	var publishing, answering sync.WaitGroup
	answering.Go(func() {
		for {
			all = append(all, w.answer(t, "200 OK")...)
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for k := range publishers {
		publishing.Go(func() {
			etag := ""
			for i := range changes {
				etag = w.publishAs(t, k, i, etag)
			}
		})
	}
	publishing.Wait()
	close(done)
	answering.Wait()
	for told := w.answer(t, "200 OK"); len(told) > 0; told = w.answer(t, "200 OK") {
		all = append(all, told...)
	}
	last, text := map[string]int{}, map[string][]byte{}
	for _, data := range all {
		id := watcherOf(data)
		if n := cseqOf(data); n <= last[id] {
			t.Errorf("%s is told %d behind %d", id, n, last[id])
		} else {
			last[id], text[id] = n, data
		}
	}
	for id, data := range text {
		for k := range publishers {
			if want := fmt.Sprintf("<note>%d-%d<", k, changes-1); !bytes.Contains(data, []byte(want)) {
				t.Errorf("%s was not told %s: %s", id, want, data)
			}
		}
	}
	if len(text) != watchers {
		t.Errorf("%d watchers were told", len(text))
	}
}

// publishAs publishes the state i of one of several publishers.
func (w *watched) publishAs(t testing.TB, k, i int, etag string) string {
	t.Helper()
	call := fmt.Sprintf("p%d-%d", k, i)
	if etag != "" {
		etag = "SIP-If-Match: " + etag + "\r\n"
	}
	body := fmt.Sprintf(`<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:star@example.org"><tuple id="t%d"><status/><note>%[1]d-%d</note></tuple></presence>`, k, i)
	w.receiveFrom([]byte(fmt.Sprintf("PUBLISH sip:star@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bK%s\r\nFrom: <sip:p@x>;tag=f\r\nTo: <sip:star@example.org>\r\nCall-ID: %[1]s\r\n"+
		"CSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\nEvent: presence\r\nExpires: 3600\r\n%sContent-Type: application/pidf+xml\r\nContent-Length: %d\r\n\r\n%s", call, etag, len(body), body)))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, data := range w.other {
		if watcherOf(data) == call {
			_, rest, _ := bytes.Cut(data, []byte("SIP-ETag: "))
			tag, _, _ := bytes.Cut(rest, []byte("\r\n"))
			return string(tag)
		}
	}
	t.Errorf("%s was not answered", call)
	return ""
}

func cseqOf(data []byte) (n int) {
	_, rest, _ := bytes.Cut(data, []byte("\r\nCSeq: "))
	_, _ = fmt.Sscan(string(rest[:10]), &n)
	return n
}

// TestEachDocumentIsReadOnce: of many publications of one presentity each is read
// once, and each change is made into one body, however many watch. Nothing is made
// of what nobody watches.
func TestEachDocumentIsReadOnce(t *testing.T) {
	const publishers, changes, watchers = 60, 3, 20
	for _, tc := range []struct {
		name                         string
		watchers, compositions, read int
	}{
		// The first document alone is passed on as it is.
		{"watched", watchers, publishers * changes, publishers * changes},
		{"unwatched", 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWatched(t, tc.watchers)
			before := w.count("compositions")
			etags := make([]string, publishers)
			for i := range changes {
				for k := range etags {
					etags[k] = w.publishAs(t, k, i, etags[k])
					w.settle(t)
					w.answer(t, "200 OK")
				}
			}
			if n := w.count("compositions") - before; n != tc.compositions {
				t.Errorf("%d bodies were made for %d changes, want %d", n, publishers*changes, tc.compositions)
			}
			if n := w.count("documents_read"); n > tc.read || tc.read > 0 && n < tc.read-1 {
				t.Errorf("%d documents were read, want %d", n, tc.read)
			}
		})
	}
}

func (w *watched) count(name string) int {
	return int(w.counters.Lookup("presence", name).Value())
}

// TestChangesLeaveNothing: a hundred changes more take no more memory, once the pools
// are filled.
func TestChangesLeaveNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	const watchers = 300
	w := newWatched(t, watchers)
	var after [2]uint64
	const first, filled, more = 10, 40, 100
	for i := range filled + more {
		w.change(t, fmt.Sprintf("change %d", i%10), watchers)
		switch i + 1 {
		case first:
			inUse() // what the collector empties for the first time is filled again
		case filled:
			after[0] = inUse()
		case filled + more:
			after[1] = inUse()
		}
	}
	const slack = 128 << 10
	if after[1] > after[0]+slack {
		t.Errorf("%d bytes after %d changes, %d after %d", after[0], filled, after[1], filled+more)
	}
}

// BenchmarkManyWatchers is one change that ten thousand watch: the PUBLISH, the
// NOTIFYs and their answers.
func BenchmarkManyWatchers(b *testing.B) {
	const watchers = 10000
	w := newWatched(b, watchers)
	b.ReportAllocs()
	for i := range b.N {
		w.publish(b, fmt.Sprintf("change %d", i))
		w.settle(b)
		if told := w.answer(b, "200 OK"); len(told) != watchers {
			b.Fatalf("%d NOTIFYs", len(told))
		}
		w.clock.Advance(time.Second)
	}
}

// BenchmarkManyPublications is one change of one of 300 publications: what one more
// costs shows whether the others are read again.
func BenchmarkManyPublications(b *testing.B) {
	const publishers = 300
	w := newWatched(b, 1)
	etags := make([]string, publishers)
	for k := range etags {
		etags[k] = w.publishAs(b, k, 0, "")
		w.settle(b)
		w.answer(b, "200 OK")
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % publishers
		etags[k] = w.publishAs(b, k, 1+i, etags[k])
		w.settle(b)
		if told := w.answer(b, "200 OK"); len(told) != 1 {
			b.Fatalf("%d NOTIFYs", len(told))
		}
		w.other = w.other[:0]
	}
}

// inUse is the memory that is reachable.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
