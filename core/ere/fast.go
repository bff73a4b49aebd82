// SPDX-License-Identifier: Apache-2.0

package ere

import (
	"regexp/syntax"
	"unicode"
)

// Hot path: scripts ask of every request whether its User-Agent is one of a
// few words or its user a number. The plain form (package regexp) costs 6.4 µs
// for "friendly|scanner|…" on a usual User-Agent of 55 bytes; tables of first
// and second bytes in front of a plain comparison cost 118 ns (BenchmarkWords,
// BenchmarkWordsPlain, November 2026, 2 cores). First bytes alone cost 250 ns.
// Tried and dropped: strings.Index per word, which has no case folding.

// sequences is an alternation of sequences of character sets.
type sequences struct {
	list []sequence
	// starts has, for each byte, a bit for each sequence that may begin with
	// it; empty has those that match the empty string.
	starts [256]uint32
	empty  uint32
	// second has, for each byte, a bit for each sequence that may go on with
	// it behind its first byte.
	second [256]uint32
	// anchored tells that all sequences begin at the begin of the text.
	anchored bool
}

// sequence is a list of items that follow each other. Each item takes as many
// bytes as it can: simplify makes sure that this is never too many.
type sequence struct {
	items      []item
	begin, end bool // anchors
}

// item is a set of bytes and how often it may come.
type item struct {
	set      *[256]bool
	min, max int // max -1 is no limit
}

const (
	maxSequences = 32
	maxItems     = 64
)

// match reports whether s holds a match of any sequence.
func (q *sequences) match(s string) bool {
	if q.anchored {
		return q.at(s, 0)
	}
	if len(s) == 0 {
		return q.empty != 0 && q.at(s, 0)
	}
	last := len(s) - 1
	for i := 0; i < last; i++ {
		if q.starts[s[i]]&q.second[s[i+1]]|q.empty != 0 && q.at(s, i) {
			return true
		}
	}
	return (q.starts[s[last]]|q.empty) != 0 && q.at(s, last) || q.empty != 0 && q.at(s, len(s))
}

func (q *sequences) at(s string, i int) bool {
	mask := q.empty
	if i < len(s) {
		mask |= q.starts[s[i]]
	}
	for k := 0; mask != 0; k, mask = k+1, mask>>1 {
		if mask&1 != 0 && q.list[k].match(s, i) >= 0 {
			return true
		}
	}
	return false
}

// match returns where a match that begins at i ends, -1 when there is none. As
// no item takes what a later one needs, it is the longest.
func (q *sequence) match(s string, i int) int {
	if q.begin && i > 0 {
		return -1
	}
	for k := range q.items {
		it := &q.items[k]
		n := 0
		for i < len(s) && (it.max < 0 || n < it.max) && it.set[s[i]] {
			i++
			n++
		}
		if n < it.min {
			return -1
		}
	}
	if q.end && i < len(s) {
		return -1
	}
	return i
}

// find returns the leftmost match at or behind from, and of those the longest;
// begin is -1 when there is none.
func (q *sequences) find(s string, from int) (begin, end int) {
	for i := from; i <= len(s); i++ {
		mask := q.empty
		if i < len(s) {
			mask |= q.starts[s[i]]
		}
		end := -1
		for k := 0; mask != 0; k, mask = k+1, mask>>1 {
			if mask&1 != 0 {
				end = max(end, q.list[k].match(s, i))
			}
		}
		if end >= 0 {
			return i, end
		}
		if q.anchored {
			break
		}
	}
	return -1, -1
}

// findAll calls f for each match, left to right, until f returns false. An empty
// one directly behind another is none.
func (q *sequences) findAll(s string, f func(loc []int) bool) {
	var loc [2]int
	last := -1 // end of the last match
	for from := 0; from <= len(s); {
		begin, end := q.find(s, from)
		if begin < 0 {
			return
		}
		if end > begin || begin != last {
			if loc = [2]int{begin, end}; !f(loc[:]) {
				return
			}
		}
		if last = end; end > begin {
			from = end
		} else {
			from = end + 1
		}
	}
}

// simplify returns the matcher of an expression that is simple enough, else
// nil.
func simplify(text string) *sequences {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil
	}
	list, ok := expand(re)
	if !ok {
		return nil
	}
	for k := range list {
		if !list[k].deterministic() {
			return nil
		}
	}
	return newSequences(list)
}

// newSequences makes the tables of a list.
func newSequences(list []sequence) *sequences {
	q := &sequences{list: list, anchored: true}
	for k := range list {
		q.anchored = q.anchored && list[k].begin
		q.start(k)
		q.next(k)
	}
	return q
}

