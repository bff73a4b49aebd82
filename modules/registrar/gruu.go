// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// appendGRUUs appends both GRUUs of a contact (RFC 5627 5.1). The public one is
// the AOR and the instance; the temporary one the record unique id and the hash
// of the AOR, under which it is found again without the AOR.
func (s *saving) appendGRUUs(dst []byte, k *usrloc.Contact) []byte {
	to, err := s.c.Msg.ToURI()
	if err != nil {
		return dst
	}
	dst = append(dst, `;pub-gruu="`...)
	dst = append(append(dst, to.Scheme.String()...), ':')
	dst = append(append(append(dst, to.User...), '@'), to.Host...)
	dst = append(append(append(dst, ";gr="...), bare(k.Instance)...), '"')

	dst = append(dst, `;temp-gruu="`...)
	dst = append(append(dst, to.Scheme.String()...), ':')
	dst = k.AppendRUID(dst)
	dst = strconv.AppendUint(append(dst, '-'), uint64(s.bindings.Hash()), 16)
	dst = append(append(append(dst, '@'), to.Host...), `;gr"`...)
	return dst
}

// bare is an instance without its angle brackets.
func bare(instance string) string {
	if n := len(instance); n > 2 && instance[0] == '<' && instance[n-1] == '>' {
		return instance[1 : n-1]
	}
	return instance
}

// gruu is what a Request-URI with the parameter gr names.
type gruu struct {
	instance string // of a public one
	ruid     string // of a temporary one
	hash     uint32
	none     bool // it is no GRUU
}

// parseGRUU reads the URI of a request. ok is false for a temporary GRUU that
// this server did not make.
func (r *Registrar) parseGRUU(u *sip.URI) (g gruu, ok bool) {
	value, has := u.Params.Lookup("gr")
	switch {
	case r.gruu == 0 || !has:
		return gruu{none: true}, true
	case value != "":
		return gruu{instance: value}, true
	}
	at := strings.LastIndexByte(u.User, '-')
	if at < 0 {
		return g, false
	}
	hash, err := strconv.ParseUint(u.User[at+1:], 16, 32)
	return gruu{ruid: u.User[:at], hash: uint32(hash)}, err == nil
}
