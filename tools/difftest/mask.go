// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// record is one packet or command output, as masked lines.
type record struct {
	line  string // who got it: alice, alice/tcp, rpc
	title string // of a command: what was asked
	text  []string
	set   bool // the lines are a set of which kahea may miss members
}

// transcript is all that left the server in a case: by line in the order of names, in the order of arrival on each.
type transcript []record

// counts is the number of packets per line.
func (t transcript) counts() map[string]int {
	n := map[string]int{}
	for _, r := range t {
		if peerOf(r.line) != "" {
			n[r.line]++
		}
	}
	return n
}

// portNames has the names of the addresses and ports of a run.
type portNames struct {
	texts *strings.Replacer
	ports map[string]string
}

// digits is a whole number: a port that stands within a longer one is none.
var digits = regexp.MustCompile(`\d+`)

// Replace puts the names in the place of addresses and ports.
func (n *portNames) Replace(text string) string {
	return digits.ReplaceAllStringFunc(n.texts.Replace(text), func(number string) string {
		if name, ok := n.ports[number]; ok {
			return name
		}
		return number
	})
}

// portMask replaces the addresses and ports of this run by names.
func (p *player) portMask() *portNames {
	texts := []string{p.server.Addr(), "{srv}", p.server.Run, "{run}"}
	ports := map[string]string{strconv.Itoa(p.server.Port): "{port}"}
	for _, name := range p.c.peers {
		peer := p.peers[name]
		texts = append(texts, peer.addr(), "{"+name+"}")
		ports[strconv.Itoa(peer.port)] = "{" + name + ".port}"
		if peer.dial != nil {
			_, port, _ := strings.Cut(peer.dial.LocalAddr().String(), ":")
			texts = append(texts, peer.dial.LocalAddr().String(), "{"+name+".tcp}")
			ports[port] = "{" + name + ".tcp.port}"
		}
		if peer.web != nil {
			_, port, _ := strings.Cut(peer.web.LocalAddr().String(), ":")
			texts = append(texts, peer.web.LocalAddr().String(), "{"+name+".ws}")
			ports[port] = "{" + name + ".ws.port}"
		}
	}
	for name, relay := range p.server.relays {
		texts = append(texts, relay.Addr().String(), "{"+name+"}")
		ports[strconv.Itoa(int(relay.Addr().Port()))] = "{" + name + ".port}"
	}
	return &portNames{strings.NewReplacer(texts...), ports}
}

// transcript masks what came.
func (p *player) transcript() transcript {
	p.box.mu.Lock()
	packets := slices.Clone(p.box.packets)
	p.box.mu.Unlock()
	sort.SliceStable(packets, func(i, j int) bool { return packets[i].line < packets[j].line })
	m := masker{nonces: p.nonces, ours: p.sent.String(), ports: p.portMask(), names: map[string]string{}, count: map[string]int{}}
	var t transcript
	for _, packet := range packets {
		t = append(t, record{line: packet.line, text: m.packet(string(packet.data))})
	}
	for _, note := range p.notes {
		if peerOf(note.line) == "" && p.server.relays[note.line] != nil {
			note.text = m.relayed(note.text)
		}
		t = append(t, note)
	}
	if p.stop != "" {
		t = append(t, record{line: "case", text: []string{p.stop}})
	}
	return t
}

// masker hides what two servers, or two runs of one, may not agree on.
type masker struct {
	ours   string // all that the peers sent: a value found there is compared as it is
	ports  *portNames
	names  map[string]string // value -> its mask; the same value gets the same mask
	count  map[string]int
	nonces []string // of the server: peers send them back
}

// made returns the mask of a value that the server made up, numbered in the order of appearance.
func (m *masker) made(kind, value string) string {
	if value == "" || strings.Contains(m.ours, value) {
		return value
	}
	return m.named(kind, value)
}

// named is made for a value that peers send back.
func (m *masker) named(kind, value string) string {
	if name := m.names[kind+value]; name != "" {
		return name
	}
	m.count[kind]++
	name := fmt.Sprintf("{%s%d}", kind, m.count[kind])
	m.names[kind+value] = name
	return name
}

// flow masks the token of a flow, which peers send back. What has small letters only
// is a long name.
func (m *masker) flow(token string) string {
	if strings.ToLower(token) == token {
		return token
	}
	if m.names[token] == "" {
		m.count["flow"]++
		m.names[token] = fmt.Sprintf("sip:{flow%d}@", m.count["flow"])
	}
	return m.names[token]
}

var (
	madeParams  = regexp.MustCompile(`(;\s*)(branch|tag)(=)([^;,\s>]+)`)
	flowToken   = regexp.MustCompile(`sip:[A-Za-z0-9+/=]{28,}@`)
	dialogID    = regexp.MustCompile(`(;did=[0-9a-f]+\.)[0-9a-f]+`)
	documentID  = regexp.MustCompile(`\bid="(padi-[^"]+|0x[0-9a-f]+|[0-9a-f]{32})"`)
	viaID       = regexp.MustCompile(`;i=[0-9a-f]+`)
	product     = regexp.MustCompile(`(?i)^(server|user-agent|date):.*`)
	callID      = regexp.MustCompile(`(?i)^(call-id:\s*)(\S+)`)
	entityTag   = regexp.MustCompile(`(?i)^(sip-etag:\s*)(\S+)`)
	strangePort = regexp.MustCompile(`\brport=\d{5}\b`) // of a connection that no peer knows of, or no longer
	// Of XML the white space between elements does not count: Kamailio prints documents anew, kahea sends what came.
	xmlBody         = regexp.MustCompile(`(?im)^content-type:[^\r\n]*xml`)
	bodyLength      = regexp.MustCompile(`(?i)^(content-length:\s*)\d+`)
	betweenElements = regexp.MustCompile(`>\s*<`)
	noisyPID        = regexp.MustCompile(`\bpid=\d+`)
	clientNonce     = regexp.MustCompile(`cnonce="[^"]+"`)
	response        = regexp.MustCompile(`response="[^"]+"`) // hangs on the client nonce, where there is one
)

