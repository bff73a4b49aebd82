// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tortures says what this package finds in each message of RFC 4475: "" is nothing that a proxy would refuse, else what the first
// finding is, in the order of finding.
var tortures = map[string]string{
	// 3.1.1: valid.
	"wsinv": "", "intmeth": "", "esc01": "", "escnull": "", "esc02": "", "lwsdisp": "", "longreq": "", "dblreq": "", "semiuri": "",
	"transports": "", "mpart01": "", "unreason": "", "noreason": "",

	// 3.1.2: invalid.
	"badinv01":   "Bad Via",
	"clerr":      "body too short",
	"ncl":        "body too short",
	"scalar02":   "CSeq number is illegal",
	"scalarlg":   "CSeq number is illegal",
	"quotbal":    "Bad To",
	"ltgtruri":   "Unsupported URI Scheme",
	"lwsruri":    "Bad First Line",
	"lwsstart":   "Bad First Line",
	"trws":       "", // let pass
	"escruri":    "headers in the Request-URI",
	"baddate":    "", // Date is not looked at
	"regbadct":   "Contact with headers and without brackets",
	"badaspec":   "", // let pass
	"baddn":      "no empty line",
	"badvers":    "Version Not Supported",
	"mismatch01": "CSeq of other method",
	"mismatch02": "CSeq of other method",
	"bigcode":    "Bad Status Line",

	// 3.2 to 3.4: what a transaction, proxy or registrar must see.
	"badbranch": "", "invut": "", "regaut01": "", "bcast": "", "cparam01": "", "cparam02": "", "regescrt": "", "sdp01": "", "inv2543": "",
	"insuf":   "missing From",
	"unkscm":  "scheme nobodyKnowsThisScheme",
	"novelsc": "scheme soap.beep",
	"unksm2":  "Contact of scheme name",
	"bext01":  "Proxy-Require noProxiesSupportThis, norDoAnyProxiesSupportThis",
	"multi01": "repeated CSeq",
	"mcl01":   "repeated Content-Length",
	"zeromf":  "Max-Forwards 0",
}

// finding asks what a proxy or registrar asks before it handles a message, and names the first thing that is wrong.
func finding(m *Message, parseErr error) string {
	if parseErr != nil {
		return parseErr.Error()
	}
	if t := m.MissingHeader(); t != HeaderOther {
		return "missing " + t.String()
	}
	if !m.HasEnd() {
		return "no empty line"
	}
	if t := m.RepeatedHeader(); t != HeaderOther {
		return "repeated " + t.String()
	}
	cseq, err := m.CSeq()
	errs := []error{err}
	_, err = m.Via(m.NumVias())
	errs = append(errs, err)
	_, err = m.From()
	errs = append(errs, err)
	_, err = m.To()
	errs = append(errs, err)
	_, err = m.Contacts()
	errs = append(errs, err)
	_, err = m.MaxForwards()
	errs = append(errs, err)
	_, err = m.Expires()
	errs = append(errs, err)
	if m.IsRequest() {
		_, err = m.RURI()
		errs = append(errs, err)
	}
	for _, err := range errs {
		if err != nil && err != ErrAbsent {
			return err.Error()
		}
	}
	if m.IsRequest() && cseq.MethodName != m.MethodName {
		return "CSeq of other method"
	}
	if !m.DiscardExcess() {
		return "body too short"
	}
	if u, err := m.RURI(); m.IsRequest() && (err != nil || !u.IsSIP() && !u.IsTel()) {
		return "scheme " + u.SchemeText
	} else if u.Headers != "" {
		return "headers in the Request-URI"
	}
	if _, err := m.ToURI(); err != nil {
		return "To: " + err.Error()
	}
	if _, err := m.FromURI(); err != nil {
		return "From: " + err.Error()
	}
	contacts, _ := m.Contacts()
	for _, c := range contacts {
		u, err := c.ParseURI()
		switch {
		case err != nil:
			return "Contact: " + err.Error()
		case !c.Bracketed && u.Headers != "":
			return "Contact with headers and without brackets"
		case u.Scheme == SchemeOther:
			return "Contact of scheme " + u.SchemeText
		}
	}
	if n, err := m.MaxForwards(); err == nil && n == 0 {
		return "Max-Forwards 0"
	}
	if m.HasHeader(HeaderProxyRequire) {
		return "Proxy-Require " + m.Value(HeaderProxyRequire)
	}
	return ""
}

func TestTorture(t *testing.T) {
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) != 49 {
		t.Fatalf("%d messages, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var m Message
			got := finding(&m, m.Parse(text))
			want, ok := tortures[name]
			if !ok || got != want {
				t.Errorf("found %q, want %q", got, want)
			}
			exercise(&m)
		})
	}
}

// TestTortureDetails looks at what single messages are about.
func TestTortureDetails(t *testing.T) {
	read := func(name string) *Message {
		text, err := os.ReadFile("testdata/rfc4475/" + name + ".dat")
		if err != nil {
			t.Fatal(err)
		}
		return mustParse(t, string(text))
	}
	check := func(name string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %#v, want %#v", name, got, want)
		}
	}

	m := read("wsinv")
	cseq, _ := m.CSeq()
	check("wsinv CSeq", cseq.Number, uint32(9))
	check("wsinv Vias", m.NumVias(), 3)
	v, _ := m.Via(2)
	check("wsinv third Via", v.Host, "192.168.255.111")
	mf, _ := m.MaxForwards()
	check("wsinv Max-Forwards", mf, 68)
	check("wsinv to tag", m.ToTag(), "1918181833n")
	routes, _ := m.Routes()
	check("wsinv routes", len(routes), 1)
	contacts, _ := m.Contacts()
	check("wsinv contact", contacts[0].DisplayName(), `Quoted string \"\"`)

	m = read("intmeth")
	check("intmeth method", m.MethodName, "!interesting-Method0123456789_*+`.%indeed'~")
	check("intmeth is other", m.Method, MethodOther)
	ruri, err := m.RURI()
	check("intmeth uri", err, error(nil))
	check("intmeth host", ruri.Host, "example.com")

	m = read("esc01")
	ruri, _ = m.RURI()
	check("esc01 user", ruri.User, "sips%3Auser%40example.com")
	check("esc01 host", ruri.Host, "example.net")
	check("esc01 same user", URIsEqual("sip:%75se%72@example.com", "sip:user@example.com"), true)

	m = read("escnull")
	contacts, _ = m.Contacts()
	check("escnull contacts", len(contacts), 2)
	u, _ := contacts[0].ParseURI()
	check("escnull user", u.User, "%00")

	m = read("esc02")
	check("esc02 method", m.Method, MethodOther)
	check("esc02 contacts", m.Count(HeaderContact), 2)

	check("longreq Vias", read("longreq").NumVias(), 34)

	m = read("dblreq")
	m.DiscardExcess()
	check("dblreq body", m.Body(), "")

	m = read("semiuri")
	ruri, _ = m.RURI()
	check("semiuri user", ruri.User, "user;par=u%40example.net")

	check("noreason", read("noreason").Reason, "")
	v, _ = read("badbranch").Via(0)
	check("badbranch", v.HasMagicCookie(), false)

	contacts, _ = read("cparam01").Contacts()
	check("cparam01", contacts[0].Params, Params("unknownparam"))
	contacts, _ = read("cparam02").Contacts()
	check("cparam02", contacts[0].URI, "sip:+19725552222@gw1.example.net;unknownparam")
}
