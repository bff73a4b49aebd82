// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The flood: its sources, its packets in all, how many in a second where the machine can, and the calls in a second beside it.
const floodSources, floodPackets, floodPerSecond, callsBesideFlood = 500, 100_000, 20_000, 300

// burstOfOne is how many packets of a source come in a row: the rate of each is beyond what pike allows on a machine that is slow, too.
const burstOfOne = 50

// flood sends requests of strangers until all are sent.
type flood struct {
	conns []*net.UDPConn
	texts []string // of the requests, without what makes each a new one
}

func newFlood(t *testing.T, server string) *flood {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		t.Fatal(err)
	}
	f := new(flood)
	for i := range floodSources {
		conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 1, byte(i/250), byte(1+i%250))}, to)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		f.conns = append(f.conns, conn)
		f.texts = append(f.texts, fmt.Sprintf("%s sip:%d@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-@@\r\nMax-Forwards: 70\r\nFrom: <sip:x@%[3]s>;tag=@@\r\nTo: <sip:%[2]d@%[3]s>\r\n"+
			"Call-ID: @@@%[4]s\r\nCSeq: 1 %[1]s\r\nContent-Length: 0\r\n\r\n", []string{"INVITE", "REGISTER", "OPTIONS"}[i%3], i, server, conn.LocalAddr()))
	}
	return f
}

func (f *flood) run(stop <-chan struct{}) (sent int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sent < floodPackets {
		select {
		case <-stop:
			return sent
		case <-tick.C:
		}
		for range floodPerSecond / 1000 {
			f.send(sent/burstOfOne%floodSources, sent)
			sent++
		}
	}
	return sent
}

// send sends the n-th packet, from one of the sources.
func (f *flood) send(i, n int) {
	f.conns[i].Write([]byte(strings.ReplaceAll(f.texts[i], "@@", fmt.Sprint(n))))
}

// TestFlood: strangers flood from 500 addresses while a customer calls. No call is lost, all of the addresses are banned, and one of them is
// answered again when its time is over. That the time is the five minutes of the recipe would take as long: an operator shortens it.
func TestFlood(t *testing.T) {
	s := newSite(t)
	good := newCustomer(t, "bulk", "127.0.0.13", s.Addr())
	f := newFlood(t, s.Addr())

	sent := make(chan int, 1)
	go func() { sent <- f.run(good.closed) }()
	done := false
	calls := load(good, callsBesideFlood, func(int) bool {
		select {
		case n := <-sent:
			sent <- n
			done = true
		default:
		}
		return done
	})
	finish(t, s, calls)
	if err := s.Barrier(); err != nil {
		t.Fatal(err)
	}
	banned := regexp.MustCompile(`name: ban\s+slots: \d+\s+all: (\d+)`).FindStringSubmatch(s.rpc("htable.stats"))
	if banned == nil || banned[1] != fmt.Sprint(floodSources) {
		t.Errorf("of %d addresses that flood these are banned: %v", floodSources, banned)
	}
	for _, k := range calls {
		if k.code != 200 || k.byeCode != 200 {
			t.Errorf("call %s was lost: %d of %q, BYE %d", k.id, k.code, k.gateway, k.byeCode)
		}
	}
	t.Logf("%d packets from %d addresses beside %d calls", <-sent, floodSources, len(calls))

	one := f.conns[2] // it sends OPTIONS
	host, _, _ := net.SplitHostPort(one.LocalAddr().String())
	listed := regexp.MustCompile(regexp.QuoteMeta(host) + `\s`) // not those that begin so
	if err := s.Barrier(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	heard := func() (last string) { // what is there already
		for one.SetReadDeadline(time.Now().Add(50*time.Millisecond)) == nil {
			n, err := one.Read(buf)
			if err != nil {
				break
			}
			last = string(buf[:n])
		}
		return last
	}
	heard() // what was answered before the ban
	f.send(2, floodPackets)
	if err := s.Barrier(); err != nil {
		t.Fatal(err)
	}
	if answer := heard(); answer != "" {
		t.Errorf("a banned address is answered: %q", answer)
	}
	if dump := s.rpc("htable.dump", "ban"); !listed.MatchString(dump) {
		t.Errorf("%s is not listed in\n%s", host, dump)
	}
	s.rpc("htable.setex", "ban", host, "8") // more than the two intervals that pike remembers
	s.await("the address is forgotten", func() bool { return !listed.MatchString(s.rpc("htable.dump", "ban")) })
	f.send(2, floodPackets+1)
	one.SetReadDeadline(time.Now().Add(patience))
	if n, err := one.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 403 ") {
		t.Errorf("a forgotten address is answered with %q, %v", buf[:max(n, 0)], err)
	}
}
