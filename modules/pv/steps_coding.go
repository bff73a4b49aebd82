// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

func codingSteps() []module.Transformation {
	step := func(name, doc string, f func(b []byte, s string) []byte) module.Transformation {
		return onText("s", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
			return build(c, func(b []byte) []byte { return f(b, s) })
		})
	}
	hash := func(name string, f func(s string) []byte) module.Transformation {
		return step(name, name+" in hexadecimal", func(b []byte, s string) []byte { return hex.AppendEncode(b, f(s)) })
	}
	list := []module.Transformation{
		hash("md5", func(s string) []byte { h := md5.Sum([]byte(s)); return h[:] }),
		hash("sha256", func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }),
		hash("sha384", func(s string) []byte { h := sha512.Sum384([]byte(s)); return h[:] }),
		hash("sha512", func(s string) []byte { h := sha512.Sum512([]byte(s)); return h[:] }),
		step("encode.hexa", "in hexadecimal", func(b []byte, s string) []byte { return hex.AppendEncode(b, []byte(s)) }),
		decode("decode.hexa", "from hexadecimal; an odd digit at the end is left out", func(s string) ([]byte, error) { return hex.DecodeString(s[:len(s)&^1]) }),
		step("encode.7bit", "packed in septets as SMS are, in hexadecimal (3GPP TS 23.038 6.1.2)", encode7bit),
		decode("decode.7bit", "from encode.7bit", decode7bit),
		step("encode.base58", "in base 58", func(b []byte, s string) []byte { return append(b, encode58(s)...) }),
		decode("decode.base58", "from base 58", decode58),
		step("escape.common", `backslashes in front of ', ", \ and NUL`, escapeCommon),
		step("unescape.common", "the reverse of escape.common", unescapeCommon),
		escape("escape.user", "escaped for the user of a URI", "-_.!~*'()&=+$,;?/"),
		unescape("unescape.user", "the reverse of escape.user"),
		escape("escape.param", "escaped for a parameter of a URI", "-_.!~*'()[]/:&+$"),
		unescape("unescape.param", "the reverse of escape.param"),
		step("escape.csv", "a field of a CSV file", func(b []byte, s string) []byte {
			return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
		}),
		step("urlencode.param", "escaped for a parameter of a web address", escaper("-_.~")),
		step("urldecode.param", "the reverse of urlencode.param", func(b []byte, s string) []byte {
			return unescapePercent(b, strings.ReplaceAll(s, "+", " "))
		}),
	}
	for _, e := range []struct {
		name   string
		enc    *base64.Encoding
		decode func(s string) ([]byte, error)
	}{
		{"base64", base64.StdEncoding, base64.StdEncoding.DecodeString}, {"base64t", base64.RawStdEncoding, padless(base64.RawStdEncoding)},
		{"base64url", base64.URLEncoding, padless(base64.RawURLEncoding)}, {"base64urlt", base64.RawURLEncoding, padless(base64.RawURLEncoding)},
	} {
		list = append(list,
			step("encode."+e.name, "in "+e.name, func(b []byte, s string) []byte { return e.enc.AppendEncode(b, []byte(s)) }),
			decode("decode."+e.name, "from "+e.name, e.decode))
	}
	return list
}

// padless decodes with and without the padding at the end.
func padless(enc *base64.Encoding) func(s string) ([]byte, error) {
	return func(s string) ([]byte, error) {
		if s == "" && enc == base64.RawURLEncoding {
			return nil, errNeedString // as in Kamailio
		}
		return enc.DecodeString(strings.TrimRight(s, "="))
	}
}

// escape makes a step that escapes; a text with control characters or bytes
// beyond ASCII gives null, as in Kamailio.
func escape(name, doc, keep string) module.Transformation {
	f := escaper(keep)
	return onText("s", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
		for i := range len(s) {
			if s[i] < ' ' || s[i] > '~' {
				return null
			}
		}
		return build(c, func(b []byte) []byte { return f(b, s) })
	})
}

// unescape makes the reverse of escape; a % without two hexadecimal digits
// gives null.
func unescape(name, doc string) module.Transformation {
	return onText("s", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
		for i := 0; i < len(s); i++ {
			if s[i] == '%' {
				if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
					return null
				}
			}
		}
		return build(c, func(b []byte) []byte { return unescapePercent(b, s) })
	})
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// decode makes a step that gives null for a text that is no such code.
func decode(name, doc string, f func(s string) ([]byte, error)) module.Transformation {
	return onText("s", name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
		d, err := f(s)
		if err != nil {
			return null
		}
		return build(c, func(b []byte) []byte { return append(b, d...) })
	})
}

func escapeCommon(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '\'', '"', '\\':
			b = append(b, '\\')
		case 0:
			b = append(b, '\\', '0')
			continue
		}
		b = append(b, s[i])
	}
	return b
}

func unescapeCommon(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == '0' {
				b = append(b, 0)
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

// escaper escapes all but letters, digits and the characters of keep.
func escaper(keep string) func(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	return func(b []byte, s string) []byte {
		for i := range len(s) {
			c := s[i]
			if '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte(keep, c) >= 0 {
				b = append(b, c)
				continue
			}
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
		return b
	}
}

func unescapePercent(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if d, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b = append(b, d...)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

const alphabet58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func encode58(s string) string {
	n := new(big.Int).SetBytes([]byte(s))
	base, digit := big.NewInt(58), new(big.Int)
	var out []byte
	for n.Sign() > 0 {
		n.DivMod(n, base, digit)
		out = append(out, alphabet58[digit.Int64()])
	}
	for i := 0; i < len(s) && s[i] == 0; i++ {
		out = append(out, '1')
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

func decode58(s string) ([]byte, error) {
	n, base := new(big.Int), big.NewInt(58)
	zeros := 0
	for i := range len(s) {
		d := strings.IndexByte(alphabet58, s[i])
		if d < 0 {
			return nil, errNeedString
		}
		if d == 0 && zeros == i {
			zeros++
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(d)))
	}
	return append(make([]byte, zeros), n.Bytes()...), nil
}
