// SPDX-License-Identifier: Apache-2.0

package binrpc

import (
	"bufio"
	"bytes"
	"reflect"
	"testing"
)

// FuzzDecode: no octets make the decoder panic, and what it reads once it
// writes and reads again the same.
func FuzzDecode(f *testing.F) {
	for _, s := range sessions(f) {
		f.Add(s.request)
		f.Add(s.reply)
	}
	f.Add([]byte{magic, 3, 6, 1, 2, 3, 4, typeArray, 0x10, 1, 0x84})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		q, err2 := Read(bufio.NewReader(bytes.NewReader(b)), MaxRequest)
		if err == nil && len(p.Body) <= MaxRequest && (err2 != nil || !bytes.Equal(p.Body, q.Body)) {
			t.Fatalf("datagram and stream differ: %v", err2)
		}
		if err != nil {
			return
		}
		p.Method()
		values, err := Decode(p.Body)
		if err != nil {
			return
		}
		var body []byte
		for _, v := range values {
			body = Append(body, v)
		}
		once, err := Decode(body)
		if err != nil {
			t.Fatalf("cannot read what was written: %v", err)
		}
		body = body[:0]
		for _, v := range once {
			body = Append(body, v)
		}
		if twice, err := Decode(body); err != nil || !reflect.DeepEqual(once, twice) {
			t.Fatalf("got %v %v, want %v", twice, err, once)
		}
	})
}
