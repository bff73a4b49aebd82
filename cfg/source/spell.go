// SPDX-License-Identifier: Apache-2.0

package source

import "strings"

// Nearest gives the candidate whose spelling is closest to word, or "" where none is close enough to be meant. Case counts less
// than other letters.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", 2*(len(word)+2)/3+1
	for _, c := range candidates {
		if d := distance(word, c, bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean gives the advice "did you mean x", or "" where nothing is close.
func DidYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return "did you mean " + n
	}
	return ""
}

// distance is the number of edits between two words, each counted as 2; letters that differ in case only and neighbours that are
// swapped count as 1. It stops early at limit.
func distance(a, b string, limit int) int {
	if d := 2 * (len(a) - len(b)); d >= limit || -d >= limit {
		return limit
	}
	if strings.EqualFold(a, b) {
		return 1
	}
	before := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = 2 * j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = 2 * i
		least := next[0]
		for j := 1; j <= len(b); j++ {
			cost := 2
			switch {
			case a[i-1] == b[j-1]:
				cost = 0
			case a[i-1]|0x20 == b[j-1]|0x20:
				cost = 1
			}
			v := min(row[j-1]+cost, row[j]+2, next[j-1]+2)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				v = min(v, before[j-2]+1)
			}
			next[j] = v
			least = min(least, v)
		}
		if least > limit { // a swap of neighbours may still take one away
			return limit
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