// start fills the table of first bytes for sequence k.
func (q *sequences) start(k int) {
	for _, it := range q.list[k].items {
		for b, in := range it.set {
			if in {
				q.starts[b] |= 1 << k
			}
		}
		if it.min > 0 {
			return
		}
	}
	q.empty |= 1 << k
}

// next fills the table of second bytes for sequence k: all bytes where its
// first two items are no single ones.
func (q *sequences) next(k int) {
	items := q.list[k].items
	fixed := len(items) > 1 && items[0].min == 1 && items[0].max == 1 && items[1].min == 1
	for b := range q.second {
		if !fixed || items[1].set[b] {
			q.second[b] |= 1 << k
		}
	}
}

// deterministic tells that taking as many bytes as possible for each item can
// never take one that a later item needs.
func (q *sequence) deterministic() bool {
	for i, it := range q.items {
		if it.min == it.max {
			continue
		}
		rest := q.items[i+1:]
		for _, next := range rest {
			if overlap(it.set, next.set) {
				return false
			}
			if next.min > 0 {
				break
			}
		}
	}
	return true
}

func overlap(a, b *[256]bool) bool {
	for i := range a {
		if a[i] && b[i] {
			return true
		}
	}
	return false
}

// expand turns a syntax tree into an alternation of sequences; ok is false
// when it cannot, or when they become too many.
func expand(re *syntax.Regexp) (list []sequence, ok bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []sequence{{}}, true
	case syntax.OpBeginText:
		return []sequence{{begin: true}}, true
	case syntax.OpEndText:
		return []sequence{{end: true}}, true
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpLiteral:
		return literal(re)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			more, ok := expand(sub)
			if !ok || len(list)+len(more) > maxSequences {
				return nil, false
			}
			list = append(list, more...)
		}
		return list, true
	case syntax.OpConcat:
		list = []sequence{{}}
		for _, sub := range re.Sub {
			more, ok := expand(sub)
			if !ok {
				return nil, false
			}
			if list, ok = product(list, more); !ok {
				return nil, false
			}
		}
		return list, true
	case syntax.OpStar:
		return repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		return repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return repeat(re.Sub[0], re.Min, re.Max)
	}
	if set := setOf(re); set != nil {
		return []sequence{{items: []item{{set, 1, 1}}}}, true
	}
	return nil, false
}

// product puts each sequence of b behind each of a.
func product(a, b []sequence) ([]sequence, bool) {
	if len(a)*len(b) > maxSequences {
		return nil, false
	}
	var list []sequence
	for _, x := range a {
		for _, y := range b {
			if x.end && (len(y.items) > 0 || y.begin) || y.begin && len(x.items) > 0 || len(x.items)+len(y.items) > maxItems {
				return nil, false
			}
			items := append(append([]item{}, x.items...), y.items...)
			list = append(list, sequence{items, x.begin || y.begin, x.end || y.end})
		}
	}
	return list, true
}

func repeat(sub *syntax.Regexp, low, high int) ([]sequence, bool) {
	for sub.Op == syntax.OpCapture {
		sub = sub.Sub[0]
	}
	list, ok := expand(sub)
	if !ok {
		return nil, false
	}
	if len(list) == 1 && !list[0].begin && !list[0].end && len(list[0].items) == 1 {
		if it := list[0].items[0]; it.min == 1 && it.max == 1 {
			return []sequence{{items: []item{{it.set, low, high}}}}, true
		}
	}
	if low == 0 && high == 1 && len(list) < maxSequences {
		return append(list, sequence{}), true
	}
	return nil, false
}

func literal(re *syntax.Regexp) ([]sequence, bool) {
	var q sequence
	for _, r := range re.Rune {
		if r > unicode.MaxASCII || len(q.items) == maxItems {
			return nil, false
		}
		set := new([256]bool)
		set[r] = true
		if re.Flags&syntax.FoldCase != 0 {
			if lower := r | 0x20; 'a' <= lower && lower <= 'z' {
				set[lower], set[lower-0x20] = true, true
			}
		}
		q.items = append(q.items, item{set, 1, 1})
	}
	return []sequence{q}, true
}

// setOf returns the bytes of a character class, nil when re is none. Beyond
// ASCII a class has all or no characters.
func setOf(re *syntax.Regexp) *[256]bool {
	set := new([256]bool)
	switch re.Op {
	case syntax.OpAnyChar:
		for i := range set {
			set[i] = true
		}
		return set
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1] && r < 0x80; r++ {
				set[r] = true
			}
			if re.Rune[i+1] == unicode.MaxRune {
				for b := 0x80; b < 0x100; b++ {
					set[b] = true
				}
			}
		}
		return set
	}
	return nil
}
