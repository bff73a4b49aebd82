// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// What stands here is about constants that the reference takes without a word
// and that cannot be what they are meant for: each is a warning.

// doubtful looks at the constant arguments of a call.
func (c *checker) doubtful(x *syntax.Call, f *module.Function, args module.Args) {
	for i := range x.Args {
		a := &args[i]
		if f.Args[i].Means == module.MeansAny || !a.Const || a.Value.Kind != avp.Str || strings.Contains(a.Value.Str, "$") && !f.Args[i].Literal {
			continue
		}
		if f.Args[i].Means == module.MeansLevel && i != len(x.Args)-2 {
			continue
		}
		c.doubt(valueSpan(x.Args[i]), f.Args[i].Means, a.Value.Str)
	}
}

// doubt tells of a constant that is not what it stands for.
func (c *checker) doubt(at source.Span, means module.Meaning, text string) {
	switch means {
	case module.MeansURI:
		c.warnURI(at, text)
	case module.MeansHostPort:
		if _, err := sip.ParseURI("sip:" + text); err != nil {
			c.warn(at, "a host is written example.org or example.org:5060", "%s is neither a host nor host:port", strconv.Quote(text))
		}
	case module.MeansMethods:
		for name := range strings.SplitSeq(text, "|") {
			c.warnMethod(at, strings.TrimSpace(name))
		}
	case module.MeansLevel:
		c.warnLevel(at, text)
	case module.MeansSocket:
		c.warnSocket(at, text)
	}
}

func (c *checker) warn(at source.Span, advice, format string, args ...any) {
	c.errs.Warn(&source.Error{Pos: at.Pos, End: at.Fin, Rule: source.Script, Message: fmt.Sprintf(format, args...), Advice: advice})
}

// methodNames are the methods that are likely to be meant.
var methodNames = strings.Fields("INVITE CANCEL ACK BYE INFO REGISTER SUBSCRIBE NOTIFY MESSAGE OPTIONS PRACK UPDATE REFER PUBLISH")

// warnMethod tells of a name that looks like that of a method, misspelled. Other
// names are methods of somebody.
func (c *checker) warnMethod(at source.Span, name string) {
	if name == "" || sip.ParseMethods(name, "") != sip.MethodOther {
		return
	}
	if near := source.Nearest(strings.ToUpper(name), methodNames); near != "" {
		c.warn(at, "did you mean "+near, "%s is no method that is known", name)
	}
}

// levels are the names of levels of the log.
var levels = strings.Fields("L_ALERT L_BUG L_CRIT L_ERR L_WARN L_NOTICE L_INFO L_DBG")

// warnLevel tells of a level whose name does not begin like one. As in
// Kamailio the third letter decides, and L_ERR is what remains.
func (c *checker) warnLevel(at source.Span, text string) {
	if _, ok := variable.ParseInt(text); ok && text != "" {
		return
	}
	if len(text) >= 3 && strings.HasPrefix(text, "L_") && strings.IndexByte("ABCEWNID", text[2]) >= 0 {
		return
	}
	advice := "levels are " + strings.Join(levels, ", ")
	for _, l := range levels {
		if word := strings.ToUpper(text); word != "" && (strings.HasPrefix(word, l[2:]) || strings.HasPrefix(l[2:], word)) {
			advice = "did you mean " + l
		}
	}
	c.warn(at, advice, "%s is no level of the log: the line is written at another one than is meant", strconv.Quote(text))
}

// warnSocket tells of a text that can be no socket: proto:address:port with a
// protocol that there is not, or with blanks.
func (c *checker) warnSocket(at source.Span, text string) {
	const advice = "a socket is written udp:192.0.2.1:5060, as in its listen line, or by its name"
	if text == "" {
		return
	}
	if _, err := sip.ParseURI("sip:" + text); err == nil {
		return
	}
	proto, rest, ok := strings.Cut(text, ":")
	if ok {
		if _, known := transport.ParseProto(proto); known {
			if _, err := sip.ParseURI("sip:" + rest); err == nil {
				return
			}
		}
	}
	c.warn(at, advice, "%s is no socket", strconv.Quote(text))
}

// assignedMeaning is what is assigned to a variable.
var assignedMeaning = map[string]module.Meaning{"ru": module.MeansURI, "du": module.MeansURI, "duri": module.MeansURI, "fu": module.MeansURI, "tu": module.MeansURI, "fs": module.MeansSocket}

// doubtfulCompare looks at a constant that a variable is compared with.
func (c *checker) doubtfulCompare(x *syntax.Binary, a, b expr.Node) {
	switch x.Op {
	case syntax.OpEq, syntax.OpNe, syntax.OpStrEq, syntax.OpStrNe:
	default:
		return
	}
	at := valueSpan(x.Y)
	v, ok := a.(expr.Var)
	k, isConst := expr.IsConst(b)
	if !ok {
		v, ok = b.(expr.Var)
		k, isConst = expr.IsConst(a)
		at = valueSpan(x.X)
	}
	if ok && isConst && k.Kind == avp.Str && isMethodVariable(v.Ref) {
		c.warnMethod(at, k.Str)
	}
}

func isMethodVariable(r *variable.Ref) bool {
	return r.Name() == "rm" && !r.Transformed()
}
