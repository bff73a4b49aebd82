// SPDX-License-Identifier: Apache-2.0

package keepalive

import (
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// known is what ka_add_destination returns for a destination that is watched.
const known module.Result = -2

// isAlive is ka_is_alive(uri).
func (k *Keepalive) isAlive(c *module.Call, a module.Args) module.Result {
	uri, err := whole(a.Str(0))
	if err != nil {
		return c.Fail("ka_is_alive", err)
	}
	s, ok := k.list.state(uri, "")
	switch {
	case !ok:
		return module.False
	case s == down:
		return module.Result(down)
	}
	return module.True
}

// add is ka_add_destination(uri, owner).
func (k *Keepalive) add(c *module.Call, a module.Args) module.Result {
	uri, err := whole(a.Str(0))
	if err != nil {
		return c.Fail("ka_add_destination", err)
	}
	if !k.watch(uri, a.Str(1)) {
		return known
	}
	return module.True
}

// del is ka_del_destination(uri, owner).
func (k *Keepalive) del(c *module.Call, a module.Args) module.Result {
	uri, err := whole(a.Str(0))
	if err != nil {
		return c.Fail("ka_del_destination", err)
	}
	return module.Bool(k.unwatch(uri, a.Str(1)))
}

// named are the arguments of a command about one destination.
func named(r *module.Request) (uri, owner string, err error) {
	if uri, err = r.Str(0); err == nil {
		owner, err = r.Str(1)
	}
	if err != nil {
		return "", "", module.Faultf(500, "Not enough parameters or wrong format")
	}
	if uri, err = whole(uri); err != nil {
		return "", "", module.Faultf(500, "%v", err)
	}
	return uri, owner, nil
}

func (k *Keepalive) rpcAdd(r *module.Request) error {
	uri, owner, err := named(r)
	if err != nil {
		return err
	}
	if !k.watch(uri, owner) {
		return module.Faultf(500, "couldn't add data to list")
	}
	r.Add("Ok. Destination added.")
	return nil
}

func (k *Keepalive) rpcDel(r *module.Request) error {
	uri, owner, err := named(r)
	if err != nil {
		return err
	}
	if !k.unwatch(uri, owner) {
		return module.Faultf(500, "couldn't delete data from list")
	}
	r.Add("Ok. Destination removed.")
	return nil
}

func (k *Keepalive) rpcGet(r *module.Request) error {
	uri, owner, err := named(r)
	if err != nil {
		return err
	}
	s, ok := k.list.state(uri, owner)
	if !ok {
		return module.Faultf(500, "couldn't get data from list")
	}
	r.Struct().Add("uri", uri).Add("owner", owner).Add("state", int64(s))
	return nil
}

func (k *Keepalive) rpcFlush(r *module.Request) error {
	for _, d := range k.list.flush() {
		d.task.Stop()
	}
	r.Add("Ok. Destination list flushed.")
	return nil
}

func (k *Keepalive) rpcList(r *module.Request) error {
	k.list.mu.Lock()
	defer k.list.mu.Unlock()
	for _, d := range k.list.all {
		r.Struct().Add("uri", d.uri).Add("owner", d.owner).Add("last checked", date(d.checked)).
			Add("last up", date(d.up)).Add("last down", date(d.down)).Add("state", int64(d.state))
	}
	return nil
}

// date is a time as Kamailio writes it, with its line end; one that was never is the
// beginning of 1970.
func date(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.In(time.Local).Format(time.ANSIC) + "\n"
}
