// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"strings"
)

// realm is that of the server's own address: without MULTIDOMAIN the domain of
// an account counts for nothing.
const realm = here

// driveAuth: accounts register and call, others do not.
func driveAuth(c *scene) {
	c.begin()
	c.register("bob", c.local, "bobs", "200")
	c.register("bob", c.local, "wrong", "401")
	c.register("nobody", c.local, "bobs", "401")
	c.register("bob", "away.example", "bobs", "403") // a domain of others
	c.call("alice", c.local, "secret", "bob@"+c.local)
	c.refused(here, "x", "away.example", "y@elsewhere.example", "403")
	c.refused(here, "x", "away.example", "nobody@"+c.local, "404")
	driveReplay(c, "bob", c.local, realm, "bobs")
}

// driveReplay: credentials are good for the one who was asked, and for nobody
// after the server that asked is gone.
func driveReplay(c *scene, user, domain, realm, password string) {
	c.Helper()
	old := c.authorization(user, domain, realm, password)
	c.registerWith(old, user, domain, "200")
	c.registerWith(strings.Replace(old, `nonce="`, `nonce="0`, 1), user, domain, "401")
	c.registerWith(old, "alice", domain, "401")
	c.restart()
	c.registerWith(old, user, domain, "401")
	c.register(user, domain, password, "200")
}

// driveOneTimeNonces: credentials that were overheard are worth nothing. The
// stock file allows for nonces to be used again while they live, as phones do;
// the parameter on the command line does not.
func driveOneTimeNonces(c *scene) {
	c.command += " --modparam=auth:one_time_nonce:i:1"
	c.begin()
	overheard := c.authorization("bob", c.local, realm, "bobs")
	c.registerWith(overheard, "bob", c.local, "200")
	c.registerWith(overheard, "bob", c.local, "401")
	c.register("bob", c.local, "bobs", "200")
}

// driveIPAuth: a peer is known by its address, and may not register so.
func driveIPAuth(c *scene) {
	c.begin()
	c.register("bob", c.local, "bobs", "200")
	c.callOpen(peer, "x", "gateway.example", "bob@"+c.local, c.callee)
	c.callOpen(peer, "alice", c.local, "bob@"+c.local, c.callee)
	c.refused(here, "alice", c.local, "bob@"+c.local, "407")
	c.sipp(peer, "register-open", "bob", "@@domain@@", c.local, "@@code@@", "401", "@@contact@@", c.calleePort())
}

// driveLocation: a registration survives a restart.
func driveLocation(c *scene) {
	c.begin()
	c.registerOpen("bob", c.local, "200")
	c.callOpen(here, "alice", c.local, "bob@"+c.local, c.callee)
	c.restart()
	c.callOpen(here, "alice", c.local, "bob@"+c.local, c.callee)
}

// driveTarget: a name of the database leads to the one who is registered. It is
// a name of the server's own address for as long as it is needed.
func driveTarget(name string) func(c *scene) {
	return func(c *scene) {
		c.begin()
		uri := "sip:bob@" + c.local
		c.s.run(c.T, "UPDATE speed_dial SET new_uri = '"+uri+"'", "UPDATE dbaliases SET domain = '"+c.local+"'")
		defer c.s.run(c.T, "UPDATE speed_dial SET new_uri = 'sip:bob@two.example'", "UPDATE dbaliases SET domain = 'two.example'")
		c.registerOpen("bob", c.local, "200")
		c.callOpen(here, "alice", c.local, name+"@"+c.local, c.callee)
		c.refused(here, "alice", c.local, "12@"+c.local, "404")
		c.refused(here, "alice", c.local, "nosuch@"+c.local, "404")
	}
}

// driveDomains: the domains of the table are the server's, with users of their
// own; others are not.
func driveDomains(c *scene) {
	c.begin()
	c.registerOpen("bob", "two.example", "200")
	c.callOpen(here, "alice", "one.example", "bob@two.example", c.callee)
	c.refused(here, "alice", "one.example", "bob@one.example", "404")
	c.refused(here, "alice", "one.example", "bob@three.example", "403")
	c.registerOpen("bob", "three.example", "403")
}

// driveAccounting: each call has its rows, those that were missed too, with the
// extra columns.
func driveAccounting(c *scene) {
	c.begin()
	c.registerOpen("bob", c.local, "200")
	c.callOpen(here, "alice", c.local, "bob@"+c.local, c.callee)
	c.turned("alice", c.local, "bob@"+c.local, "486 Busy Here", "486")
	const row = "%s|%s|%s|alice|%s|127.0.0.1|bob|%s"
	c.s.await(c.T, "SELECT method, sip_code, sip_reason, src_user, src_domain, src_ip, dst_ouser, dst_user FROM acc ORDER BY id",
		fmt.Sprintf(row, "INVITE", "200", "OK", here, "bob"), fmt.Sprintf(row, "BYE", "200", "OK", here, ""))
	c.s.await(c.T, "SELECT method, sip_code, sip_reason, src_user, src_domain, src_ip, dst_ouser, dst_user FROM missed_calls ORDER BY id",
		fmt.Sprintf(row, "INVITE", "486", "Busy Here", here, "bob"))
}

