// SPDX-License-Identifier: Apache-2.0

package mediarelay

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/bencode"
)

// command is what came.
type command struct {
	name        string // offer, ping; of rtpproxy the first letter
	words       string // for people
	sdp         string
	ng          bool
	asksForLife bool
}

func parse(text string) command {
	v, err := bencode.Parse(text)
	if err != nil || v.Kind != bencode.Dict {
		text = strings.TrimRight(text, "\r\n")
		name := text[:min(1, len(text))]
		return command{name: name, words: text, asksForLife: name == "V"}
	}
	c := command{name: v.Get("command").Str, sdp: v.Get("sdp").Str, ng: true}
	c.words, c.asksForLife = Words(&v), c.name == "ping"
	return c
}

// Words writes a dictionary of ng for people, the command in front, then the keys in their order:
//
//	offer call-id="x" flags=["a" "b"] sdp="v=0\r\n"
func Words(v *bencode.Value) string {
	var b strings.Builder
	b.WriteString(v.Get("command").Str)
	for _, i := range sorted(v) {
		if v.Keys[i] != "command" {
			b.WriteString(" " + v.Keys[i] + "=")
			write(&b, &v.Items[i])
		}
	}
	return b.String()
}

func sorted(v *bencode.Value) []int {
	order := make([]int, len(v.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(v.Keys[a], v.Keys[b]) })
	return order
}

func write(b *strings.Builder, v *bencode.Value) {
	switch v.Kind {
	case bencode.Text:
		b.WriteString(strconv.Quote(v.Str))
	case bencode.Int:
		b.WriteString(strconv.FormatInt(v.Int, 10))
	case bencode.List:
		b.WriteByte('[')
		for i := range v.Items {
			if i > 0 {
				b.WriteByte(' ')
			}
			write(b, &v.Items[i])
		}
		b.WriteByte(']')
	case bencode.Dict:
		b.WriteByte('{')
		for n, i := range sorted(v) {
			if n > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(v.Keys[i] + "=")
			write(b, &v.Items[i])
		}
		b.WriteByte('}')
	}
}

// Host is the address that a relay puts into session descriptions, FirstPort the port of the first stream.
const (
	Host      = "10.11.12.13"
	FirstPort = 35000
)

// reply is the reply of a relay that works.
func (c *command) reply() string {
	if c.ng {
		return c.replyNG()
	}
	switch c.name {
	case "V":
		if c.words == "V" {
			return "20040107\n"
		}
		return "1\n"
	case "U", "L":
		return fmt.Sprintf("%d %s\n", FirstPort, Host)
	case "Q":
		return "60 10 20 30 0\n"
	}
	return "0\n"
}

func (c *command) replyNG() string {
	switch c.name {
	case "ping":
		return "d6:result4:ponge"
	case "offer", "answer":
		reply := bencode.AppendText(bencode.AppendText([]byte("d"), "result"), "ok")
		return string(append(bencode.AppendText(bencode.AppendText(reply, "sdp"), Rewrite(c.sdp)), 'e'))
	}
	return "d6:result2:oke"
}

var (
	address = regexp.MustCompile(`(?m)^(c=IN IP)\S+ [^\r\n]*`)
	port    = regexp.MustCompile(`(?m)^(m=\S+ )(\d+)`)
)

// Rewrite is what the relay makes of a session description: addresses and ports are its own, each stream has another one.
func Rewrite(sdp string) string {
	next := FirstPort
	sdp = address.ReplaceAllString(sdp, "${1}4 "+Host)
	return port.ReplaceAllStringFunc(sdp, func(m string) string {
		kind := port.FindStringSubmatch(m)
		if kind[2] == "0" {
			return m
		}
		next += 2
		return kind[1] + strconv.Itoa(next-2)
	})
}
