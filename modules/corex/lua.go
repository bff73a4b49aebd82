// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"os"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func luaFunctions() []module.Function {
	return []module.Function{
		{Name: "file_read", Args: []module.Arg{{Name: "fpath", Doc: "file"}}, Get: luaFileRead, Doc: "The content of a file, empty when it cannot be read."},
		{Name: "has_ruri_user", Run: hasRequestUser, Doc: "True when the Request-URI has a user."},
		{Name: "has_user_agent", Run: hasUserAgent, Doc: "True when the message has a User-Agent that is not empty."},
	}
}

// luaFileRead is KSR.corex.file_read(fpath).
func luaFileRead(c *module.Call, a module.Args) module.Value {
	var text []byte
	var err error
	c.Block(func() { text, err = os.ReadFile(a.Str(0)) })
	if err != nil {
		c.Fail("KSR.corex.file_read", err)
	}
	return avp.String(string(text))
}

func hasRequestUser(c *module.Call, _ module.Args) module.Result {
	if !c.Msg.IsRequest() {
		return module.False
	}
	u, err := c.ParseURI(c.Target.URI)
	return module.Bool(err == nil && u.User != "")
}

func hasUserAgent(c *module.Call, _ module.Args) module.Result {
	return module.Bool(c.Msg.Value(sip.HeaderUserAgent) != "")
}
