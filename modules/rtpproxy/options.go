// SPDX-License-Identifier: Apache-2.0

package rtpproxy

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// options are what the flags of a function say.
type options struct {
	letters                       []byte // for the command, in the order of the flags
	auto                          int    // where in letters the direction for x goes; -1 for none
	via                           int    // 1, 2, or 3 of the flags; 0 for none
	extra                         bool
	lookup, trust, ignore, always bool
	noToTag, repacket             bool
}

// letterOf are the flags that the command has as a letter.
var letterOf = map[byte]byte{'i': 'I', 'e': 'E', 'a': 'A', 'w': 'S'}

func parseOptions(flags string) (o options, err error) {
	o.auto = -1
	for i := 0; i < len(flags); i++ {
		switch f := flags[i]; f {
		case '1', '2', '3':
			o.via = int(f - '0')
		case 'b':
			o.extra = true
		case 'a', 'w', 'i', 'e':
			o.letters = append(o.letters, letterOf[f])
			o.trust = o.trust || f == 'a'
		case 'x':
			o.auto = len(o.letters)
		case 'l':
			o.lookup = true
		case 'f':
			o.ignore = true
		case 'r':
			o.trust = true
		case 'c':
			o.always = true
		case 'o', 't', ' ':
			o.noToTag = o.noToTag || f == 't'
		case 'z':
			o.letters, o.repacket = append(o.letters, 'Z'), true
			for i+1 < len(flags) && '0' <= flags[i+1] && flags[i+1] <= '9' {
				i++
				o.letters = append(o.letters, flags[i])
			}
			if o.letters[len(o.letters)-1] == 'Z' {
				return o, errors.New("flag 'z' without a number")
			}
		default:
			return o, fmt.Errorf("unknown flag %q", f)
		}
	}
	return o, nil
}

var (
	errVia   = errors.New("the Via has no branch")
	errExtra = errors.New("the flag b needs extra_id_pv, and a value of it")
	errID    = errors.New("the message has no Call-ID or From tag that can be sent")
)

// session names the session of a message: the Call-ID with what the flags add.
func (r *RTPProxy) session(c *module.Call, o *options) (string, error) {
	id, extra := c.Msg.CallID(), ""
	switch {
	case o.via != 0:
		n := o.via - 1
		if o.via == 3 {
			if n = 0; !c.Msg.IsRequest() {
				n = 1
			}
		}
		v, err := c.Msg.Via(n)
		if err != nil || v.Branch == "" {
			return "", errVia
		}
		extra = v.Branch
	case o.extra:
		if r.extraID == nil {
			return "", errExtra
		}
		if extra = r.extraID.Get(c, module.Index{}).Str; extra == "" {
			return "", errExtra
		}
	}
	if !word(id) || !word(c.Msg.FromTag()) || extra != "" && !word(extra) || c.Msg.ToTag() != "" && !word(c.Msg.ToTag()) {
		return "", errID
	}
	if extra != "" {
		id += ";" + extra
	}
	return id, nil
}

// word tells whether a text can be a word of a command, so that no message makes
// others of it.
func word(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

// tags are From and To tag in the order of the command: that of the side which
// sent the session description first, for an offer, and last for an answer.
func tags(m *sip.Message, answer bool) (first, second string) {
	first, second = m.FromTag(), m.ToTag()
	if m.IsRequest() == answer {
		first, second = second, first
	}
	return first, second
}
