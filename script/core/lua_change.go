// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"slices"
	"strconv"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func luaFlags() []module.Function {
	flag := []module.Arg{num("flag", "number of the flag, 0 to 31")}
	branch := append(slices.Clone(flag), num("branch", "index of the branch; 0 is the Request-URI"))
	// message, script and branch find the flags that a function is about.
	message := func(c *module.Call, _ module.Args) *uint32 { return &c.Flags }
	script := func(c *module.Call, _ module.Args) *uint32 { return &c.ScriptFlags }
	target := func(c *module.Call, a module.Args) *uint32 {
		i := 0
		if len(a) > 1 {
			i = a.Int(1, 0)
		}
		switch {
		case i == 0:
			return &c.Target.Flags
		case 0 < i && i <= len(c.Branches):
			return &c.Branches[i-1].Flags
		}
		return nil
	}
	var list []module.Function
	for _, k := range []struct {
		word, of string
		args     []module.Arg
		find     func(c *module.Call, a module.Args) *uint32
	}{
		{"flag", "a message flag", flag, message}, {"sflag", "a script flag", flag, script},
		{"bflag", "a branch flag of the Request-URI", flag, target}, {"biflag", "a branch flag of a branch", branch, target},
	} {
		list = append(list,
			module.Function{Name: "set" + k.word, Lua: "set" + k.word + " bool", Args: k.args, Run: changeFlag("KSR.set"+k.word, k.find, true), Doc: "Sets " + k.of + "."},
			module.Function{Name: "reset" + k.word, Lua: "reset" + k.word + " bool", Args: k.args, Run: changeFlag("KSR.reset"+k.word, k.find, false), Doc: "Clears " + k.of + "."},
			module.Function{Name: "is" + k.word + "set", Lua: "is" + k.word + "set bool", Args: k.args, Run: askFlag("KSR.is"+k.word+"set", k.find), Doc: "True when " + k.of + " is set."})
	}
	return list
}

type flagsOf = func(c *module.Call, a module.Args) *uint32

var errNoBranch = errors.New("there is no such branch")

// changeFlag does nothing for a branch that is not there, and is true, as with
// Kamailio.
func changeFlag(name string, find flagsOf, on bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		bit, ok := flagBit(a)
		if !ok {
			return c.Fail(name, errFlag)
		}
		flags := find(c, a)
		if flags == nil {
			c.Fail(name, errNoBranch)
			return module.True
		}
		if *flags |= bit; !on {
			*flags &^= bit
		}
		return module.True
	}
}

func askFlag(name string, find flagsOf) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		bit, ok := flagBit(a)
		if !ok {
			return c.Fail(name, errFlag)
		}
		flags := find(c, a)
		return module.Bool(flags != nil && *flags&bit != 0)
	}
}

func luaURI() []module.Function {
	uri := []module.Arg{str("uri", "a URI")}
	none := func(module.Args) module.Args { return nil }
	bare := func(name, doc string, run func(c *module.Call, a module.Args) module.Result) module.Function {
		return module.Function{Name: name, Lua: name + " bool", Doc: doc,
			Run: func(c *module.Call, a module.Args) module.Result { return run(c, none(a)) }}
	}
	return []module.Function{
		{Name: "seturi", Lua: "seturi bool", Args: uri, Run: setURI, Doc: "Replaces the Request-URI."},
		{Name: "setuser", Lua: "setuser bool", Args: []module.Arg{str("user", "the user part")}, Run: setUser, Doc: "Replaces the user of the Request-URI."},
		{Name: "sethost", Lua: "sethost bool", Args: []module.Arg{str("host", "host name or address")}, Run: setHost, Doc: "Replaces the host of the Request-URI."},
		{Name: "setdsturi", Lua: "setdsturi bool", Args: uri, Run: setNextHop, Doc: "Sets the next hop ($du)."},
		bare("resetdsturi", "Takes the next hop ($du) back.", func(c *module.Call, _ module.Args) module.Result {
			c.Target.DstURI = ""
			return module.True
		}),
		test("isdsturiset", "True when the next hop ($du) is set.", func(c *module.Call) bool { return c.Target.DstURI != "" }),
		bare("force_rport", "Sends replies to the port that the request came from (RFC 3581).", forceRport),
		bare("add_local_rport", "Asks the next hop for rport in our own Via.", addLocalRport),
		bare("set_reply_no_connect", "Drops replies whose connection is gone instead of opening one.", setReplyNoConnect),
		bare("set_reply_close", "Closes the connection after the reply.", setReplyClose),
		bare("set_forward_no_connect", "Forwards only over connections that are open.", setForwardNoConnect),
		bare("set_forward_close", "Closes the connection after the request was forwarded.", setForwardClose),
		{Name: "set_advertised_address", Args: []module.Arg{str("host", "host name or address")}, Run: setAdvertisedAddress, Doc: "The address that stands in Via and Record-Route of this message."},
		{Name: "set_advertised_port", Args: []module.Arg{str("port", "1 to 65535")}, Run: setAdvertisedPortText, Doc: "The port that stands in Via and Record-Route of this message."},
		{Name: "add_tcp_alias", Args: []module.Arg{num("port", "port of the alias")}, Run: forceTCPAlias, Doc: "Sends requests for the peer's port over this connection."},
		{Name: "add_tcp_alias_via", Run: func(c *module.Call, _ module.Args) module.Result { return forceTCPAlias(c, make(module.Args, 1)) }, Doc: "Sends requests for the port of the peer's Via over this connection."},
		{Name: "forward", Run: func(c *module.Call, _ module.Args) module.Result { return forward(protoOfURI)(c, make(module.Args, 2)) }, Doc: "Forwards the request without state to its next hop."},
		{Name: "forward_uri", Args: uri, Run: forwardURI, Doc: "Forwards the request without state to a URI."},
	}
}

func setNextHop(c *module.Call, a module.Args) module.Result {
	c.Target.DstURI = c.Keep(a.Str(0))
	return module.True
}

// setAdvertisedPortText takes what is no port for none, as Kamailio does.
func setAdvertisedPortText(c *module.Call, a module.Args) module.Result {
	n, err := strconv.Atoi(a.Str(0))
	if err != nil || n < 1 || n > 65535 {
		c.Fail("set_advertised_port", errPort)
		return module.True
	}
	c.AdvertisedPort = n
	return module.True
}

// forwardURI sends the request on to a URI that it is not changed for.
func forwardURI(c *module.Call, a module.Args) module.Result {
	u, err := sip.ParseURI(a.Str(0))
	if err != nil || !u.IsSIP() {
		return c.Fail("KSR.forward_uri", errors.New("the URI cannot be read"))
	}
	saved := c.Target
	c.Target.DstURI = c.Keep(a.Str(0))
	r := forward(protoOfURI)(c, make(module.Args, 2))
	c.Target = saved
	return r
}
