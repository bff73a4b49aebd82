// SPDX-License-Identifier: Apache-2.0

package sip

// Equal compares by RFC 3261 19.1.4 (sip, sips) and RFC 3966 4 (tel); other schemes byte by byte.
func (u *URI) Equal(v *URI) bool {
	if u.Scheme != v.Scheme {
		return false
	}
	switch {
	case u.IsSIP():
		return u.HasPassword == v.HasPassword && equalEscaped(u.User, v.User, false) && u.PhoneParams == v.PhoneParams && equalEscaped(u.Password, v.Password, false) &&
			equalFold(u.Host, v.Host) && u.Port == v.Port && (u.PortText == "") == (v.PortText == "") &&
			equalSIPParams(u.Params, v.Params) && equalSIPParams(v.Params, u.Params) &&
			equalHeaders(u.Headers, v.Headers) && equalHeaders(v.Headers, u.Headers)
	case u.IsTel():
		return equalNumber(u.User, v.User) && equalTelParams(u.Params, v.Params) && equalTelParams(v.Params, u.Params)
	}
	return u.Raw == v.Raw
}

// URIsEqual parses and compares two URIs; two texts that are the same byte by byte are equal even when they are no URIs.
func URIsEqual(a, b string) bool {
	if a == b {
		return true
	}
	u, err := ParseURI(a)
	if err != nil {
		return false
	}
	v, err := ParseURI(b)
	return err == nil && u.Equal(&v)
}

// equalSIPParams looks from one side: every parameter of a that is also in b has the same value there; those that must not be in one
// URI alone are in b. (RFC 3261 19.1.4; its examples put transport among them.)
func equalSIPParams(a, b Params) bool {
	for p, rest, ok := a.Next(); ok; p, rest, ok = rest.Next() {
		v, there := b.Lookup(p.Name)
		if there {
			if !equalEscaped(p.Value, v, true) {
				return false
			}
			continue
		}
		for _, name := range [...]string{"transport", "user", "ttl", "method", "maddr"} {
			if equalFold(p.Name, name) {
				return false
			}
		}
	}
	return true
}

// equalTelParams looks from one side: every parameter of a is in b with the same value (RFC 3966 4).
func equalTelParams(a, b Params) bool {
	for p, rest, ok := a.Next(); ok; p, rest, ok = rest.Next() {
		v, there := b.Lookup(p.Name)
		if !there {
			return false
		}
		if equalFold(p.Name, "ext") || equalFold(p.Name, "phone-context") && len(v) > 0 && v[0] == '+' {
			if !equalNumber(p.Value, v) {
				return false
			}
		} else if !equalEscaped(p.Value, v, true) {
			return false
		}
	}
	return true
}

// equalHeaders looks from one side: every header of a is in b with the same value. Their order is free.
func equalHeaders(a, b string) bool {
	for a != "" {
		var h string
		h, a = cutAt(a, '&')
		name, value := cutAt(h, '=')
		if !hasHeader(b, name, value) {
			return false
		}
	}
	return true
}

func hasHeader(list, name, value string) bool {
	for list != "" {
		var h string
		h, list = cutAt(list, '&')
		n, v := cutAt(h, '=')
		if equalEscaped(n, name, true) && equalEscaped(v, value, false) {
			return true
		}
	}
	return false
}

func cutAt(s string, c byte) (before, after string) {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// equalNumber compares telephone numbers without their visual separators.
func equalNumber(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && isVisualSeparator(a[i]) {
			i++
		}
		for j < len(b) && isVisualSeparator(b[j]) {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if lower(a[i]) != lower(b[j]) {
			return false
		}
		i++
		j++
	}
}

func isVisualSeparator(c byte) bool { return c == '-' || c == '.' || c == '(' || c == ')' }

// equalEscaped compares with escapes resolved. An escaped reserved character is not the same as a plain one (RFC 2396 2.2, to which RFC
// 3261 19.1.4 points), any other is.
func equalEscaped(a, b string, fold bool) bool {
	if a == b {
		return true
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		c, escA := escapedByte(a[i:])
		if escA {
			i += 3
		} else {
			c = a[i]
			i++
		}
		d, escB := escapedByte(b[j:])
		if escB {
			j += 3
		} else {
			d = b[j]
			j++
		}
		if c != d && !(fold && lower(c) == lower(d)) {
			return false
		}
		if escA != escB && containsByte(";/?:@&=+$,", c) {
			return false
		}
	}
	return i == len(a) && j == len(b)
}
