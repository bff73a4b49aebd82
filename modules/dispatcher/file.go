// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"fmt"
	"strconv"
	"strings"
)

// entry is one gateway as it was written down: a line of the list, or the
// arguments of dispatcher.add.
type entry struct {
	// at is where it stands, "file:line", for messages.
	at       string
	set      int
	uri      string
	flags    uint32
	priority int
	attrs    string
}

// A line of the list is
//
//	set uri [flags [priority [attributes]]] [# comment]
//
// with blanks and tabs between. It is read as Kamailio does: each number is as
// many digits as there are, none of them is 0, and attributes may follow at
// once where a number is left out.

// parseFile reads a list. faults are lines, or parts of them, that say nothing;
// an error is one that makes the list as a whole unusable.
func parseFile(name, text string) (entries []entry, faults []string, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		at := name + ":" + strconv.Itoa(number)
		s := &fields{strings.TrimSpace(line)}
		if s.rest == "" || s.rest[0] == '#' {
			continue
		}
		e := entry{at: at}
		digits := s.digits()
		e.uri = s.word()
		switch {
		case digits != "" && e.uri == "":
			return nil, faults, fmt.Errorf("%s: there is no address behind the set id %s", at, digits)
		case digits == "" || !parseInt(digits, &e.set):
			faults = append(faults, fmt.Sprintf("%s: %q does not begin with a set id, a number of 0 to 2147483647", at, line))
			continue
		}
		var flags int
		flagText := s.digits()
		priorityText := s.digits()
		if flagText != "" && !parseInt(flagText, &flags) || priorityText != "" && !parseInt(priorityText, &e.priority) {
			faults = append(faults, fmt.Sprintf("%s: flags and priority are numbers of 0 to 2147483647", at))
			continue
		}
		e.flags = uint32(flags) & allFlags
		e.attrs = strings.TrimRight(s.word(), ";")
		if e.attrs != "" && e.attrs[0] == '#' {
			e.attrs, s.rest = "", ""
		}
		switch {
		case e.attrs != "" && strings.IndexByte("-+0123456789", e.attrs[0]) >= 0:
			faults = append(faults, fmt.Sprintf("%s: %q is taken as attributes: flags and priority are numbers without a sign", at, e.attrs))
		case s.rest != "" && s.rest[0] != '#':
			faults = append(faults, fmt.Sprintf("%s: %q behind the attributes is left out: they have no blanks", at, s.rest))
		}
		entries = append(entries, e)
	}
	return entries, faults, nil
}

// parseInt reads digits; false where they are too many.
func parseInt(digits string, n *int) bool {
	v, err := strconv.ParseInt(digits, 10, 32)
	*n = int(v)
	return err == nil
}

// fields takes a line apart.
type fields struct{ rest string }

// digits takes the digits at the beginning, and the blanks behind them.
func (f *fields) digits() string {
	i := 0
	for i < len(f.rest) && '0' <= f.rest[i] && f.rest[i] <= '9' {
		i++
	}
	return f.take(i)
}

// word takes what stands before the next blank, and the blanks behind it.
func (f *fields) word() string {
	i := strings.IndexAny(f.rest, " \t\r")
	if i < 0 {
		i = len(f.rest)
	}
	return f.take(i)
}

func (f *fields) take(n int) string {
	s := f.rest[:n]
	f.rest = strings.TrimLeft(f.rest[n:], " \t\r")
	return s
}
