// SPDX-License-Identifier: Apache-2.0

package sdpops

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sdp"
	"github.com/kahea-sip/kahea/core/sip"
)

// match tells whether a format is in a list of payload types or names.
type match func(b *body, m *sdp.Media, format, list string) bool

func byID(_ *body, _ *sdp.Media, format, list string) bool { return listed(list, format) }

func byName(b *body, m *sdp.Media, format, list string) bool {
	name := b.Codec(m, format)
	return name != "" && listed(list, name)
}

// listed looks for a word in a list divided by commas, case ignored.
func listed(list, word string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if sip.EqualFold(strings.TrimSpace(one), word) {
			return true
		}
	}
	return false
}

// someCodecs is what sdp_with_codecs has in $rc when a stream lacks one of the list.
const someCodecs module.Result = 2

// withCodecs makes sdp_with_codecs_by_id and sdp_with_codecs_by_name(list).
func withCodecs(is match, named bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		var memory streams
		b, ok := read(c, &memory)
		switch {
		case !ok && named:
			return module.False
		case !ok:
			return noSDP
		}
		switch found, asked := b.count(is, a.Str(0)); found {
		case 0:
			return module.False
		case asked:
			return module.True
		}
		return someCodecs
	}
}

// count tells how many of the list the streams have, and how many that would be if
// each had all.
func (b *body) count(is match, list string) (found, asked int) {
	for i := range b.Media {
		for one := range strings.SplitSeq(list, ",") {
			asked++
			for f := range b.FormatsOf(&b.Media[i]) {
				if is(b, &b.Media[i], f.ID, one) {
					found++
					break
				}
			}
		}
	}
	return found, asked
}

// editCodecs makes sdp_remove_codecs_by_id(list[, mtype]) and its like; with keep
// those of the list stay. Of names none of which is there nothing is changed.
func editCodecs(is match, named, keep bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		var memory streams
		b, ok := read(c, &memory)
		if !ok {
			return module.False
		}
		if named {
			if found, _ := b.count(is, a.Str(0)); found == 0 {
				return module.False
			}
		}
		for i := range b.Media {
			m := &b.Media[i]
			if a.Str(1) != "" && !sip.EqualFold(m.Type, a.Str(1)) {
				continue
			}
			for f := range b.FormatsOf(m) {
				if is(&b, m, f.ID, a.Str(0)) != keep {
					b.removeFormat(c, m, f)
				}
			}
		}
		return module.True
	}
}

// removeFormat cuts a format and its attributes.
func (b *body) removeFormat(c *module.Call, m *sdp.Media, f sdp.Format) {
	b.cut(c, f.Start, f.End)
	for l := range b.Of(m) {
		if sdp.About(l.Text, f.ID) {
			b.cut(c, l.Start, l.End)
		}
	}
}

// cut removes a range of the description from the message.
func (b *body) cut(c *module.Call, start, end int) {
	if start += b.start; !c.Msg.Deleted(start, end+b.start) {
		c.Msg.Delete(start, end+b.start)
	}
}

// removeLines is sdp_remove_line_by_prefix(string[, mtype]).
func removeLines(c *module.Call, a module.Args) module.Result {
	_, ok := cutLines(c, a.Str(0), a.Str(1))
	return module.Bool(ok)
}

// luaRemoveLines is removeLines that tells whether there was one.
func luaRemoveLines(c *module.Call, a module.Args) module.Result {
	n, ok := cutLines(c, a.Str(0), a.Str(1))
	switch {
	case !ok:
		return module.False
	case n == 0:
		return 0
	}
	return module.True
}

// cutLines cuts the lines that begin with a text, of streams of a type or with
// "" of the whole description. ok is false without one.
func cutLines(c *module.Call, prefix, kind string) (n int, ok bool) {
	var memory streams
	b, ok := read(c, &memory)
	if !ok {
		return 0, false
	}
	remove := func(l sdp.Line) {
		if strings.HasPrefix(l.Text, prefix) {
			b.cut(c, l.Start, l.End)
			n++
		}
	}
	if kind == "" {
		for l := range sdp.Lines(b.Text) {
			remove(l)
		}
		return n, true
	}
	for i := range b.Media {
		if m := &b.Media[i]; sip.EqualFold(m.Type, kind) {
			for l := range b.Of(m) {
				remove(l)
			}
		}
	}
	return n, true
}

// removeStreams cuts the streams that f chooses.
func removeStreams(c *module.Call, f func(m *sdp.Media) bool) module.Result {
	var memory streams
	b, ok := read(c, &memory)
	if !ok {
		return module.False
	}
	found := false
	for i := range b.Media {
		if m := &b.Media[i]; f(m) {
			b.cut(c, m.Start, m.End)
			found = true
		}
	}
	return module.Bool(found)
}

// removeMedia is sdp_remove_media(type).
func removeMedia(c *module.Call, a module.Args) module.Result {
	return removeStreams(c, func(m *sdp.Media) bool { return sip.EqualFold(m.Type, a.Str(0)) })
}

// noneIsZero is what Lua gets of functions that look for streams, oneMore of
// sdp_with_codecs_by_id: there 0 is for none.
func noneIsZero(r module.Result) module.Result { return max(r, 0) }

func oneMore(r module.Result) module.Result {
	if r < 0 {
		return r + 1
	}
	return r
}

// removeTransport is sdp_remove_transport(type).
func removeTransport(c *module.Call, a module.Args) module.Result {
	return removeStreams(c, func(m *sdp.Media) bool { return sip.EqualFold(m.Proto, a.Str(0)) })
}
