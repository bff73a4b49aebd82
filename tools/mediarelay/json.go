// SPDX-License-Identifier: Apache-2.0

package mediarelay

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/kahea-sip/kahea/core/bencode"
)

// FromJSON makes a reply of ng of an object in JSON, whose keys keep their order.
func FromJSON(text string) (string, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	v, err := value(d)
	if err != nil {
		return "", err
	}
	return string(v.Append(nil)), nil
}

func value(d *json.Decoder) (v bencode.Value, err error) {
	token, err := d.Token()
	if err != nil {
		return v, err
	}
	switch t := token.(type) {
	case string:
		return bencode.Value{Kind: bencode.Text, Str: t}, nil
	case json.Number:
		n, err := t.Int64()
		return bencode.Value{Kind: bencode.Int, Int: n}, err
	case json.Delim:
		v.Kind = bencode.List
		if t == '{' {
			v.Kind = bencode.Dict
		}
		for d.More() {
			if v.Kind == bencode.Dict {
				key, err := d.Token()
				if err != nil {
					return v, err
				}
				v.Keys = append(v.Keys, key.(string))
			}
			item, err := value(d)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, item)
		}
		_, err = d.Token()
		return v, err
	}
	return v, fmt.Errorf("%v is no value of bencode", token)
}
