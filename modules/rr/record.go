// SPDX-License-Identifier: Apache-2.0

package rr

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// record is what one Record-Route is made of before it is known where the
// request leaves. It is made once per request; its text is made at print time,
// because branches leave by different sockets.
type record struct {
	rr     *RR
	scheme string
	user   string
	tag    string // tag of the caller, empty where append_fromtag is 0
	params string // those of record_route(params)
	in     *transport.Socket
	// fixed is the given address; fixedIn that of the incoming side where
	// both were preset.
	fixed, fixedIn string
}

var (
	errTwice = errors.New("Record-Route was added already")
	errParam = errors.New("a parameter begins with a semicolon: \";name=value\"")
)

// begin collects what all forms share. It refuses a second Record-Route.
func (r *RR) begin(c *module.Call) (*record, error) {
	if c.RecordRouted {
		return nil, errTwice
	}
	rec := &record{rr: r, scheme: "sip", in: c.Packet.Socket}
	if r.ignoreSIPS == 0 && len(c.Target.URI) > 5 && sip.EqualFold(c.Target.URI[:5], "sips:") {
		rec.scheme = "sips"
	}
	if r.flows != nil {
		rec.user = r.flows.Token(c)
	}
	if r.addUsername != 0 {
		if r.userAVP != nil {
			rec.user = r.userAVP.Get(c, module.Index{}).Str
		}
		if rec.user == "" {
			u, err := sip.ParseURI(c.Target.URI)
			if err != nil {
				return nil, err
			}
			rec.user = u.User
		}
	}
	if r.appendTag != 0 {
		rec.tag = callersTag(c)
	}
	return rec, nil
}

// insert notes the edit: in front of all headers that came, and so of any
// other Record-Route; behind what insert_hf put there before.
func (rec *record) insert(c *module.Call, text sip.TextFunc) module.Result {
	c.Msg.InsertFunc(c.Msg.FirstLineEnd(), sip.After, text)
	c.RecordRouted = true
	return module.True
}

// recordRoute is record_route([params]).
func (r *RR) recordRoute(c *module.Call, a module.Args) module.Result {
	rec, err := r.begin(c)
	if err != nil {
		return c.Fail("record_route", err)
	}
	rec.params = a.Str(0)
	if rec.params != "" && rec.params[0] != ';' {
		return c.Fail("record_route", errParam)
	}
	return rec.insert(c, rec.appendOwn)
}

// recordRouteAdvertised is record_route_advertised_address(address).
func (r *RR) recordRouteAdvertised(c *module.Call, a module.Args) module.Result {
	rec, err := r.begin(c)
	if err != nil {
		return c.Fail("record_route_advertised_address", err)
	}
	rec.fixed = a.Str(0)
	return rec.insert(c, rec.appendAdvertised)
}

// recordRoutePreset is record_route_preset(address[, address2]).
func (r *RR) recordRoutePreset(c *module.Call, a module.Args) module.Result {
	rec, err := r.begin(c)
	if err != nil {
		return c.Fail("record_route_preset", err)
	}
	rec.fixed, rec.fixedIn = a.Str(0), a.Str(1)
	if rec.tag != "" {
		rec.tag = c.Msg.FromTag()
	}
	return rec.insert(c, rec.appendPreset)
}

// removeRecordRoute is remove_record_route().
func (r *RR) removeRecordRoute(c *module.Call, _ module.Args) module.Result {
	if !c.RecordRouted {
		return module.True
	}
	c.Msg.Edits().DropFuncs(c.Msg.FirstLineEnd())
	c.RecordRouted = false
	return module.True
}

// addParam is add_rr_param(param).
func (r *RR) addParam(c *module.Call, a module.Args) module.Result {
	p := a.Str(0)
	if p == "" || p[0] != ';' {
		return c.Fail("add_rr_param", errParam)
	}
	text := append(append(c.Mem.Begin(), c.RouteParams...), p...)
	c.RouteParams = c.Mem.Keep(text)
	return module.True
}

