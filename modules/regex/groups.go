// SPDX-License-Identifier: Apache-2.0

package regex

import (
	"fmt"
	"os"
	"strings"

	"github.com/kahea-sip/kahea/core/pcre"
)

// load reads the file; with an error all stays as it was.
func (r *Regex) load() error {
	text, err := os.ReadFile(r.file)
	if err != nil {
		return err
	}
	groups, err := r.parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	r.groups.Store(&groups)
	return nil
}

// parse reads groups. The number between the brackets means nothing: they count in
// their order. An empty group has nil.
func (r *Regex) parse(text string) ([]*pcre.Regexp, error) {
	var sources [][]string
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" || strings.ContainsRune(" \t#", rune(line[0])):
		case line[0] == '[':
			if sources == nil && !strings.HasPrefix(line, "[0]") {
				return nil, fmt.Errorf("line %d: the first group is [0]", number)
			}
			if sources = append(sources, nil); len(sources) > r.maxGroups {
				return nil, fmt.Errorf("line %d: there are more than %d groups (max_groups)", number, r.maxGroups)
			}
		case sources == nil:
			return nil, fmt.Errorf("line %d: an expression stands before the first group, [0]", number)
		default:
			if _, err := pcre.Compile(line, r.flags()); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			last := len(sources) - 1
			sources[last] = append(sources[last], line)
		}
	}
	groups := make([]*pcre.Regexp, len(sources))
	for i, list := range sources {
		if len(list) == 0 {
			continue
		}
		whole := "((" + strings.Join(list, ")|(") + "))"
		if len(whole) > r.maxSize {
			return nil, fmt.Errorf("group %d has %d bytes, of %d (group_max_size)", i, len(whole), r.maxSize)
		}
		var err error
		if groups[i], err = pcre.Compile(whole, r.flags()); err != nil {
			return nil, fmt.Errorf("group %d: %w", i, err)
		}
	}
	return groups, nil
}