// packet masks one packet and splits it in lines. Bytes that a text file should not hold are escaped.
func (m *masker) packet(data string) []string {
	if isSTUN([]byte(data)) {
		lines := stunLines([]byte(data))
		for i := range lines {
			lines[i] = m.ports.Replace(lines[i])
		}
		return lines
	}
	head, body, hasBody := strings.Cut(data, "\r\n\r\n")
	body = documentID.ReplaceAllStringFunc(body, func(s string) string { return `id="` + m.made("id", documentID.FindStringSubmatch(s)[1]) + `"` })
	var lines []string
	for _, line := range strings.Split(strings.TrimSuffix(head, "\r\n"), "\r\n") {
		line = flowToken.ReplaceAllStringFunc(line, m.flow)
		line = madeParams.ReplaceAllStringFunc(line, func(s string) string {
			parts := madeParams.FindStringSubmatch(s)
			return parts[1] + parts[2] + parts[3] + m.made(parts[2], parts[4])
		})
		if parts := callID.FindStringSubmatch(line); parts != nil {
			line = parts[1] + m.made("callid", parts[2])
		}
		if parts := entityTag.FindStringSubmatch(line); parts != nil {
			line = parts[1] + m.named("etag", parts[2])
		}
		if parts := product.FindStringSubmatch(line); parts != nil && !strings.Contains(m.ours, line) {
			line = parts[1] + ": {" + strings.ToLower(parts[1]) + "}"
		}
		line = dialogID.ReplaceAllString(line, "${1}{did}")
		line = viaID.ReplaceAllString(line, ";i={i}")
		line = m.nonce(line)
		if clientNonce.MatchString(line) && !strings.Contains(m.ours, line) {
			line = response.ReplaceAllString(clientNonce.ReplaceAllString(line, `cnonce="{cnonce}"`), `response="{response}"`)
		}
		line = noisyPID.ReplaceAllString(line, "pid={pid}")
		line = strangePort.ReplaceAllString(m.ports.Replace(line), "rport={rport}")
		lines = append(lines, printable(line))
	}
	if xmlBody.MatchString(head) || strings.HasPrefix(body, "<?xml") {
		body = betweenElements.ReplaceAllString(strings.TrimSpace(body), ">\r\n<")
		for i, line := range lines {
			lines[i] = bodyLength.ReplaceAllString(line, "${1}{length}")
		}
	}
	if hasBody && body != "" {
		lines = append(lines, "")
		for _, line := range strings.Split(strings.TrimSuffix(body, "\r\n"), "\r\n") {
			lines = append(lines, printable(m.ports.Replace(line)))
		}
	}
	return shorten(lines)
}

// printable escapes what is not printable ASCII, and the backslash.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

// shorten replaces long runs of one byte, so that a record of a huge packet stays readable.
func shorten(lines []string) []string {
	for i, line := range lines {
		if len(line) <= 2000 {
			continue
		}
		var b strings.Builder
		for j := 0; j < len(line); {
			k := j
			for k < len(line) && line[k] == line[j] {
				k++
			}
			if k-j > 20 {
				fmt.Fprintf(&b, "{%c x %d}", line[j], k-j)
			} else {
				b.WriteString(line[j:k])
			}
			j = k
		}
		lines[i] = b.String()
	}
	return lines
}

var (
	anyNumber = regexp.MustCompile(`[-\w.]+:?`)
	number    = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	commandIs = []struct {
		re   *regexp.Regexp
		with string
	}{
		{regexp.MustCompile(`\ba(\.\d+){4}\b`), "{etag}"},
		{regexp.MustCompile(`\bpres-[0-9a-f.-]+`), "{ruid}"},
		{regexp.MustCompile(`\bul(oc|cx)-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+`), "{ruid}"},
		{regexp.MustCompile(`(?im)((?:^|[\s"])(?:hashid|max-slots|last[-_ ]modified|last[-_ ]keepalive|keepalive|uptime|up_since|now|pid|time|compiled|compiler|id)"?:[ \t]*)"?[^",\n]+"?`), "${1}{time}"},
		{regexp.MustCompile(`(?i)\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w+ +\d+ [\d:]+ \d+`), "{date}"},
		{regexp.MustCompile(`flags: [A-Z_].*`), "flags: {flags}"},
		{regexp.MustCompile(`0x[0-9a-f]+`), "{address}"},
		{regexp.MustCompile(`(?:kamailio \(?\d|kahea )[^"\n]*`), "{version}"},
	}
)

// hideNumbers replaces the numbers that stand alone and are no key (a key has a colon behind it).
func hideNumbers(s string) string {
	return anyNumber.ReplaceAllStringFunc(s, func(word string) string {
		if number.MatchString(word) {
			return "N"
		}
		return word
	})
}

// maskCommand masks the output of a control command.
func maskCommand(kind, title string, flags map[string]bool, out string, ports *portNames) record {
	out = ports.Replace(strings.TrimRight(out, "\n"))
	for _, c := range commandIs {
		out = c.re.ReplaceAllString(out, c.with)
	}
	if flags["-n"] {
		out = hideNumbers(out)
	}
	lines := strings.Split(out, "\n")
	for i, line := range lines {
		lines[i] = printable(strings.ReplaceAll(strings.TrimRight(line, " "), "\t", "  "))
	}
	if flags["-s"] || flags["-sub"] {
		sort.Strings(lines)
	}
	return record{line: kind, title: title, text: lines, set: flags["-sub"]}
}
