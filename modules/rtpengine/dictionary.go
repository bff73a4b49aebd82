// SPDX-License-Identifier: Apache-2.0

package rtpengine

import (
	"slices"

	"github.com/kahea-sip/kahea/core/bencode"
)

// dictionary is a command of the ng protocol as it is put together. Keys are sent in the order in which they were set first.
type dictionary struct{ bencode.Value }

func newDictionary() *dictionary { return &dictionary{bencode.Value{Kind: bencode.Dict}} }

// at returns the value of a key, which is made when it is not there.
func (d *dictionary) at(key string) *bencode.Value { return entry(&d.Value, key) }

func entry(v *bencode.Value, key string) *bencode.Value {
	i := slices.Index(v.Keys, key)
	if i < 0 {
		i = len(v.Keys)
		v.Keys, v.Items = append(v.Keys, key), append(v.Items, bencode.Value{})
	}
	return &v.Items[i]
}

func (d *dictionary) has(key string) bool { return slices.Contains(d.Keys, key) }

func (d *dictionary) remove(key string) {
	if i := slices.Index(d.Keys, key); i >= 0 {
		d.Keys, d.Items = slices.Delete(d.Keys, i, i+1), slices.Delete(d.Items, i, i+1)
	}
}

func (d *dictionary) set(key, text string) { *d.at(key) = bencode.Value{Kind: bencode.Text, Str: text} }

func (d *dictionary) setInt(key string, n int64) {
	*d.at(key) = bencode.Value{Kind: bencode.Int, Int: n}
}

// add appends a text to the list of a key.
func (d *dictionary) add(key, text string) { appendText(d.at(key), text) }

// addWithin appends a text to a list of the dictionary of a key: codec-strip=all.
func (d *dictionary) addWithin(key, list, text string) {
	v := d.at(key)
	if v.Kind != bencode.Dict {
		*v = bencode.Value{Kind: bencode.Dict}
	}
	appendText(entry(v, list), text)
}

func appendText(v *bencode.Value, text string) {
	if v.Kind != bencode.List {
		*v = bencode.Value{Kind: bencode.List}
	}
	v.Items = append(v.Items, bencode.Value{Kind: bencode.Text, Str: text})
}
