// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func requestVariables() []module.Variable {
	return []module.Variable{
		read("rm", methodWord, "request method; of a reply the one of its CSeq"),
		read("rmid", func(c *module.Call) module.Value { return avp.Number(int64(methodOf(c))) }, "number of the method"),
		read("rv", func(c *module.Call) module.Value { return avp.String(c.Msg.Proto) }, "SIP version"),
		read("mb", func(c *module.Call) module.Value { return avp.String(c.Msg.Raw()) }, "the message as it arrived"),
		read("mbu", updatedMessage, "the message with the changes made so far"),
		read("mi", func(c *module.Call) module.Value { return number(int(c.Serial - c.Renumbered)) }, "number of the message, counted by each worker"),
		read("ml", func(c *module.Call) module.Value { return number(len(c.Msg.Raw())) }, "length of the message in bytes"),
		read("mt", messageType, "1 for a request, 2 for a reply"),
		read("mts", messageTypeText, "rq for a request, rp for a reply"),
		read("rb", body, "body of the message"),
		read("bs", func(c *module.Call) module.Value { return number(len(c.Msg.Body())) }, "size of the body in bytes"),
		read("cl", contentLength, "value of Content-Length"),
		read("cT", header(sip.HeaderContentType), "value of Content-Type"),
		read("ci", header(sip.HeaderCallID), "value of Call-ID"),
		read("cs", cseqNumber, "number of CSeq"),
		read("csb", header(sip.HeaderCSeq), "value of CSeq"),
		read("ct", header(sip.HeaderContact), "value of Contact"),
		read("cts", contactStar, "* where Contact is *"),
		read("ctu", contactURI, "URI of the first Contact"),
		read("ua", header(sip.HeaderUserAgent), "value of User-Agent"),
	}
}

// header is the value of the first header of a type, null without one.
func header(t sip.HeaderType) getter {
	return func(c *module.Call) module.Value {
		if !c.Msg.HasHeader(t) {
			return null
		}
		return avp.String(c.Msg.Value(t))
	}
}

func methodOf(c *module.Call) sip.Method {
	if c.Msg.IsRequest() {
		return c.Msg.Method
	}
	if q, err := c.Msg.CSeq(); err == nil {
		return q.Method
	}
	return sip.MethodNone
}

// methodWord is $rm: a text whose number is $rmid.
func methodWord(c *module.Call) module.Value {
	v := methodName(c)
	v.Int = int64(methodOf(c))
	return v
}

func methodName(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return avp.String(c.Msg.MethodName)
	}
	if q, err := c.Msg.CSeq(); err == nil {
		return avp.String(q.MethodName)
	}
	return null
}

func messageType(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return avp.Text(1, "1")
	}
	return avp.Text(2, "2")
}

func messageTypeText(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return avp.String("rq")
	}
	return avp.String("rp")
}

func body(c *module.Call) module.Value { return avp.String(c.Msg.Body()) }

func contentLength(c *module.Call) module.Value {
	n, err := c.Msg.ContentLength()
	if err != nil {
		return null
	}
	return avp.Text(int64(n), c.Msg.Value(sip.HeaderContentLength))
}

// cseqNumber is a string first: $cs + 1 joins.
func cseqNumber(c *module.Call) module.Value {
	q, err := c.Msg.CSeq()
	if err != nil {
		return null
	}
	return avp.String(q.NumberText)
}

func contactStar(c *module.Call) module.Value {
	list, _ := c.Msg.Contacts()
	if len(list) > 0 && list[0].Star {
		return avp.String("*")
	}
	return null
}

func contactURI(c *module.Call) module.Value {
	list, _ := c.Msg.Contacts()
	if len(list) == 0 || list[0].Star {
		return null
	}
	return avp.String(list[0].URI)
}

// updatedMessage is the message as it would be printed now, without our Via.
func updatedMessage(c *module.Call) module.Value {
	if !c.Msg.Edited() && c.Target.URI == c.Msg.RequestURI {
		return avp.String(c.Msg.Raw())
	}
	if !c.Msg.IsRequest() {
		return build(c, func(b []byte) []byte { return sip.AppendResponse(b, c.Msg, &sip.Outgoing{NoVia: true}) })
	}
	return build(c, func(b []byte) []byte {
		return sip.AppendRequest(b, c.Msg, &sip.Outgoing{RequestURI: c.Target.URI, NoVia: true})
	})
}