// driveGateway: numbers go to the gateway, in one form.
func driveGateway(c *scene) {
	c.begin()
	c.refused(here, "alice", c.local, "+4930123456@"+c.local, "404")
	gateway := newPhone(c.T, c.server.Addr())
	host, port, _ := strings.Cut(gateway.addr(), ":")
	c.set("pstn", "gw_ip", host)
	c.set("pstn", "gw_port", port)
	for _, number := range []string{"+4930123456", "004930123456"} {
		c.callOpen(here, "alice", c.local, number+"@"+c.local, gateway)
	}
	c.refused(here, "x", "away.example", "+4930123456@"+c.local, "403")
}

// driveVoicemail: who is away, busy or does not answer has a box.
func driveVoicemail(c *scene) {
	c.begin()
	c.refused(here, "alice", c.local, "bob@"+c.local, "404")
	box := newPhone(c.T, c.server.Addr())
	host, port, _ := strings.Cut(box.addr(), ":")
	c.set("voicemail", "srv_ip", host)
	c.set("voicemail", "srv_port", port)
	c.callOpen(here, "alice", c.local, "bob@"+c.local, box)
	c.registerOpen("bob", c.local, "200")
	c.callOpen(here, "alice", c.local, "bob@"+c.local, c.callee)
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		c.callee.reply(c.callee.hears("INVITE"), "486 Busy Here")
	}()
	c.callOpen(here, "alice", c.local, "bob@"+c.local, box)
	<-busy
}

// driveBlock: an answer that would lead elsewhere leads nowhere.
func driveBlock(answer string) func(c *scene) {
	return func(c *scene) {
		c.begin()
		c.registerOpen("bob", c.local, "200")
		c.turned("alice", c.local, "bob@"+c.local, answer, "404")
		c.callOpen(here, "alice", c.local, "bob@"+c.local, c.callee)
	}
}

// driveNamesakes: an account is of one domain. Only here are there two of one
// name: without MULTIDOMAIN it is up to the database which of them is asked.
func driveNamesakes(c *scene) {
	c.Helper()
	c.s.kaheactl(c.T, "user", "add", "alice@two.example", "another")
	defer c.s.run(c.T, "DELETE FROM subscriber WHERE username = 'alice' AND domain = 'two.example'")
	c.register("alice", "two.example", "another", "200")
	c.register("alice", "two.example", "secret", "401")
	c.register("alice", "one.example", "another", "401")
}

// driveAll is a day of a provider.
func driveAll(c *scene) {
	c.begin()
	c.register("bob", "two.example", "bobs", "200")
	c.register("bob", "two.example", "wrong", "401")
	c.register("bob", "one.example", "bobs", "401")
	driveNamesakes(c)
	c.register("nobody", "two.example", "bobs", "401")
	driveReplay(c, "bob", "two.example", "two.example", "bobs")
	var want []string
	row := "%s|200|OK|alice|one.example|127.0.0.1|%s|%s"
	for _, user := range []string{"bob", "sales", "11"} {
		c.call("alice", "one.example", "secret", user+"@two.example")
		want = append(want, fmt.Sprintf(row, "INVITE", user, "bob"), fmt.Sprintf(row, "BYE", user, "")) // the Contact has no user
	}
	c.s.await(c.T, "SELECT method, sip_code, sip_reason, src_user, src_domain, src_ip, dst_ouser, dst_user FROM acc ORDER BY id", want...)
	c.refused(here, "x", "away.example", "y@three.example", "403")
	c.callOpen(peer, "x", "gateway.example", "bob@two.example", c.callee)
	gateway, box := newPhone(c.T, c.server.Addr()), newPhone(c.T, c.server.Addr())
	for group, p := range map[string]*phone{"pstn.gw": gateway, "voicemail.srv": box} {
		host, port, _ := strings.Cut(p.addr(), ":")
		group, prefix, _ := strings.Cut(group, ".")
		c.set(group, prefix+"_ip", host)
		c.set(group, prefix+"_port", port)
	}
	c.callOpen(peer, "alice", "one.example", "+4930123456@one.example", gateway)
	c.callOpen(peer, "alice", "one.example", "carl@one.example", box)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.callee.reply(c.callee.hears("INVITE"), "302 Moved Temporarily")
	}()
	c.refused(peer, "alice", "one.example", "bob@two.example", "404")
	<-done
	c.overTLS("bob", "two.example", "bobs")
}
