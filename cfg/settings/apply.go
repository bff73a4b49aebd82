// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
)

// Apply reads the settings of a configuration. Mistakes go to errs with their places; what they are about keeps its default.
func Apply(f *syntax.File, errs *source.ErrorList) *Settings {
	errs.Rule = source.CoreParameter
	a := &applier{s: New(), errs: errs}
	for _, it := range f.Items {
		switch it := it.(type) {
		case *syntax.Setting:
			a.setting(it)
		case *syntax.LoadPath:
			a.s.LoadPath = it.Path.Value
		case *syntax.Engine:
			a.engine(it)
		}
	}
	return a.s
}

type applier struct {
	s    *Settings
	errs *source.ErrorList
}

func (a *applier) refuse(n syntax.Node, advice, format string, args ...any) {
	a.errs.Add(&source.Error{Pos: n.Start(), End: n.End(), Message: fmt.Sprintf(format, args...), Advice: advice})
}

func (a *applier) engine(e *syntax.Engine) {
	switch name := e.Name.Value; name {
	case "native", "default":
	case "lua":
		a.s.Engine = name
	default:
		a.errs.Add(&source.Error{Pos: e.Name.Start(), End: e.Name.End(), Rule: source.NotYet, Advice: "native and lua are there",
			Message: fmt.Sprintf("routes in language %q are not there yet", name)})
	}
}

func (a *applier) setting(it *syntax.Setting) {
	name := it.FullName()
	p := Lookup(name)
	switch {
	case p == nil && it.Group != nil && it.Group.Name != "kemi":
		a.custom(it)
		return
	case p == nil:
		a.refuse(it.Name, source.DidYouMean(name, names()), "unknown core parameter %q", name)
		return
	}
	a.s.given[p.Name] = it.Span
	if len(it.Values) > 0 {
		a.s.given[p.Name] = source.Span{Pos: it.Values[0].Start(), Fin: it.Values[0].End()}
	}
	switch p.Name {
	case "listen":
		a.listen(it)
		return
	case "alias":
		a.alias(it)
		return
	case "socket":
		a.socket(it)
		return
	}
	if len(it.Values) != 1 {
		return
	}
	v := it.Values[0]
	switch p.Status {
	case NoMeaning:
		if _, err := value(p, v); err != nil {
			a.refuse(v, "", "%s %s", name, err)
			return
		}
		a.s.Notices = append(a.s.Notices, Notice{it.Pos, name + " has no meaning here and is ignored: " + p.Doc})
		return
	case Retired:
		if _, err := value(p, v); err != nil {
			a.refuse(v, "", "%s %s", name, err)
			return
		}
		a.errs.Warn(&source.Error{Pos: it.Pos, End: v.End(), Message: name + " has no effect, as in Kamailio since release 3.0", Advice: p.Doc})
		return
	case Missing:
		if _, err := value(p, v); err == nil && !harmless(p, v) {
			a.errs.Add(&source.Error{Pos: v.Start(), End: v.End(), Rule: source.NotYet, Advice: "take it out, or give it the value that asks for nothing",
				Message: fmt.Sprintf("parameter %s is not there yet: %s", name, p.Doc)})
			return
		}
	}
	got, err := value(p, v)
	if err != nil {
		a.refuse(v, hint(p, v), "%s %s", name, err)
		return
	}
	if p.at != nil {
		store(p.at(a.s), p, got)
	}
}

// harmless tells that a value asks for nothing that is missing.
func harmless(p *Param, v syntax.Expr) bool {
	switch v := v.(type) {
	case *syntax.Number:
		return v.Value == p.harmless || p.Name == "enable_sctp" && v.Value == 2
	case *syntax.String:
		return v.Value == p.harmlessText
	case *syntax.Ident:
		return v.Name == p.harmlessText
	}
	return false
}

// parameterValue is a value in one of its forms.
type parameterValue struct {
	number int64
	text   string
	addr   netip.Addr
}

// value reads a value as the type of its parameter; the error tells what is expected and what was found.
func value(p *Param, v syntax.Expr) (parameterValue, error) {
	var out parameterValue
	n, isNumber := v.(*syntax.Number)
	s, isString := v.(*syntax.String)
	w, isWord := v.(*syntax.Ident)
	ok := false
	switch p.Type {
	case Int, Bool:
		ok = isNumber
	case Text:
		ok = isString
	case Name:
		ok = isString || isWord
	case Word:
		ok = isWord
	case Protocol:
		if ok = isWord; ok {
			out.text = strings.ToLower(w.Name)
			if out.text != "udp" && out.text != "tcp" && out.text != "tls" && out.text != "sctp" {
				ok = false
			}
			return out, expect(ok, p, v)
		}
	case Service:
		if isWord {
			out.number, ok = serviceWords[w.Name]
			return out, expect(ok, p, v)
		}
		ok = isNumber
	case Host:
		return hostValue(p, v)
	case Address:
		return addressValue(p, v)
	}
	if err := expect(ok, p, v); err != nil {
		return out, err
	}
	switch {
	case isNumber:
		out.number = n.Value
		return out, inRange(p, n)
	case isString:
		out.text = s.Value
	case isWord:
		out.text = w.Name
	}
	if p.Name == "log_facility" {
		out.text = strings.ToUpper(out.text) // as it is logged
	}
	return out, check(p, out.text)
}

var serviceWords = map[string]int64{"IPTOS_LOWDELAY": 0x10, "IPTOS_THROUGHPUT": 0x08, "IPTOS_RELIABILITY": 0x04}

