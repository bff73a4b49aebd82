// SPDX-License-Identifier: Apache-2.0

// Package siptest gives test scripts the words to speak SIP.
//
// The scripts are those of testscript; the words beside its own are:
//
//	daemon [FLAG…]          start the server; $SERVER, $SERVER_TCP, $SERVER6 and
//	                        $SERVER6_TCP, $SERVER_TLS are its first addresses. The clock stands
//	                        still until advance.
//	daemon-fails [FLAG…]    the start must fail; stderr holds what it said
//	peer NAME [udp|tcp|tls|udp6|tcp6|tls6] [cert=NAME] [sni=HOST] [max=1.2]
//	                        open a socket; $NAME is its address, $NAME_PORT the port.
//	                        cert is shown to the server, sni the name that it is asked
//	                        for, max the newest version of TLS
//	peer NAME ws|wss|ws6|wss6  a client of WebSocket: it has an address when it is connected,
//	                        which it is when it sends the first message
//	upgrade NAME [/URI] [Header:value]…
//	                        connect it and send the handshake, whose answer can be
//	                        expected as "HTTP/1.1 101"
//	frame NAME OPCODE [FILE|raw=FILE|text=TEXT] [code=N] [fin=no] [mask=no] [rsv=N] [length=N] [from=N] [to=N]
//	                        send a frame: text, binary, continuation, ping, pong, close
//	                        or a number; with a message as send makes it, or a part of
//	                        it. What a server sends is expected as "PING", "PONG",
//	                        "CLOSE 1000" and, for an empty line, "CRLF"
//	certificate NAME [by=NAME|authority|serial=N|dns=HOST|…]
//	                        write NAME.pem and NAME.key, see certificate.go
//	refused NAME            the server refuses a connection of NAME over TLS
//	revoke AUTHORITY [NAME…]
//	                        write AUTHORITY.crl, a list with these certificates
//	new NAME METHOD URI [Header:value|body=FILE]…
//	                        send a request outside of any dialog, as NAME@server;
//	                        "Header:" leaves out what the peer would write
//	send NAME FILE          send a message. {server}, {NAME}, {branch}, {callid} and
//	                        {last:NAME:Header} (of the last message that NAME received)
//	                        are filled in, lines end in CRLF, Content-Length is completed
//	raw NAME FILE [TIMES]   send the file as it is, but for the places above
//	write FILE PART…        write a file of parts: @FILE, a text with \r, \n, \0 and
//	                        \xNN, either with *N behind it for N times
//	expect NAME PATTERN [Header=REGEXP | !Header | uri=REGEXP | body=REGEXP]…
//	                        the next message at NAME: "INVITE", "200 OK", "180" …
//	                        and its headers, those of one name joined by ", "
//	reply NAME [METHOD] CODE [REASON] [Header:value|body=FILE]…
//	                        answer the last request (of that method) that NAME received
//	request NAME METHOD [Header:value|body=FILE]…
//	                        send a request inside of the dialog of the last INVITE
//	cancel NAME             CANCEL the last INVITE that NAME sent
//	ack NAME                acknowledge the last response to the last INVITE: 2xx
//	                        through the dialog, others hop by hop
//	again NAME              send NAME's last message once more
//	auth NAME USER PASSWORD [param=value | Header:value]…
//	                        send NAME's last request anew, with credentials for the
//	                        last 401 or 407; param is as in Answer
//	closed NAME [STEP]      the server has closed NAME's connections; with STEP it
//	                        does so when time passes, within a few steps
//	farewell NAME yes|no    the server has closed NAME's connection over TLS, and has said
//	                        so in TLS (close notify) or not
//	forget NAME PATTERN     pass over what has arrived at NAME, if anything; the
//	                        first line of each, without the version, is like PATTERN
//	forget-all              pass over all that has arrived anywhere, also after end
//	capture NAME            open a server for copies of messages; $NAME is its address
//	captured NAME           stdout lists the copies that have arrived, a line each:
//	                        hep3 udp alice > server id=1 key=… cid=… FIRST LINE
//	relay NAME              start a media relay, of rtpproxy's protocol and of ng; $NAME is its
//	                        address; once more after relay-end, at the same one
//	relay-end NAME          end a relay
//	answers NAME COMMAND FILE|silence|well
//	                        what the relay answers to a command from now on, "*" to all: a
//	                        reply in the form of its protocol, of ng in JSON; nothing; as it does
//	relayed NAME            stdout lists the commands that have come, a line each:
//	                        offer call-id="x" flags=["a" "b"] …
//	redis NAME              start a Redis; $NAME is its address, $NAME_PORT the port;
//	                        once more after redis-end, with what it had
//	redis-end NAME          end a Redis
//	quiet                   nothing more has arrived at any peer but 100s
//	advance DURATION        let time pass
//	rpc COMMAND [ARG…]      run a command; stdout holds its reply as kamcmd prints it
//	tables URL [TABLE…]     make tables of Kamailio in a database, without a name
//	                        those of its standard modules
//	sql [-wait N] DATABASE STATEMENT
//	                        run a statement in the database of a URL or an SQLite
//	                        file; stdout holds its rows, a|b|NULL
//	log PATTERN             the server has logged a line like it (! log: has not)
//	end [STATUS]            end the server in order; stop, a word of testscript, ends
//	                        the script
//
// A word that sends something returns when the server has handled it, so that
// whatever it sent has been sent: the order of the script is the order of events.
package siptest

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/tools/mediarelay"
)

