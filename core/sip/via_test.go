// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

func TestParseVia(t *testing.T) {
	tests := []struct {
		name, text string
		want       Via
		bad        bool
	}{
		{"plain", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport", Via{TransportText: "UDP", Transport: TransportUDP, Host: "192.0.2.1", PortText: "5060", Port: 5060, Branch: "z9hG4bKa", HasRport: true}, false},
		{"no parameters", "SIP/2.0/TCP host", Via{TransportText: "TCP", Transport: TransportTCP, Host: "host"}, false},
		{"everything", "SIP/2.0/TLS [::1]:5061;received=1.2.3.4;rport=99;ttl=3;maddr=239.1.1.1;alias;i=1f;branch=b;foo", Via{TransportText: "TLS", Transport: TransportTLS, Host: "[::1]",
			PortText: "5061", Port: 5061, Received: "1.2.3.4", RportText: "99", Rport: 99, TTL: "3", Maddr: "239.1.1.1", HasAlias: true, HasI: true, I: "1f", Branch: "b", HasRport: true, HasReceived: true}, false},
		{"white space", "SIP / 2.0 / UDP  h : 5070 ; branch = x\r\n ; rport", Via{TransportText: "UDP", Transport: TransportUDP, Host: "h", PortText: "5070", Port: 5070, Branch: "x", HasRport: true}, false},
		{"unknown transport", "SIP/2.0/FOO h;branch=x", Via{TransportText: "FOO", Transport: TransportOther, Host: "h", Branch: "x"}, false},
		{"small letters", "sip/2.0/udp h;BRANCH=x", Via{TransportText: "udp", Transport: TransportUDP, Host: "h", Branch: "x"}, false},
		{"quoted semicolon", `SIP/2.0/UDP h;x="a;rport=1";branch=y`, Via{TransportText: "UDP", Transport: TransportUDP, Host: "h", Branch: "y"}, false},
		{"empty parameters", "SIP/2.0/UDP h;;;branch=y", Via{TransportText: "UDP", Transport: TransportUDP, Host: "h", Branch: "y"}, false},
		{name: "empty", text: "", bad: true},
		{name: "no host", text: "SIP/2.0/UDP ", bad: true},
		{name: "no transport", text: "SIP/2.0 h", bad: true},
		{name: "no blank", text: "SIP/2.0/UDPh", bad: true},
		{name: "empty port", text: "SIP/2.0/UDP h:;branch=x", bad: true},
		{name: "port too great", text: "SIP/2.0/UDP h:70000", bad: true},
		{name: "text behind", text: "SIP/2.0/UDP h x", bad: true},
		{name: "comma first", text: ",SIP/2.0/UDP h", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseVia(tt.text)
			if (err != nil) != tt.bad {
				t.Fatalf("err %v", err)
			}
			if err != nil {
				return
			}
			if !got.IsSIP2() {
				t.Errorf("protocol %q", got.ProtoText)
			}
			got.Raw, got.ProtoText, got.Params, got.Header, got.empty = "", "", "", 0, false
			got.paramsAt, got.rportAt, got.rportTo, got.receivedAt, got.receivedTo = 0, 0, 0, 0, 0
			if got != tt.want {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestVias(t *testing.T) {
	m := mustParse(t, "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1 , SIP/2.0/TCP b\r\nX: y\r\nv: SIP/2.0/TLS c\r\n\r\n")
	for i, host := range []string{"a", "b", "c"} {
		if v, err := m.Via(i); err != nil || v.Host != host {
			t.Errorf("Via %d: %+v, %v", i, v, err)
		}
	}
	if _, err := m.Via(3); err != ErrAbsent {
		t.Errorf("Via 3: %v", err)
	}
	if m.NumVias() != 3 {
		t.Errorf("%d Vias", m.NumVias())
	}
	v, _ := m.Via(0)
	if !v.HasMagicCookie() || v.SentByPort() != 5060 {
		t.Errorf("%+v", v)
	}
	if v, _ := m.Via(2); v.HasMagicCookie() || v.SentByPort() != 5061 || v.Header != 2 {
		t.Errorf("%+v", v)
	}
	m = mustParse(t, "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a, bad\r\n\r\n")
	if _, err := m.Via(0); err != nil {
		t.Errorf("good Via above a bad one: %v", err)
	}
	if _, err := m.Via(1); err != ErrVia || m.NumVias() != 1 {
		t.Errorf("bad Via: %v", err)
	}
	if v, _ := ParseVia("SIP/2.0/UDP a;branch=z9hG4bK"); v.HasMagicCookie() {
		t.Error("the cookie alone names no transaction")
	}
	if v, _ := ParseVia("SIP/1.0/UDP a"); v.IsSIP2() {
		t.Error("SIP/1.0 is not SIP/2.0")
	}
}

func FuzzParseVia(f *testing.F) {
	for _, s := range []string{"SIP/2.0/UDP h:1;branch=x;rport=2;received=3", "SIP / 2.0 / TCP [::1] ; i=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVia(s)
		if err != nil {
			return
		}
		printed := v.ProtoText + "/" + v.TransportText + " " + v.Host
		if v.PortText != "" {
			printed += ":" + v.PortText
		}
		printed += ";" + string(v.Params)
		w, err := ParseVia(printed)
		if err != nil || w.Host != v.Host || w.Port != v.Port || w.Branch != v.Branch || w.HasRport != v.HasRport || w.Received != v.Received {
			t.Fatalf("%q printed as %q: %+v, %v", s, printed, w, err)
		}
	})
}
