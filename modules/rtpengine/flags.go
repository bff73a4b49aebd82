// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/bencode"
)

// options are what the flags of a function say besides what goes into the command as it is.
type options struct {
	viaBranch string // 1, 2, auto, extra, next …; empty for none
	// fromTag, toTag and callID stand in place of those of the message.
	fromTag, toTag, callID   string
	hasFromTag, replaceToTag bool
	withToTag                bool // also where it is left out otherwise
	directional              bool // the sides are those of the message, whoever sent it
	answer                   bool // force-answer
	transport                transport
}

// transport are the bits of the transport protocol that the words for it set.
type transport uint8

const (
	secure transport = 1 << iota
	feedback
	dtls
	given // there was one of the words
)

// words of the transport. RTP/AVP means as much as "RTP AVP".
var transportOf = map[string]transport{
	"RTP": given, "AVP": given, "SRTP": given | secure, "AVPF": given | feedback, "DTLS": given | dtls,
	"RTP/AVP": given, "RTP/SAVP": given | secure, "RTP/AVPF": given | feedback, "RTP/SAVPF": given | secure | feedback,
	"UDP/TLS/RTP/SAVP": given | dtls, "UDP/TLS/RTP/SAVPF": given | dtls | feedback,
}

// transports are the names of the sums of the words. DTLS together with SRTP names none: the protocol is left as it is, as in Kamailio.
var transports = map[transport]string{
	0: "RTP/AVP", secure: "RTP/SAVP", feedback: "RTP/AVPF", secure | feedback: "RTP/SAVPF",
	dtls: "UDP/TLS/RTP/SAVP", dtls | feedback: "UDP/TLS/RTP/SAVPF",
}

// lists are the beginnings of words whose rest goes into the list of a key: "replace-origin", "replace=origin".
var lists = []struct{ word, key, within string }{
	{"replace", "replace", ""}, {"SDES", "SDES", ""}, {"rtcp-mux", "rtcp-mux", ""}, {"T.38", "T.38", ""}, {"T38", "T.38", ""},
	{"codec-strip", "codec", "strip"}, {"codec-offer", "codec", "offer"}, {"codec-transcode", "codec", "transcode"}, {"transcode", "codec", "transcode"},
	{"codec-mask", "codec", "mask"}, {"codec-set", "codec", "set"}, {"codec-except", "codec", "except"},
}

// ofMedia are the keys that say how a session description is to be changed: other commands leave them out, so that one text of flags is
// good for all.
var ofMedia = []string{"direction", "replace", "SDES", "rtcp-mux", "T.38", "codec"}

// viaBranches are the values of via-branch.
var viaBranches = map[string]bool{"1": true, "2": true, "auto": true, "extra": true, "next": true, "auto-next": true, "auto-extra": true}

// parseFlags reads the flags of a function, words divided by blanks: what is about the call goes into o, the rest into the command.
// A word without a value that is not known is a flag, one with a value a key of the command: the engine knows more of them.
func parseFlags(flags string, d *dictionary) (o options, err error) {
	for word := range strings.SplitSeq(flags, " ") {
		key, value, hasValue := strings.Cut(word, "=")
		switch {
		case key == "":
			continue
		case !hasValue:
			err = o.bare(word, d)
		default:
			err = o.pair(key, value, d)
		}
		if err != nil {
			return o, err
		}
	}
	if o.transport != 0 {
		if name := transports[o.transport&^given]; name != "" {
			d.set("transport-protocol", name)
		}
	}
	return o, nil
}

// bare is a word without a value.
func (o *options) bare(word string, d *dictionary) error {
	switch word {
	case "to-tag":
		o.withToTag = true
	case "directional":
		o.directional = true
	case "force-answer":
		o.answer = true
	case "internal", "external":
		d.add("direction", word)
	case "via-branch", "repacketize":
		return fmt.Errorf("flag %q without a value", word)
	default:
		if t, ok := transportOf[word]; ok {
			o.transport |= t
		} else if !listed(word, "", d) {
			d.add("flags", word)
		}
	}
	return nil
}

// pair is a word with a value.
func (o *options) pair(key, value string, d *dictionary) error {
	switch key {
	case "via-branch":
		if o.viaBranch = value; !viaBranches[value] {
			return fmt.Errorf("flag via-branch: there is no value %q", value)
		}
	case "from-tag":
		o.fromTag, o.hasFromTag = value, true
	case "to-tag":
		o.toTag, o.replaceToTag, o.withToTag = value, true, true
	case "call-id":
		o.callID = value
	case "direction":
		d.add(key, value)
	case "received-from":
		setAddress(d, value)
	case "repacketize":
		n := leadingNumber(value)
		if n <= 0 {
			return fmt.Errorf("flag repacketize: %q is no number above 0", value)
		}
		d.setInt(key, n)
	case "TOS":
		d.setInt(key, leadingNumber(value))
	case "delete-delay":
		d.setInt("delete delay", leadingNumber(value))
	case "internal", "external":
		d.add("direction", key)
	case "DTLS", "RTP", "SRTP", "AVP", "AVPF":
		d.set(key, value)
	default:
		if !listed(key, value, d) {
			d.set(key, value)
		}
	}
	return nil
}

// listed puts what stands behind the beginning of a word into the list that the beginning names: "replace-origin". A value counts where
// nothing else does: "replace=origin".
func listed(word, value string, d *dictionary) bool {
	for _, l := range lists {
		rest, ok := strings.CutPrefix(word, l.word)
		switch {
		case ok && rest == "" && value != "":
			rest = value
		case ok && len(rest) > 1 && rest[0] == '-':
			rest = rest[1:]
		default:
			continue
		}
		if l.within != "" {
			d.addWithin(l.key, l.within, rest)
		} else {
			d.add(l.key, rest)
		}
		return true
	}
	return false
}

// setAddress names the address that a message came from.
func setAddress(d *dictionary, address string) {
	family := "IP4"
	if strings.Contains(address, ":") {
		family = "IP6"
	}
	*d.at("received-from") = bencode.Value{} // also where there was one
	d.add("received-from", family)
	d.add("received-from", address)
}

// leadingNumber is the number that a text begins with, 0 where there is none: so Kamailio reads it.
func leadingNumber(text string) int64 {
	digits, negative := strings.CutPrefix(text, "-")
	n := int64(0)
	for i := 0; i < len(digits) && '0' <= digits[i] && digits[i] <= '9' && n < 1<<31; i++ {
		n = n*10 + int64(digits[i]-'0')
	}
	if negative {
		return -n
	}
	return n
}