func expect(ok bool, p *Param, v syntax.Expr) error {
	if ok {
		return nil
	}
	return fmt.Errorf("takes %s, not %s", p.Type, syntax.Text(v))
}

func inRange(p *Param, n *syntax.Number) error {
	low, high := p.Min, p.Max
	if low == 0 && high == 0 {
		high = 1<<31 - 1
	}
	if p.Type == Bool {
		low, high = 0, 1<<31-1
	}
	if n.Value >= low && n.Value <= max(high, low) || high == 0 && n.Value >= low {
		return nil
	}
	unit := ""
	if p.UnitName != "" {
		unit = " " + p.UnitName
	}
	if low == anyNegative {
		return fmt.Errorf("is %s, the most is %d%s", n.Raw, high, unit)
	}
	return fmt.Errorf("is %s, allowed are %d to %d%s", n.Raw, low, high, unit)
}

// facilities are the names that log_facility knows.
var facilities = strings.Fields("LOG_AUTH LOG_AUTHPRIV LOG_CRON LOG_DAEMON LOG_FTP LOG_KERN LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 " +
	"LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7 LOG_LPR LOG_MAIL LOG_NEWS LOG_SYSLOG LOG_USER LOG_UUCP")

func oneOf(text string, list ...string) bool {
	for _, l := range list {
		if l == text {
			return true
		}
	}
	return false
}

// check looks at texts that must be one of a few.
func check(p *Param, text string) error {
	switch {
	case p.Name == "log_facility" && !oneOf(text, facilities...):
		return fmt.Errorf("%s is no facility of syslog", text)
	case p.Name == "tcp_poll_method" && !oneOf(text, "none", "poll", "epoll_lt", "epoll_et", "sigio_rt", "select", "kqueue"):
		return fmt.Errorf("is %q, allowed are poll, epoll_lt, epoll_et, sigio_rt, select, kqueue and none", text)
	case p.Name == "ipv6_hex_style" && !oneOf(text, "a", "A", "c"):
		return fmt.Errorf(`is %q, allowed are "a", "A" and "c"`, text)
	}
	return nil
}

// hint says how to mend a value of the wrong type.
func hint(p *Param, v syntax.Expr) string {
	switch x := v.(type) {
	case *syntax.String:
		if p.Type == Int || p.Type == Bool || p.Type == Address || p.Type == Word || p.Type == Protocol || p.Type == Service {
			return "write it without quotes: " + p.Name + "=" + x.Value
		}
	case *syntax.Ident:
		if p.Name == "log_facility" {
			return source.DidYouMean(x.Name, facilities)
		}
		if p.Type == Text {
			return `write it in quotes: ` + p.Name + `="` + x.Name + `"; a define of that name is not there`
		}
		if p.Type == Int || p.Type == Bool {
			return "a define of that name is not there"
		}
	}
	return ""
}

func hostValue(p *Param, v syntax.Expr) (parameterValue, error) {
	switch v := v.(type) {
	case *syntax.String:
		return parameterValue{text: v.Value}, nil
	case *syntax.Ident:
		return parameterValue{text: v.Name}, nil
	case *syntax.Address:
		return parameterValue{text: v.Host}, nil
	case *syntax.Number:
		if v.Value >= 0 {
			return parameterValue{text: v.Raw}, nil
		}
	case *syntax.IP:
		if v.Mask == "" {
			return parameterValue{text: v.Text}, nil
		}
	}
	return parameterValue{}, expect(false, p, v)
}

func addressValue(p *Param, v syntax.Expr) (parameterValue, error) {
	ip, ok := v.(*syntax.IP)
	if !ok || ip.Mask != "" {
		return parameterValue{}, expect(false, p, v)
	}
	addr, err := netip.ParseAddr(ip.Text)
	if err == nil && addr.Is4() != strings.HasSuffix(p.Name, "4") {
		err = fmt.Errorf("is of the other IP version: %s", ip.Text)
	}
	return parameterValue{addr: addr}, err
}

// store puts a value into its field.
func store(field any, p *Param, v parameterValue) {
	switch f := field.(type) {
	case *int:
		*f = int(v.number)
	case *bool:
		*f = v.number != 0
	case *string:
		*f = v.text
	case *time.Duration:
		*f = time.Duration(v.number) * p.Unit
	case *[]string:
		*f = append(*f, v.text)
	case *netip.Addr:
		*f = v.addr
	}
}

// custom notes a parameter of the operator.
func (a *applier) custom(it *syntax.Setting) {
	c := Custom{Group: it.Group.Name, Name: it.Name.Name, ID: -1, Pos: it.Pos}
	if it.ID != nil {
		c.ID = int(it.ID.Value)
	}
	if it.Desc != nil {
		c.Desc = it.Desc.Value
	}
	switch v := it.Values[0].(type) {
	case *syntax.Number:
		if v.Value < 0 {
			a.refuse(v, `write it in quotes: "`+v.Raw+`"`, "a parameter of your own cannot be a negative number")
			return
		}
		c.Number = v.Value
	case *syntax.String:
		c.IsString, c.Text = true, v.Value
	default:
		a.refuse(v, "write it in quotes", "%s is neither a number nor a string in quotes", syntax.Text(v))
		return
	}
	for _, other := range a.s.Custom {
		if other.Group == c.Group && other.Name == c.Name && other.ID == c.ID {
			a.refuse(it.Name, "it is set at "+other.Pos.String(), "%s is set twice", it.FullName())
			return
		}
	}
	a.s.Custom = append(a.s.Custom, c)
}
