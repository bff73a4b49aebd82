// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// patience is how long something may take that must come; the machine may be busy.
const patience = 40 * time.Second

// event is what the page tells.
type event struct {
	What, Name string
	// By says whose it is: local, remote or system.
	By    string
	Cause string
	Code  int
	// Type and SDP are of a session description.
	Type, SDP string
}

// command is what the page shall do.
type command struct {
	Do       string `json:"do"`
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	URI      string `json:"uri,omitempty"`
	Password string `json:"password,omitempty"`
	Target   string `json:"target,omitempty"`
}

// tab is a page with JsSIP in a browser.
type tab struct {
	t        *testing.T
	commands chan command
	events   chan event
	// seen are the events that nobody has waited for yet.
	seen []event
}

// open starts a browser with the page.
func open(t *testing.T) *tab {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		refserver.Absent(t, "chromium is not installed")
	}
	script, err := bundle()
	if err != nil {
		refserver.Absent(t, "JsSIP is not installed (make deps): "+err.Error())
	}
	b := &tab{t: t, commands: make(chan command, 16), events: make(chan event, 256)}
	site := httptest.NewServer(b.site(script))
	t.Cleanup(site.Close)
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection",
		"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--ignore-certificate-errors", "--enable-logging=stderr",
		"--user-data-dir="+filepath.Join(dir, "profile"), site.URL+"/index.html")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(b.commands)
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the browser:\n%s", strings.Join(console.FindAllString(string(text), -1), "\n"))
		}
		log.Close()
	})
	t.Logf("JsSIP %s", b.await("loaded", "").Cause)
	return b
}

// console are the lines of the browser's log that the page has written.
var console = regexp.MustCompile(`(?m)^.*:CONSOLE.*$`)

// site serves the page and talks with it.
func (b *tab) site(script []byte) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("page")))
	mux.HandleFunc("/jssip.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(script)
	})
	mux.HandleFunc("/event", func(_ http.ResponseWriter, r *http.Request) {
		var e event
		if json.NewDecoder(r.Body).Decode(&e) == nil {
			b.events <- e
		}
	})
	mux.HandleFunc("/command", func(w http.ResponseWriter, r *http.Request) {
		select {
		case c := <-b.commands:
			json.NewEncoder(w).Encode(c)
		case <-r.Context().Done():
		}
	})
	return mux
}

func (b *tab) do(c command) { b.commands <- c }

// await returns the next event of a kind and name; others are kept, but what goes
// wrong ends the test.
func (b *tab) await(what, name string) event {
	b.t.Helper()
	return b.wait(what, name, func(e event) bool { return e.What == "trouble" || e.What == "failed" || e.What == "registrationFailed" })
}

// awaitBad is await for what goes wrong.
func (b *tab) awaitBad(what, name string) event {
	b.t.Helper()
	return b.wait(what, name, func(event) bool { return false })
}

func (b *tab) wait(what, name string, bad func(e event) bool) event {
	b.t.Helper()
	for i, e := range b.seen {
		if e.What == what && e.Name == name {
			b.seen = append(b.seen[:i:i], b.seen[i+1:]...)
			return e
		}
	}
	late := time.After(patience)
	for {
		select {
		case e := <-b.events:
			if e.What == what && e.Name == name {
				return e
			}
			b.seen = append(b.seen, e)
			if bad(e) {
				b.t.Fatalf("waiting for %s of %s: %+v", what, name, e)
			}
		case <-late:
			b.t.Fatalf("no %s of %s; what came: %s", what, name, b.told())
		}
	}
}

// told lists the events that nobody has waited for.
func (b *tab) told() string {
	var out []string
	for _, e := range b.seen {
		out = append(out, strings.TrimSpace(e.What+" "+e.Name+" "+e.By+" "+e.Cause))
	}
	return strings.Join(out, ", ")
}

// register registers an agent of the page, as NAME@phones.example.
func (b *tab) register(name, url, password string) {
	b.t.Helper()
	b.do(command{Do: "register", Name: name, URL: url, URI: "sip:" + name + "@phones.example", Password: password})
	b.await("registered", name)
}
