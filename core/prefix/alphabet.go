// SPDX-License-Identifier: Apache-2.0

package prefix

import "fmt"

// maxSigns is the largest alphabet: a node has one bit for each sign.
const maxSigns = 64

// Alphabet are the signs that prefixes consist of, in their order.
type Alphabet struct {
	signs string
	codes [256]int8 // -1 for what is no sign
}

// NewAlphabet makes an alphabet.
func NewAlphabet(signs string) (*Alphabet, error) {
	if signs == "" || len(signs) > maxSigns {
		return nil, fmt.Errorf("there are %d signs for prefixes, 1 to %d can be used", len(signs), maxSigns)
	}
	a := &Alphabet{signs: signs}
	for i := range a.codes {
		a.codes[i] = -1
	}
	for i := range len(signs) {
		if a.codes[signs[i]] >= 0 {
			return nil, fmt.Errorf("sign %q of prefixes is there twice", signs[i])
		}
		a.codes[signs[i]] = int8(i)
	}
	return a, nil
}

// Has tells whether c is a sign.
func (a *Alphabet) Has(c byte) bool { return a.codes[c] >= 0 }

// Check returns an error that names what is no sign in a text.
func (a *Alphabet) Check(text string) error {
	for i := range len(text) {
		if !a.Has(text[i]) {
			return fmt.Errorf("%q in prefix %q is none of the signs %q", text[i], text, a.signs)
		}
	}
	return nil
}

// compare orders texts by the order of the signs.
func (a *Alphabet) compare(x, y string) int {
	for i := 0; i < len(x) && i < len(y); i++ {
		if c := int(a.codes[x[i]]) - int(a.codes[y[i]]); c != 0 {
			return c
		}
	}
	return len(x) - len(y)
}
