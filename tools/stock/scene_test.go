// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
)

// scene is the stock file with some of its switches, on a database.
type scene struct {
	*testing.T
	s        *store
	command  string
	switches []string
	server   *refserver.Server
	// local is a domain of the server's, as peers write it.
	local string
	// callee has the contact of whoever register registers.
	callee *phone
	tls    *tlsSide // nil without WITH_TLS
}

// begin starts the server.
func (c *scene) begin() {
	c.Helper()
	c.withTLS()
	c.server = c.s.start(c.T, c.command, refserver.StockCfg, c.switches...)
	c.local = c.server.Addr()
	c.callee = newPhone(c.T, c.server.Addr())
}

// restart ends the server and starts it again where it was.
func (c *scene) restart() {
	c.Helper()
	c.server.Stop()
	c.server = c.s.startAt(c.T, c.server.Port, c.command, refserver.StockCfg, c.switches...)
}

const here = "127.0.0.1"

// sipp runs a scenario of a user towards the server, words filled in.
func (c *scene) sipp(from, scenario, user string, words ...string) {
	c.Helper()
	sippFrom(c.T, c.server, from, scenario, user, words...)
}

// sipp runs a scenario of a user towards a server, words filled in.
func sipp(t *testing.T, server *refserver.Server, scenario, user string, words ...string) {
	t.Helper()
	sippFrom(t, server, here, scenario, user, words...)
}

// sippFrom is sipp from an address. What is challenged, or has credentials, is
// sent once: of the answers to a repeated one the second has another nonce, and
// sipp would take it for the answer to its credentials.
func sippFrom(t *testing.T, server *refserver.Server, from, scenario, user string, words ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, scenario+".xml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(append(words, "@@user@@", user)...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sipp", server.Addr(), "-sf", file, "-s", user, "-i", from, "-p", strconv.Itoa(port), "-m", "1", "-nostdin",
		"-timeout", "50s", "-timeout_error", "-trace_err", "-error_file", filepath.Join(dir, "errors"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if err := cmd.Run(); err != nil {
		errors, _ := os.ReadFile(filepath.Join(dir, "errors"))
		t.Errorf("sipp %s of %s %q: %v\n%s\n%s", scenario, user, words, err, errors, server.LogTail())
	}
}

func (c *scene) calleePort() string {
	_, port, _ := strings.Cut(c.callee.addr(), ":")
	return port
}

// register registers a user, who is challenged; code is the second answer.
func (c *scene) register(user, domain, password, code string) {
	c.Helper()
	c.sipp(here, "register", user, "@@domain@@", domain, "@@password@@", password, "@@code@@", code, "@@contact@@", c.calleePort())
}

// registerOpen registers a user, who is not challenged.
func (c *scene) registerOpen(user, domain, code string) {
	c.Helper()
	c.sipp(here, "register-open", user, "@@domain@@", domain, "@@code@@", code, "@@contact@@", c.calleePort())
}

// called has a phone answer a call, and its end, while f makes it.
func (c *scene) called(callee *phone, f func()) {
	c.Helper()
	heard := make(chan bool)
	go func() {
		all := true
		for _, method := range []string{"INVITE", "BYE"} {
			request := callee.hears(method)
			callee.answer(request)
			all = all && request != ""
		}
		heard <- all
	}()
	f()
	if !<-heard {
		c.Error("the callee heard nothing")
	}
}

// call calls the callee as an account that is challenged.
func (c *scene) call(user, domain, password, to string) {
	c.Helper()
	c.called(c.callee, func() {
		c.sipp(here, "call", user, "@@domain@@", domain, "@@password@@", password, "@@to@@", to)
	})
}

// callOpen calls a phone from an address, without a challenge.
func (c *scene) callOpen(from, user, domain, to string, callee *phone) {
	c.Helper()
	c.called(callee, func() { c.sipp(from, "call-open", user, "@@domain@@", domain, "@@to@@", to) })
}

// refused calls in vain.
func (c *scene) refused(from, user, domain, to, code string) {
	c.Helper()
	c.sipp(from, "refused", user, "@@domain@@", domain, "@@to@@", to, "@@code@@", code)
}

// turned calls somebody who answers with another final reply, and gets code.
func (c *scene) turned(user, domain, to, answer, code string) {
	c.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.callee.reply(c.callee.hears("INVITE"), answer)
	}()
	c.refused(here, user, domain, to, code)
	<-done
}

// set sets a value of the configuration while the server runs.
func (c *scene) set(group, name, value string) {
	c.Helper()
	out, err := exec.Command("kamcmd", "-s", "unix:"+filepath.Join(c.server.Run, "kamailio_ctl"), "cfg.sets", group, name, "s:"+value).CombinedOutput()
	if err != nil || strings.Contains(string(out), "error") {
		c.Fatalf("kamcmd cfg.sets %s %s: %v\n%s", group, name, err, out)
	}
}

// authorization asks for a challenge and makes the header that answers it.
func (c *scene) authorization(user, domain, realm, password string) string {
	c.Helper()
	p := newPhone(c.T, c.server.Addr())
	aor := "sip:" + user + "@" + domain
	reply := p.ask(p.request("REGISTER", "sip:"+domain, aor, aor, ""), patience)
	nonce := between(reply, `nonce="`, `"`)
	if nonce == "" {
		c.Fatalf("there is no challenge:\n%s", reply)
	}
	return digest(user, realm, password, nonce, "sip:"+domain)
}

// digest is the header of a REGISTER that answers a challenge (RFC 2617, without
// qop: what the stock file asks for).
func digest(user, realm, password, nonce, uri string) string {
	sum := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	response := sum(sum(user+":"+realm+":"+password) + ":" + nonce + ":" + sum("REGISTER:"+uri))
	return fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`, user, realm, nonce, uri, response)
}

// registerWith registers a user with credentials that were made before.
func (c *scene) registerWith(authorization, user, domain, code string) {
	c.Helper()
	c.sipp(here, "register-with", user, "@@domain@@", domain, "@@authorization@@", authorization, "@@code@@", code, "@@contact@@", c.calleePort())
}
