// SPDX-License-Identifier: Apache-2.0

package jsonrpcs

import "testing"

// TestCommandOfMI: the first lines of clients of Kamailio 4, and others.
func TestCommandOfMI(t *testing.T) {
	for line, want := range map[string][2]string{
		":uptime:reply": {"uptime", "reply"}, ":ul_show_contact:kamailio_1\r": {"ul_show_contact", "kamailio_1"},
		"": {}, ":": {}, "::": {}, ":a:": {}, "::b": {}, "a:b:c": {}, ":a:b:c": {}, "location": {}, "{\"a\":1}:x:y": {},
	} {
		command, reply, ok := commandOfMI([]byte(line))
		if command != want[0] || reply != want[1] || ok != (want[0] != "") {
			t.Errorf("%q is %q, %q, %v", line, command, reply, ok)
		}
	}
}
