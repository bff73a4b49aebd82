// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// prepared is a reply that save left to reg_send_reply.
type prepared struct {
	at      time.Time // when its request came; tells requests apart
	callID  string
	code    int
	reason  string
	headers string
	added   bool // the headers are among those of the message already
}

var (
	errNothing = errors.New("save has left no reply of this request to send")
	errSend    = "save cannot send its reply"
)

// begin begins the headers of the reply.
func (s *saving) begin() []byte { return s.c.Mem.Begin() }

// appendContacts appends the Contact field with the bindings that are left
// (RFC 3261 10.3 step 8).
func (s *saving) appendContacts(dst []byte) []byte {
	b, some := &s.bindings, false
	for h := b.First(); h != 0; h = b.Next(h) {
		if b.Expired(h, s.now) {
			continue
		}
		if some {
			dst = append(dst, ", "...)
		} else {
			dst = append(dst, "Contact: "...)
		}
		some = true
		b.Read(h, &s.old)
		dst = s.appendContact(dst, &s.old)
	}
	if some {
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func (s *saving) appendContact(dst []byte, k *usrloc.Contact) []byte {
	dst = append(append(append(dst, '<'), k.URI...), '>')
	if k.Q != sip.QUnset {
		dst = appendQ(append(dst, ";q="...), k.Q)
	}
	left := int64(1<<32 - 1)
	if k.Expires != 0 {
		left = k.Expires - s.now
	}
	dst = strconv.AppendInt(append(dst, ";expires="...), left, 10)
	if k.Received != "" && s.r.receivedParam != "" {
		dst = appendQuoted(append(append(dst, ';'), s.r.receivedParam...), k.Received)
	}
	if k.Instance != "" {
		if s.gruu {
			dst = s.appendGRUUs(dst, k)
		}
		dst = appendQuoted(append(dst, ";+sip.instance"...), k.Instance)
		if k.RegID != 0 {
			dst = strconv.AppendUint(append(dst, ";reg-id="...), uint64(k.RegID), 10)
		}
	}
	return dst
}

func appendQuoted(dst []byte, s string) []byte {
	return append(append(append(dst, `="`...), s...), '"')
}

// appendQ appends thousandths without zeros at the end.
func appendQ(dst []byte, q int) []byte {
	if q >= 1000 {
		return append(dst, '1')
	}
	dst = append(dst, '0')
	if q <= 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+q/100), byte('0'+q/10%10), byte('0'+q%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// accept sends the 200, or the 420 that a client gets which does not know Path.
func (s *saving) accept(text []byte, result module.Result) module.Result {
	text, why := s.appendPath(text)
	if why != nil {
		s.finish(why.code, why.reason, s.appendError(text, why))
		return result
	}
	s.finish(200, "OK", s.appendOutbound(text))
	return result
}

// reject sends an error. contacts is a Contact field where the bindings were looked at.
func (s *saving) reject(why *rejection, contacts []byte) module.Result {
	if contacts == nil {
		contacts = s.begin()
	}
	s.finish(why.code, why.reason, s.appendError(contacts, why))
	if why == errTooMany {
		return tooMany
	}
	return rejected
}

func (s *saving) appendError(dst []byte, why *rejection) []byte {
	dst = append(dst, why.headers...)
	if why == errBrief {
		dst = append(strconv.AppendInt(append(dst, "Min-Expires: "...), s.r.minExpires.Get(), 10), "\r\n"...)
	}
	dst = append(append(append(dst, "P-Registrar-Error: "...), why.text...), "\r\n"...)
	if n := s.r.retryAfter.Get(); n > 0 && why.code >= 500 {
		dst = append(strconv.AppendInt(append(dst, "Retry-After: "...), n, 10), "\r\n"...)
	}
	return dst
}

// finish sends the reply, or keeps it for reg_send_reply. The headers become
// those of any further reply to the message, too: a script that answers after a
// failed save shows the reason.
func (s *saving) finish(code int, reason string, text []byte) {
	r, c := s.r, s.c
	if code < 300 {
		r.accepted.Inc()
	} else {
		r.rejected.Inc()
	}
	if !c.Msg.IsRequest() {
		return
	}
	headers := c.Mem.Keep(text)
	hold, add := s.flags&flagNoReply != 0, s.flags&(flagNoReply|flagPrepare) != flagNoReply
	if hold {
		*r.replies.make(c) = prepared{c.Packet.Time, strings.Clone(c.Msg.CallID()), code, reason, strings.Clone(headers), add}
	}
	if add {
		r.addHeaders(c, headers)
	}
	if !hold {
		s.r.send(c, code, reason, "")
	}
}

// addHeaders adds to the headers of all replies to the message.
func (r *Registrar) addHeaders(c *module.Call, headers string) {
	if c.ReplyHeaders == "" {
		c.ReplyHeaders = c.Keep(headers)
		return
	}
	c.ReplyHeaders = c.Keep(c.ReplyHeaders + headers)
}

func (r *Registrar) send(c *module.Call, code int, reason, headers string) bool {
	if err := r.sl.SendReply(c, code, reason, headers); err != nil {
		// A peer can bring it about (a reply larger than a datagram), so it
		// is no line that anybody could fill the log with.
		c.Log().Debug(errSend, "err", err, "at", c.Line)
		return false
	}
	return true
}

// sendPrepared is reg_send_reply().
func (r *Registrar) sendPrepared(c *module.Call, _ module.Args) module.Result {
	p := r.replies.at(c)
	if p == nil || p.code == 0 || !p.at.Equal(c.Packet.Time) || p.callID != c.Msg.CallID() {
		return c.Fail("reg_send_reply", errNothing)
	}
	if !p.added {
		r.addHeaders(c, p.headers)
	}
	code, reason := p.code, p.reason
	*p = prepared{}
	return module.Bool(r.send(c, code, reason, ""))
}
