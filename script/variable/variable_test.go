// SPDX-License-Identifier: Apache-2.0

package variable_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/script/variable"
)

// table is a variable.Table over the exports of scripttest.Probe.
type table struct{ e module.Exports }

func (t table) Variable(name string) (*module.Variable, error) {
	for i := range t.e.Variables {
		if t.e.Variables[i].Name == name {
			return &t.e.Variables[i], nil
		}
	}
	return nil, &variable.Error{Length: len(name), Message: "unknown variable $" + name}
}

func (t table) Transformation(class, op string) (*module.Transformation, error) {
	for i := range t.e.Transformations {
		if tr := &t.e.Transformations[i]; tr.Class == class && tr.Name == op {
			return tr, nil
		}
	}
	return nil, &variable.Error{Message: "unknown transformation {" + class + "." + op + "}"}
}

func (t table) Binder() module.Binder { return binder{} }

type binder struct{ module.Binder }

func (binder) VarSlot(string) int { return 0 }

var probe = table{scripttest.Probe{}.Exports()}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		want   string
	}{
		{"a $nope", 2, "unknown variable $nope"}, {"cost 5$", 6, "expected the name"}, {"$ 5", 0, "expected the name"},
		{"$rm.", 0, "unknown variable $rm."}, {"x $(rm", 2, "not closed"}, {"$(rm{s.len)", 4, "transformation {s.len) is not closed"},
		{"$(rm{s.nope})", 5, "unknown transformation {s.nope}"}, {"$(p(x)[y])", 7, "is not a number"}, {"$(p(x)[1)", 7, "is not a number"},
		{"$p", 0, "needs a name in parentheses"}, {"$(rm{s.substr,1})", 15, "needs argument"}, {"$(rm{s.substr,1,x})", 16, "must be a number"},
		{"$(rm{s.len,3})", 11, "takes 0 arguments"}, {"$(rm x)", 5, "unexpected 'x'"}, {"$p(x", 2, "not closed"},
	} {
		_, err := variable.ParseTemplate(probe, tt.text)
		e, ok := err.(*variable.Error)
		if !ok || !strings.Contains(e.Message, tt.want) || e.Offset != tt.offset {
			t.Errorf("%s: got %#v, want %q at %d", tt.text, err, tt.want, tt.offset)
		}
	}
	_, err := variable.Parse(probe, "$rm{s.len}")
	if e, ok := err.(*variable.Error); !ok || !strings.Contains(e.Advice, "$(rm{s.len})") {
		t.Errorf("a transformation without parentheses: got %v", err)
	}
}

func env(t testing.TB, text string) (*scripttest.Env, *module.Call) {
	e := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nrequest_route { $p(a) = 7; print(\""+text+"\"); }",
		scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
	return e, e.Call(t, scripttest.Invite)
}

func TestTemplate(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain", "plain"}, {"$$", "$"}, {"$rm", "INVITE"}, {"<$rm>", "<INVITE>"}, {"$(rm)s", "INVITEs"}, {"$p(a)$p(b)", "7<null>"},
		{"$( rm { s.len } )", "6"}, {"$(p(a)[0])", "7"}, {"$(p(a)[$var(i)])", "7"}, {"$rm $rm $rm $rm $rm $rm $rm $rm $rm $p(a)", strings.Repeat("INVITE ", 9) + "7"},
		{"$rm{s.len}", "INVITE{s.len}"}, {"$rm[0]", "INVITE[0]"}, {"$(rm{s.substr,$var(i),2}{s.len})", "2"},
	} {
		e, c := env(t, tt.text)
		e.Run(t, c, module.RequestRoute, "")
		if got := strings.Join(e.Host.Lines(), "\n"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// FuzzParseTemplate: no text makes the parser panic, and the offset of an
// error lies in the text.
func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{"$rm", "$(rm{s.len})", "$(p(x)[1]{s.substr,1,$var(i)})", "$$ $p(a(b)c)", "$(rm{", "$([", "$p($rm)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := variable.ParseTemplate(probe, text)
		if e, ok := err.(*variable.Error); ok && (e.Offset < 0 || e.Offset > len(text)) {
			t.Errorf("%q: offset %d", text, e.Offset)
		}
		if err == nil && tpl.String() != text {
			t.Errorf("%q prints as %q", text, tpl)
		}
	})
}

func BenchmarkTemplate(b *testing.B) {
	e, c := env(b, "$rm to $ru from $ua with $p(a) and $(rm{s.len})")
	r, _ := e.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	b.ReportAllocs()
	for b.Loop() {
		packet.Buffer = transport.NewBuffer(0) // the text lies there
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		e.Program.Run(c, r)
		packet.Buffer.Release()
	}
}
