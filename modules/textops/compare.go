// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errSubject   = errors.New("the subject is empty")
	errList      = errors.New("the list is empty")
	errSeparator = errors.New("the separator is one character")
	errCount     = errors.New("the index is greater than the number of matches")
)

// lesser is the result of a comparison whose first text is the lesser one.
const lesser module.Result = -2

// startsWith is starts_with(str1, str2).
func startsWith(_ *module.Call, a module.Args) module.Result {
	return module.Bool(strings.HasPrefix(a.Str(0), a.Str(1)))
}

// endsWith is ends_with(str1, str2).
func endsWith(_ *module.Call, a module.Args) module.Result {
	return module.Bool(strings.HasSuffix(a.Str(0), a.Str(1)))
}

// compare is cmp_str(str1, str2).
func compare(_ *module.Call, a module.Args) module.Result {
	return ordered(strings.Compare(a.Str(0), a.Str(1)))
}

// compareFold is cmp_istr(str1, str2).
func compareFold(_ *module.Call, a module.Args) module.Result {
	if sip.EqualFold(a.Str(0), a.Str(1)) {
		return module.True
	}
	return ordered(strings.Compare(lower(a.Str(0)), lower(a.Str(1))))
}

func ordered(n int) module.Result {
	switch {
	case n == 0:
		return module.True
	case n < 0:
		return lesser
	}
	return module.False
}

// find is str_find(str1, str2): true is the place of the match, counted from
// one; an empty text is found at the end.
func find(_ *module.Call, a module.Args) module.Result { return place(a.Str(0), a.Str(1)) }

// findFold is str_ifind(str1, str2).
func findFold(_ *module.Call, a module.Args) module.Result {
	return place(lower(a.Str(0)), lower(a.Str(1)))
}

// lower lowers ASCII letters and nothing else, so that places stay the same.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func place(text, part string) module.Result {
	if part == "" {
		return module.Result(len(text) + 1)
	}
	if i := strings.Index(text, part); i >= 0 {
		return module.Result(i + 1)
	}
	return module.False
}

// anyIn is str_any_in(str1, str2): whether a character of the second text is
// in the first.
func anyIn(_ *module.Call, a module.Args) module.Result {
	return module.Bool(strings.ContainsAny(a.Str(0), a.Str(1)))
}

// allIn is str_all_in(str1, str2): whether all characters of the second text
// are in the first.
func allIn(_ *module.Call, a module.Args) module.Result {
	for _, r := range a.Str(1) {
		if !strings.ContainsRune(a.Str(0), r) {
			return module.False
		}
	}
	return module.True
}

func separator(text string) (any, error) {
	if len(text) != 1 {
		return nil, errSeparator
	}
	return nil, nil
}

// inList makes in_list and in_list_prefix(subject, list, separator). Blanks
// around the items do not count.
func inList(holds func(subject, item string) bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		subject, list, sep := a.Str(0), a.Str(1), a.Str(2)
		switch {
		case subject == "":
			return c.Fail("in_list", errSubject)
		case list == "":
			return c.Fail("in_list", errList)
		case len(sep) != 1:
			return c.Fail("in_list", errSeparator)
		}
		for item := range strings.SplitSeq(list, sep) {
			if item = strings.Trim(item, " \t\r\n"); item != "" && holds(subject, item) {
				return module.True
			}
		}
		return module.False
	}
}

func same(subject, item string) bool { return subject == item }

// regexSubstring is regex_substring(itext, regexp, mindex, mcount, dpv).
func regexSubstring(c *module.Call, a module.Args) module.Result {
	text, index, count := a.Str(0), a.Int(2, 0), a.Int(3, 0)
	re, ok := a[1].Data.(*ere.Regexp)
	switch {
	case !ok:
		return c.Fail("regex_substring", a[1].Err)
	case index < 0 || index > count:
		return c.Fail("regex_substring", errCount)
	}
	loc := re.Find(text)
	if loc == nil {
		return noMatch
	}
	if 2*index+1 >= len(loc) || loc[2*index] < 0 {
		return module.False
	}
	return assign(c, "regex_substring", a.Var(4), text[loc[2*index]:loc[2*index+1]])
}
