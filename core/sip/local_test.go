// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

const sentInvite = "INVITE sip:x@h SIP/2.0\r\nRecord-Route: <sip:me>\r\nCSeq:  5 INVITE\r\nFoo: bar\r\nVia: SIP/2.0/UDP me;branch=z9hG4bKm\r\nVia: SIP/2.0/UDP you\r\n" +
	"f: <sip:a@b>;tag=1\r\nTo: \"T\"\r\n <sip:b@y>\r\nCall-ID: c\r\nMax-Forwards: 33\r\nRoute: <sip:r1;lr>\r\nUser-Agent: u\r\nRequire: y\r\nRoute: <sip:r2;lr>\r\n" +
	"Content-Length: 5\r\n\r\nv: 0\r\n"

func TestAppendACK(t *testing.T) {
	want := "ACK sip:x@h SIP/2.0\r\nCSeq: 5 ACK\r\nVia: SIP/2.0/UDP me;branch=z9hG4bKm\r\nf: <sip:a@b>;tag=1\r\nTo: \"T\" <sip:b@y>;tag=zz\r\nCall-ID: c\r\n" +
		"Max-Forwards: 33\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\nContent-Length: 0\r\n\r\n"
	if got := string(AppendACK(nil, []byte(sentInvite), "\"T\" <sip:b@y>;tag=zz")); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestAppendCANCEL(t *testing.T) {
	want := "CANCEL sip:x@h SIP/2.0\r\nCSeq: 5 CANCEL\r\nVia: SIP/2.0/UDP me;branch=z9hG4bKm\r\nf: <sip:a@b>;tag=1\r\nTo: \"T\"\r\n <sip:b@y>\r\nCall-ID: c\r\n" +
		"Max-Forwards: 33\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\nContent-Length: 0\r\nReason: SIP;cause=200\r\n\r\n"
	if got := string(AppendCANCEL(nil, []byte(sentInvite), "Reason: SIP;cause=200\r\n")); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestAppendLocalRequest(t *testing.T) {
	r := &LocalRequest{Method: "OPTIONS", RequestURI: "sip:q@h", Via: &Outgoing{Transport: TransportUDP, Host: "me", Port: 25060, Branch: "z9hG4bKb"},
		From: "<sip:f@a>;tag=1", To: "<sip:t@b>", CallID: "i", CSeq: 10, MaxForwards: 70, Route: "<sip:r;lr>", UserAgent: "User-Agent: kam", Headers: "X-H: 1\r\n", Body: "bb"}
	want := "OPTIONS sip:q@h SIP/2.0\r\nVia: SIP/2.0/UDP me:25060;branch=z9hG4bKb\r\nTo: <sip:t@b>\r\nFrom: <sip:f@a>;tag=1\r\nCSeq: 10 OPTIONS\r\nCall-ID: i\r\n" +
		"Route: <sip:r;lr>\r\nMax-Forwards: 70\r\nContent-Length: 2\r\nUser-Agent: kam\r\nX-H: 1\r\n\r\nbb"
	got := string(AppendLocalRequest(nil, r))
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if m := mustParse(t, got); m.MissingHeader() != HeaderOther || m.Body() != "bb" {
		t.Error("what was printed lacks something")
	}
}
