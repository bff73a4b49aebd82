// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"slices"
	"strings"
)

// word is a name or a sign of a script, a text in quotes without them.
type word struct {
	text   string
	quoted bool
}

// words takes a script apart, without comments; a name with a field of it is one.
func words(text string) []word {
	var all []word
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "--"):
			n = skipComment(text[i:])
		case c == '"' || c == '\'':
			n = quotedLength(text[i:])
			all = append(all, word{strings.Trim(text[i:i+n], `"'`), true})
		case c == '[' && longBracket(text[i:]) >= 0:
			n = longLength(text[i:])
			all = append(all, word{"", true})
		case isWordStart(c):
			name := leadingWord(text[i:])
			n = len(name)
			if k := len(all); k > 1 && all[k-1].text == "." && !all[k-1].quoted && !all[k-2].quoted && isWordStart(all[k-2].text[0]) && !strings.Contains(all[k-2].text, ".") {
				all[k-2].text += "." + name
				all = all[:k-1]
				break
			}
			all = append(all, word{name, false})
		case strings.HasPrefix(text[i:], "==") || strings.HasPrefix(text[i:], "~="):
			n = 2
			all = append(all, word{text[i : i+2], false})
		case c > ' ':
			all = append(all, word{text[i : i+1], false})
		}
		i += n
	}
	return all
}

// believed are the names of later versions of Lua that a script defines itself, or
// looks for before it takes them: it knows what it does.
func believed(text string) map[string]bool {
	all, names := words(text), map[string]bool{}
	at := func(i int) string {
		if i < 0 || i >= len(all) || all[i].quoted {
			return ""
		}
		return all[i].text
	}
	for i, w := range all {
		switch {
		case w.quoted && (asks(at(i-1)) || asks(at(i-2))):
			names[w.text] = true // rawget(_G, "utf8")
		case w.quoted:
		case w.text == "local" || w.text == "for":
			listed(all[i+1:], names)
		case w.text == "function":
			if at(i+1) != "(" {
				names[at(i+1)] = true
			}
			for k := i + 1; k < min(i+5, len(all)); k++ { // function a.b:c(
				if at(k) == "(" {
					listed(all[k+1:], names)
					break
				}
			}
		case at(i+1) == "=":
			names[w.text] = true
		case strings.HasPrefix(w.text, "_G."):
			names[strings.TrimPrefix(w.text, "_G.")] = true
		case tested(at(i-1), at(i+1)), at(i-2) == "type" && at(i-1) == "(":
			names[w.text] = true
		case at(i-1) == "=" && negated(all, at(i-2)):
			names[w.text] = true // if not unp then unp = table.unpack end
		}
	}
	return names
}

// asks tells whether a word is one behind which a text names what is looked for.
func asks(before string) bool { return before == "_G" || before == "require" }

// listed notes the names of a list: a, b, c.
func listed(all []word, names map[string]bool) {
	for i := 0; i < len(all) && !all[i].quoted && isWordStart(all[i].text[0]); i += 2 {
		names[all[i].text] = true
		if i+1 >= len(all) || all[i+1].text != "," {
			return
		}
	}
}

// tested tells whether what stands between two words is looked at, not taken.
func tested(before, after string) bool {
	switch after {
	case "and", "then", "==", "~=", "do":
		return true
	}
	return before == "not"
}

// negated tells whether a script asks for the absence of a name.
func negated(all []word, name string) bool {
	i := slices.Index(all, word{name, false})
	for ; i > 0 && i < len(all); i++ {
		if all[i].text == name && all[i-1].text == "not" {
			return true
		}
	}
	return false
}
