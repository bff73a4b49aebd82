// SPDX-License-Identifier: Apache-2.0

package module

type local struct{ key, value any }

// Local returns what a module keeps with this Call under a key, made by create
// when it is first asked for. It stays from message to message, as the memory of
// a worker: what is about one message only remembers Serial beside it. The key is
// mostly the module's instance.
func (c *Call) Local(key any, create func() any) any {
	for i := range c.locals {
		if c.locals[i].key == key {
			return c.locals[i].value
		}
	}
	v := create()
	c.locals = append(c.locals, local{key, v})
	return v
}