// Daemon is a running server under test.
type Daemon interface {
	// Addr is the address of the first socket of a protocol, "udp" or "tcp",
	// over IPv4 or IPv6; the zero value when there is none.
	Addr(proto string, v6 bool) netip.AddrPort
	// Advance lets time pass.
	Advance(d time.Duration)
	// Command runs an RPC command.
	Command(name string, args []any) (rpc.Reply, error)
	// Taken is the number of datagrams from an address that were handled to
	// the end.
	Taken(src netip.AddrPort) uint64
	// Short is the number of datagrams that were dropped for their size.
	Short() uint64
	// Idle reports that nothing runs that was begun by a message, a timer or the
	// end of a connection, and nothing waits to be sent.
	Idle() bool
	// Connections are the stream connections that it has.
	Connections() []Connection
	// Stop ends the server and returns its exit status.
	Stop(ctx context.Context) int
}

// Connection is a stream connection of the server, seen from there.
type Connection struct {
	Local, Remote netip.AddrPort
	// Received are the bytes from its peer that were handled.
	Received int64
	// Opening tells that it is being opened or secured; Local need not be known yet.
	Opening bool
}

// Start starts the server of a script that has this number, from 1, with command
// line flags, in the folder dir; it logs
// to log.
type Start func(dir string, number int, flags []string, log *Log) (Daemon, error)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// Words returns the words for testscript.Params.Cmds.
func Words(start Start) map[string]command {
	word := func(min int, usage string, f func(s *scene, ts *testscript.TestScript, args []string) error) command {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < min {
				ts.Fatalf("usage: %s", usage)
			}
			s := ts.Value(sceneKey{}).(*scene)
			if err := f(s, ts, args); err != nil {
				s.fatal(ts, err)
			}
		}
	}
	// toPeer is a word whose first argument is a peer, with a server running.
	toPeer := func(min int, usage string, f func(s *scene, ts *testscript.TestScript, p *peer, args []string) error) command {
		return word(min, usage, func(s *scene, ts *testscript.TestScript, args []string) error {
			p, err := s.peer(args[0])
			if err != nil {
				return err
			}
			return f(s, ts, p, args[1:])
		})
	}
	toRelay := func(min int, usage string, f func(ts *testscript.TestScript, r *mediarelay.Relay, args []string) error) command {
		return word(min, usage, func(s *scene, ts *testscript.TestScript, args []string) error {
			r := s.relays[args[0]]
			if r == nil {
				return fmt.Errorf("there is no relay %q", args[0])
			}
			return f(ts, r, args[1:])
		})
	}
	return map[string]command{
		"daemon": word(0, "daemon [FLAG…]", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.start(ts, start, args)
		}),
		"daemon-fails": word(0, "daemon-fails [FLAG…]", func(s *scene, ts *testscript.TestScript, args []string) error {
			d, err := start(ts.MkAbs("."), 0, args, s.log)
			if err == nil {
				s.daemon = d
				return fmt.Errorf("the server started")
			}
			fmt.Fprint(ts.Stderr(), s.log.String(), err.Error(), "\n")
			return nil
		}),
		"tables": word(1, "tables URL [TABLE…]", func(_ *scene, ts *testscript.TestScript, args []string) error {
			return tables(ts, args)
		}),
		"sql": word(2, "sql [-wait N] DATABASE STATEMENT", func(_ *scene, ts *testscript.TestScript, args []string) error {
			return sql(ts, args)
		}),
		"certificate": word(1, "certificate NAME [by=NAME|authority|serial=N|dns=HOST|…]", func(_ *scene, ts *testscript.TestScript, args []string) error {
			return certificate(ts, args)
		}),
		"revoke": word(1, "revoke AUTHORITY [NAME…]", func(_ *scene, ts *testscript.TestScript, args []string) error {
			return revoke(ts, args)
		}),
		"refused": toPeer(1, "refused NAME", func(s *scene, _ *testscript.TestScript, p *peer, _ []string) error {
			return p.refused(s.server(p))
		}),
		"upgrade": toPeer(1, "upgrade NAME [/URI] [Header:value]…", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			return s.upgrade(ts, p, args)
		}),
		"frame": toPeer(2, "frame NAME OPCODE [FILE|text=TEXT] …", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			return s.sendFrame(ts, p, args)
		}),
		"peer": word(1, "peer NAME [udp|tcp|tls|udp6|tcp6|tls6] [cert=NAME] [sni=HOST] [max=1.2]", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.addPeer(ts, args)
		}),
		"new": toPeer(3, "new NAME METHOD URI [Header:value|body=FILE]…", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			extra, body := s.parts(ts, args[2:])
			server := s.server(p).String()
			return s.send(p, p.buildNew(args[0], s.fill(args[1]), server, s.branch(), s.callID(), extra, body), nil)
		}),
		"send": toPeer(2, "send NAME FILE", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			text := strings.ReplaceAll(s.fill(ts.ReadFile(args[0])), "\r\n", "\n")
			return s.send(p, complete(text), nil)
		}),
		"raw": toPeer(2, "raw NAME FILE [TIMES]", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			times := 1
			if len(args) > 1 {
				times, _ = strconv.Atoi(args[1])
			}
			text := []byte(s.fill(ts.ReadFile(args[0])))
			for range times {
				if err := s.write(p, text, nil); err != nil {
					return err
				}
				if err := s.settle(); err != nil {
					return err
				}
			}
			return nil
		}),
		"write": write,
		"expect": toPeer(2, "expect NAME PATTERN [Header=REGEXP]…", func(s *scene, _ *testscript.TestScript, p *peer, args []string) error {
			return s.expect(p, args[0], args[1:])
		}),
		"reply": toPeer(2, "reply NAME [METHOD] CODE [REASON] [Header:value|body=FILE]…", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			return s.reply(ts, p, args)
		}),
		"request": toPeer(2, "request NAME METHOD [Header:value|body=FILE]…", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			extra, body := s.parts(ts, args[1:])
			text, err := p.buildInDialog(args[0], s.branch(), extra, body)
			if err != nil {
				return err
			}
			return s.send(p, text, nil)
		}),
		"cancel": toPeer(1, "cancel NAME [Header:value]…", func(s *scene, _ *testscript.TestScript, p *peer, args []string) error {
			text, err := p.buildSame("CANCEL", s.fillAll(args))
			if err != nil {
				return err
			}
			return s.send(p, text, nil)
		}),
		"ack": toPeer(1, "ack NAME [Header:value|body=FILE]…", func(s *scene, ts *testscript.TestScript, p *peer, args []string) error {
			extra, body := s.parts(ts, args)
			text, err := p.buildSame("ACK", extra)
			if p.accept != nil {
				text, err = p.buildInDialog("ACK", s.branch(), extra, body)
			}
			if err != nil {
				return err
			}
			return s.send(p, text, nil)
		}),
		"again": toPeer(1, "again NAME", func(s *scene, _ *testscript.TestScript, p *peer, _ []string) error {
			if s.last[p] == nil {
				return fmt.Errorf("%s has sent nothing", p.name)
			}
			return s.send(p, s.last[p], s.lastConn[p])
		}),
		"auth": toPeer(3, "auth NAME USER PASSWORD [param=value|Header:value]…", func(s *scene, _ *testscript.TestScript, p *peer, args []string) error {
			text, err := p.buildAnswer(s.branch(), args[0], args[1], s.fillAll(args[2:]))
			if err != nil {
				return err
			}
			return s.send(p, text, nil)
		}),
		"closed": toPeer(1, "closed NAME [STEP]", func(s *scene, _ *testscript.TestScript, p *peer, args []string) error {
			return s.closed(p, args)
		}),
		"farewell": toPeer(2, "farewell NAME yes|no", func(_ *scene, _ *testscript.TestScript, p *peer, args []string) error {
			return p.farewell(args[0] == "yes")
		}),
		"forget": toPeer(2, "forget NAME PATTERN", func(s *scene, _ *testscript.TestScript, p *peer, args []string) error {
			return s.forget(p, args[0])
		}),
		"forget-all": word(0, "forget-all", func(s *scene, _ *testscript.TestScript, _ []string) error { return s.forgetAll() }),
		"capture": word(1, "capture NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.addCapture(ts, args)
		}),
		"captured": word(1, "captured NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.captured(ts, args)
		}),
		"relay":     word(1, "relay NAME", func(s *scene, ts *testscript.TestScript, args []string) error { return s.startRelay(ts, args[0]) }),
		"relay-end": toRelay(1, "relay-end NAME", func(_ *testscript.TestScript, r *mediarelay.Relay, _ []string) error { r.Close(); return nil }),
		"answers":   toRelay(3, "answers NAME COMMAND FILE|silence|well", relayAnswers),
		"relayed":   toRelay(1, "relayed NAME", relayed),
		"redis": word(1, "redis NAME", func(s *scene, ts *testscript.TestScript, args []string) error {
			return s.startRedis(ts, args[0])
		}),
		"redis-end": word(1, "redis-end NAME", func(s *scene, _ *testscript.TestScript, args []string) error {
			s.redis[args[0]].Close()
			return nil
		}),
		"quiet": word(0, "quiet", func(s *scene, _ *testscript.TestScript, _ []string) error { return s.quiet() }),
		"advance": word(1, "advance DURATION", func(s *scene, _ *testscript.TestScript, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil {
				return err
			}
			return s.advance(d)
		}),
		"rpc": func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(sceneKey{}).(*scene)
			if len(args) == 0 || s.daemon == nil {
				ts.Fatalf("usage: rpc COMMAND [ARG…], after daemon")
			}
			s.rpc(ts, neg, args)
		},
		"log": func(ts *testscript.TestScript, neg bool, args []string) {
			s := ts.Value(sceneKey{}).(*scene)
			if len(args) != 1 {
				ts.Fatalf("usage: [!] log PATTERN")
			}
			re, err := regexp.Compile("(?m)" + s.fillAs(args[0], regexp.QuoteMeta))
			ts.Check(err)
			found := false
			if neg {
				if s.daemon != nil {
					ts.Check(s.settle()) // else the line may be on its way
				}
				found = re.MatchString(s.log.String())
			} else {
				found = s.log.await(re) // the line about a connection that has closed may come behind its end
			}
			if found == neg {
				s.fatal(ts, fmt.Errorf("[!] log %s", args[0]))
			}
		},
		"end": word(0, "end [STATUS]", func(s *scene, _ *testscript.TestScript, args []string) error { return s.stop(args) }),
	}
}
