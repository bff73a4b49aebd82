// SPDX-License-Identifier: Apache-2.0

package prefix

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func build(t testing.TB, signs string, prefixes ...string) *Tree {
	t.Helper()
	a, err := NewAlphabet(signs)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Build(a, prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestLongest(t *testing.T) {
	tree := build(t, "0123456789*+", "12", "123", "1", "5", "12", "+49*", "999999")
	for _, row := range []struct {
		text        string
		key, length int
	}{
		{"1234", 1, 3}, {"124", 0, 2}, {"12", 0, 2}, {"13", 2, 1}, {"5", 3, 1}, {"+49*1", 5, 4}, {"+49", NoKey, 0}, {"99999", NoKey, 0},
		{"999999", 6, 6}, {"", NoKey, 0}, {"x1", NoKey, 0}, {"1x", 2, 1}, {"12\x00", 0, 2}, {"12\xff", 0, 2}, {"7", NoKey, 0},
	} {
		if key, length := tree.Longest(row.text); key != row.key || length != row.length {
			t.Errorf("%q: got key %d, length %d, want %d, %d", row.text, key, length, row.key, row.length)
		}
	}
	var all []string
	tree.Each(func(p []byte, key int) bool {
		all = append(all, string(p)+"="+strconv.Itoa(key))
		return len(all) < 5
	})
	if want := []string{"1=2", "12=0", "123=1", "5=3", "999999=6"}; !slices.Equal(all, want) {
		t.Errorf("got %v, want %v", all, want)
	}
	if tree.Len() != 6 || tree.Inner() != 11 {
		t.Errorf("got %d prefixes, %d inner nodes, want 6 and 11", tree.Len(), tree.Inner())
	}
}

func TestEmpty(t *testing.T) {
	if key, _ := build(t, "01").Longest("01"); key != NoKey {
		t.Errorf("got key %d of a tree without prefixes", key)
	}
	if key, length := build(t, "01", "0", "").Longest("1"); key != 1 || length != 0 {
		t.Errorf("got key %d, length %d, want the empty prefix", key, length)
	}
}

func TestRefuses(t *testing.T) {
	for _, signs := range []string{"", "011", strings.Repeat("x", 65)} {
		if _, err := NewAlphabet(signs); err == nil {
			t.Errorf("alphabet %q is taken", signs)
		}
	}
	a, _ := NewAlphabet("01")
	if _, err := Build(a, []string{"0", "0a"}); err == nil || !strings.Contains(err.Error(), `'a' in prefix "0a"`) {
		t.Errorf("got %v, want that a is no sign", err)
	}
}

// plain finds the longest prefix by trying all.
func plain(prefixes []string, text string) (key, length int) {
	key = NoKey
	for i, p := range prefixes {
		if strings.HasPrefix(text, p) && (key == NoKey || len(p) > length) {
			key, length = i, len(p)
		}
	}
	return key, length
}

func FuzzLongest(f *testing.F) {
	f.Add("1,12,123,5", "1234")
	f.Add(",a,ab,b", "abc")
	f.Fuzz(func(t *testing.T, list, text string) {
		a, _ := NewAlphabet("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+*")
		prefixes := strings.Split(list, ",")
		tree, err := Build(a, prefixes)
		if err != nil {
			return
		}
		key, length := tree.Longest(text)
		if k, l := plain(prefixes, text); k != key || l != length {
			t.Fatalf("%q of %q: got key %d, length %d, want %d, %d", text, list, key, length, k, l)
		}
	})
}

// million makes so many different prefixes of 3 to 12 digits.
func million() []string {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]string, 1_000_000)
	for i := range out {
		out[i] = strconv.Itoa(100 + i + r.IntN(1000)*1_000_000)
	}
	return out
}

func BenchmarkBuild(b *testing.B) {
	prefixes := million()
	a, _ := NewAlphabet("0123456789")
	b.ReportAllocs()
	for b.Loop() {
		t, err := Build(a, prefixes)
		if err != nil || t.Len() != len(prefixes) {
			b.Fatal(t.Len(), err)
		}
		b.ReportMetric(float64(t.Bytes())/float64(t.Len()), "B/prefix")
	}
}

func BenchmarkLongest(b *testing.B) {
	prefixes := million()
	tree := build(b, "0123456789", prefixes...)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := prefixes[i%len(prefixes)]
		if key, length := tree.Longest(p); key != i%len(prefixes) || length != len(p) {
			b.Fatal(p, key, length)
		}
		i += 7919
	}
}

func TestLongestDoesNotAllocate(t *testing.T) {
	tree := build(t, "0123456789", "49", "4930")
	if n := testing.AllocsPerRun(100, func() { tree.Longest("493012345") }); n != 0 {
		t.Errorf("%v allocations for a look-up", n)
	}
}