// appendOwn appends Record-Route with the address of the sending socket; a
// second one with that of the receiving socket where they differ, so that a
// request in either direction finds the socket it must leave by.
func (rec *record) appendOwn(dst []byte, o *sip.Outgoing) []byte {
	out, _ := o.Socket.(*transport.Socket)
	if out == nil {
		out = rec.in
	}
	two := rec.rr.double == 2 || rec.rr.double == 1 && rec.in != nil && out != rec.in
	dst = rec.appendSocket(dst, out, two, o)
	if two {
		dst = rec.appendSocket(dst, rec.in, true, o)
	}
	return dst
}

func (rec *record) appendSocket(dst []byte, s *transport.Socket, two bool, o *sip.Outgoing) []byte {
	dst = rec.open(dst)
	dst = appendAddress(dst, s)
	if s.Proto != transport.UDP {
		dst = append(append(dst, ";transport="...), s.Proto.Param()...)
	}
	if two {
		dst = append(dst, ";r2=on"...)
	}
	dst = rec.lr(dst)
	dst = rec.ftag(dst)
	if rec.rr.socketName != 0 && s.Name != "" {
		dst = append(append(dst, ";sn="...), s.Name...)
	}
	dst = append(dst, rec.params...)
	return rec.close(dst, o)
}

// appendAdvertised appends Record-Route with a given address.
func (rec *record) appendAdvertised(dst []byte, o *sip.Outgoing) []byte {
	out, _ := o.Socket.(*transport.Socket)
	if out == nil || rec.rr.double == 0 || rec.in == nil || out.Proto == rec.in.Proto {
		return rec.appendFixed(dst, rec.fixed, "", o)
	}
	dst = rec.appendFixed(dst, rec.fixed, out.Proto.Param(), o)
	return rec.appendFixed(dst, rec.fixed, rec.in.Proto.Param(), o)
}

// appendPreset appends the one or two given addresses.
func (rec *record) appendPreset(dst []byte, o *sip.Outgoing) []byte {
	dst = rec.appendFixed(dst, rec.fixed, "", o)
	if rec.fixedIn != "" {
		dst = rec.appendFixed(dst, rec.fixedIn, "", o)
	}
	return dst
}

func (rec *record) appendFixed(dst []byte, address, proto string, o *sip.Outgoing) []byte {
	dst = append(rec.open(dst), address...)
	if proto != "" {
		dst = append(append(append(dst, ";transport="...), proto...), ";r2=on"...)
	}
	dst = rec.ftag(dst)
	dst = rec.lr(dst)
	return rec.close(dst, o)
}

func (rec *record) open(dst []byte) []byte {
	dst = append(append(append(dst, "Record-Route: <"...), rec.scheme...), ':')
	if rec.user != "" {
		dst = append(append(dst, rec.user...), '@')
	}
	return dst
}

func (rec *record) lr(dst []byte) []byte {
	if rec.rr.fullLR != 0 {
		return append(dst, ";lr=on"...)
	}
	return append(dst, ";lr"...)
}

func (rec *record) ftag(dst []byte) []byte {
	if rec.tag == "" {
		return dst
	}
	return append(append(dst, ";ftag="...), rec.tag...)
}

func (rec *record) close(dst []byte, o *sip.Outgoing) []byte {
	if st, ok := o.Data.(*transaction.State); ok {
		dst = append(dst, st.RouteParams...)
	}
	return append(dst, ">\r\n"...)
}

// direction compiles the argument of is_direction.
func direction(text string) (any, error) {
	switch strings.ToLower(text) {
	case "downstream":
		return downstream, nil
	case "upstream":
		return upstream, nil
	}
	return nil, errors.New("unknown direction: it is upstream or downstream")
}

// appendAddress appends the address of a socket. Kamailio leaves the default
// port out here even where "advertise" names it, which it writes into Via.
func appendAddress(dst []byte, s *transport.Socket) []byte {
	dst = append(dst, s.Host...)
	if s.Port == s.Proto.DefaultPort() && !s.Upgraded() {
		return dst
	}
	return strconv.AppendInt(append(dst, ':'), int64(s.Port), 10)
}
