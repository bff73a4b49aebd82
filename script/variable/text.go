// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// NullText is what a null variable prints in a string.
const NullText = "<null>"

// nullText is what the variable prints when it is null: what transformations
// leave of null prints nothing, as in Kamailio.
func (r *Ref) nullText() string {
	if r.Transformed() {
		return ""
	}
	return NullText
}

// Text returns the value as a string; null is empty. A number's digits are
// built in the message's memory.
func Text(c *module.Call, v module.Value) string {
	switch v.Kind {
	case avp.Str, avp.Both:
		return v.Str
	case avp.Int:
		return Decimal(c, v.Int)
	}
	return ""
}

// AppendText appends what Text would return.
func AppendText(dst []byte, v module.Value) []byte { return v.AppendText(dst) }

// Decimal returns the decimal text of n. Without a call, as where constants are
// folded, it is built outside of a message's memory.
func Decimal(c *module.Call, n int64) string {
	if 0 <= n && n < 1000 {
		return smallNumber(int(n))
	}
	if c == nil {
		return strconv.FormatInt(n, 10)
	}
	return c.Mem.Keep(strconv.AppendInt(c.Mem.Begin(), n, 10))
}

const digits = "000102030405060708091011121314151617181920212223242526272829303132333435363738394041424344454647484950515253545556575859" +
	"60616263646566676869707172737475767778798081828384858687888990919293949596979899"

var hundreds = buildHundreds()

func buildHundreds() string {
	b := make([]byte, 0, 2700)
	for n := 100; n < 1000; n++ {
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(b)
}

func smallNumber(n int) string {
	switch {
	case n < 10:
		return digits[2*n+1 : 2*n+2]
	case n < 100:
		return digits[2*n : 2*n+2]
	}
	return hundreds[3*(n-100) : 3*(n-100)+3]
}
