// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/testport"
)

func TestCompare(t *testing.T) {
	want := transcript{{line: "alice", text: []string{"SIP/2.0 200 OK", "Server: {server}", "Contact: <sip:a@b>;expires=600"}}}
	for _, c := range []struct {
		name string
		got  transcript
		want []string
	}{
		{"the same", want, nil},
		{"a second later", transcript{{line: "alice", text: []string{"SIP/2.0 200 OK", "Server: {server}", "Contact: <sip:a@b>;expires=599"}}}, nil},
		{"much later", transcript{{line: "alice", text: []string{"SIP/2.0 200 OK", "Server: {server}", "Contact: <sip:a@b>;expires=60"}}},
			[]string{"alice#1 -Contact: <sip:a@b>;expires=600", "alice#1 +Contact: <sip:a@b>;expires=60"}},
		{"a line less", transcript{{line: "alice", text: []string{"SIP/2.0 200 OK", "Contact: <sip:a@b>;expires=600"}}}, []string{"alice#1 -Server: {server}"}},
		{"other order", transcript{{line: "alice", text: []string{"SIP/2.0 200 OK", "Contact: <sip:a@b>;expires=600", "Server: {server}"}}},
			[]string{"alice#1 -Server: {server}", "alice#1 +Server: {server}"}},
		{"a packet more", append(transcript{{line: "bob", text: []string{"BYE"}}}, want...), []string{"bob#1 +BYE"}},
		{"nothing", nil, []string{"alice#1 -SIP/2.0 200 OK", "alice#1 -Server: {server}", "alice#1 -Contact: <sip:a@b>;expires=600"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range compare(want, c.got) {
				got = append(got, d.String())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestSameLine: times may differ by what passes between the two moments, and nothing else may.
func TestSameLine(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"expires=600", "expires=590", true}, {"expires=600", "expires=589", false}, {`"Expires": 60`, `"Expires": 55`, true},
		{"last used 0s ago", "last used 3s ago", true}, {"last used 0s ago", "last used 4s ago", false}, {"last used 2s ago; x", "last used 2s ago; y", false},
		{"expires=60, last used 0s ago", "expires=52, last used 1s ago", true}, {"expires=60", "expires=", false}, {"X: 60", "X: 59", false},
	} {
		if got := sameLine(row.a, row.b); got != row.want {
			t.Errorf("%q and %q: %t", row.a, row.b, got)
		}
	}
}

// TestKnownIsNarrow: nothing explains all that may differ in a case.
func TestKnownIsNarrow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known.txt")
	for text, ok := range map[string]bool{"a\talice#1 +*\twhy\n": true, "a\t*\twhy\n": false, "a\tb\n": false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readKnown(file); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSetMayMissMembers(t *testing.T) {
	want := transcript{{line: "rpc", set: true, text: []string{"a", "b"}}}
	if d := compare(want, transcript{{line: "rpc", set: true, text: []string{"a"}}}); len(d) != 0 {
		t.Errorf("a missing member: got %v, want nothing", d)
	}
	if d := compare(want, transcript{{line: "rpc", set: true, text: []string{"a", "b", "c"}}}); len(d) != 1 {
		t.Errorf("a foreign member: got %v, want one difference", d)
	}
}

func TestExplained(t *testing.T) {
	all := []*known{{name: "reg-*", pattern: "alice#* -Server:*", why: "x"}, {name: "other", pattern: "*", why: "x"}}
	diffs := []difference{{place: "alice#2", sign: '-', line: "Server: y"}, {place: "alice#2", sign: '+', line: "Other: z"}}
	rest := explained(all, "reg-add", diffs)
	if len(rest) != 1 || rest[0].sign != '+' {
		t.Errorf("got %v, want only the line that is not explained", rest)
	}
	if !all[0].used || all[1].used {
		t.Errorf("used: got %v %v, want true false", all[0].used, all[1].used)
	}
}

func TestMask(t *testing.T) {
	m := masker{ours: "Via: SIP/2.0/UDP 127.0.0.1:30000;branch=z9hG4bKmine\nFrom: <sip:a@b>;tag=mine\nCall-ID: mine\n",
		ports: &portNames{strings.NewReplacer("127.0.0.1:30000", "{alice}"), map[string]string{"30000": "{alice.port}"}}, names: map[string]string{}, count: map[string]int{}}
	got := m.packet("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:30000;branch=z9hG4bKmine;rport=30000\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx.1;i=3f\r\n" +
		"From: <sip:a@b>;tag=mine\r\nTo: <sip:c>;tag=theirs\r\nCall-ID: mine\r\nX: ;tag=theirs\r\nServer: some\r\nContent-Length: 3\r\n\r\na\x00b")
	want := []string{"SIP/2.0 200 OK", "Via: SIP/2.0/UDP {alice};branch=z9hG4bKmine;rport={alice.port}", "Via: SIP/2.0/TCP h;branch={branch1};i={i}",
		"From: <sip:a@b>;tag=mine", "To: <sip:c>;tag={tag1}", "Call-ID: mine", "X: ;tag={tag1}", "Server: {server}", "Content-Length: 3", "", `a\x00b`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTranscriptRoundTrip(t *testing.T) {
	for _, want := range []transcript{
		nil,
		{{line: "alice", text: []string{"A", "", "body"}}, {line: "alice/tcp", text: []string{closedNote}}},
		{{line: "rpc", title: "ul.dump brief", text: []string{"{", "}"}}, {line: "rpc", title: "system.listMethods", set: true, text: []string{"a"}}},
	} {
		if got := parseTranscript(formatTranscript(want)); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestDraft(t *testing.T) {
	d := draft{start: "X", headers: []string{"Via: 1", "From: 2"}}
	d.apply([]string{"-From", "v: 3", "Via: 4", "X-New: 5", "", "body"})
	if got, want := string(d.bytes()), "X\r\nv: 3\r\nVia: 4\r\nX-New: 5\r\nContent-Length: 6\r\n\r\nbody\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d = draft{start: "X"}
	d.apply([]string{"-Content-Length"})
	if got, want := string(d.bytes()), "X\r\n\r\n"; got != want {
		t.Errorf("without a length: got %q, want %q", got, want)
	}
}

func TestParseCaseErrors(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"Upper", "sync"}, {"empty", "# nothing\n"}, {"unknown", "dance alice\n"},
	} {
		if _, err := parseCase(c.name, c.text); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

func TestFrame(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       int
	}{
		{"line end", "\r\nX", 2},
		{"half a header", "SIP/2.0 200 OK\r\nl: 3\r\n", 0},
		{"half a body", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nab", 0},
		{"whole", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nabcX", 27},
	} {
		if got := frame([]byte(c.data)); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// TestTortureMessages guards the bytes of the RFC 4475 messages: line ends get converted easily.
func TestTortureMessages(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(torture, "*.dat"))
	if err != nil || len(files) != 49 {
		t.Fatalf("got %d messages (%v), want 49", len(files), err)
	}
	sum := sha256.New()
	for _, file := range files { // in the order of names
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(data)
	}
	if got, want := hex.EncodeToString(sum.Sum(nil)), "c130abdedde20f53b7f1c70181dc8fc115afd568a12977d7db3d597f39a21378"; got != want {
		t.Errorf("got digest %s, want %s", got, want)
	}
}

// TestCorpus holds the size of the corpus: it must not shrink unseen.
func TestCorpus(t *testing.T) {
	stock, own, control := 0, 0, 0
	for _, s := range suites(t) {
		switch {
		case strings.HasPrefix(s.Name, "rpc-"):
			control += len(s.Cases)
		case s.Cfg == "":
			stock += len(s.Cases)
		default:
			own += len(s.Cases)
		}
	}
	if stock < 380 || own < 200 || control < 20 {
		t.Errorf("got %d cases under the stock file, %d under own files, %d of control commands", stock, own, control)
	}
}

// TestPortsStandNowhere: no message of a case, nor what was recorded, has a number that a port of a run may be: it would be masked.
func TestPortsStandNowhere(t *testing.T) {
	seen := 0
	number := regexp.MustCompile(`[0-9]+`)
	for _, pattern := range []string{"testdata/*/*.txtar", filepath.Join(torture, "*.dat")} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, digits := range number.FindAllString(string(text), -1) {
				n, err := strconv.Atoi(digits)
				if err == nil && testport.MayBe(n) {
					t.Errorf("%s has the number %s, which may be a port: take an even one, or tell testport of it", file, digits)
				}
				seen++
			}
		}
	}
	if seen < 1000 {
		t.Errorf("only %d numbers were seen", seen)
	}
}
