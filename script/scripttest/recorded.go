// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Recorded runs the cases of a recording of Kamailio 5.6.3: an archive with
// four files a case. NAME/script is what the main route did, NAME/in the
// packet that came in, NAME/log what print("text") wrote, NAME/out the packet
// that left: a request without our Via, a reply behind its first one.
//
// differs names the cases that are meant to be different, with the reason;
// they fail when they are not. load are loadmodule and modparam lines.
func Recorded(t *testing.T, file, load string, differs map[string]string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]map[string]string{}
	var order []string
	for _, f := range txtar.Parse(data).Files {
		name, part, _ := strings.Cut(f.Name, "/")
		if cases[name] == nil {
			cases[name] = map[string]string{}
			order = append(order, name)
		}
		cases[name][part] = string(f.Data)
	}
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			log, out := play(t, load, cases[name]["script"], cases[name]["in"])
			if !strings.HasSuffix(out, "\n") {
				out += "\n" // as the archive has it
			}
			wantLog, wantOut := cases[name]["log"], cases[name]["out"]
			same := log == wantLog && out == wantOut
			switch reason := differs[name]; {
			case reason == "" && !same:
				t.Errorf("%s\nlog: got\n%s\nwant\n%s\nout: got\n%s\nwant\n%s", cases[name]["script"], log, wantLog, out, wantOut)
			case reason != "" && same:
				t.Errorf("is the same as the recording now, although %s", reason)
			}
		})
	}
}

func play(t *testing.T, load, script, packet string) (log, out string) {
	t.Helper()
	route, kind := "request_route", module.RequestRoute
	if strings.HasPrefix(packet, "SIP/2.0") {
		route, kind = "reply_route", module.CoreReplyRoute
	}
	env := MustLoad(t, load+"\nloadmodule \"print.so\"\n"+route+" {\n"+script+"\n}\n",
		Options{Modules: map[string]module.New{
			"print": func() module.Module { return printer{} },
			"sl":    func() module.Module { return silent{} },
		}})
	if !strings.HasSuffix(packet, "\r\n") {
		packet = strings.TrimSuffix(packet, "\n") // the archive's, not the body's
	}
	call := env.Call(t, packet)
	env.Run(t, call, kind, "")
	var lines strings.Builder
	for _, line := range env.Host.Lines() {
		if text, ok := strings.CutPrefix(line, printed); ok {
			lines.WriteString(text + "\n")
		}
	}
	if kind == module.RequestRoute {
		return lines.String(), string(sip.AppendRequest(nil, call.Msg, &sip.Outgoing{NoVia: true, RequestURI: call.Target.URI}))
	}
	return lines.String(), string(sip.AppendResponse(nil, call.Msg, &sip.Outgoing{}))
}

// printed begins the lines of print.
const printed = "print: "

// printer is the module of print(text): the first line of a text.
type printer struct{}

// Exports implements module.Module.
func (printer) Exports() module.Exports {
	return module.Exports{Functions: []module.Function{
		{Name: "print", Args: []module.Arg{{Name: "text", Type: module.ArgTemplate}}, Routes: module.AnyRoute, Run: printFirst},
	}}
}

func printFirst(c *module.Call, a module.Args) module.Result {
	text := a.Template(0).Eval(c)
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		text = text[:i]
	}
	c.Host.(*Host).Print(printed + text)
	return c.RC
}

// silent stands for sl where modules ask for it and nothing is answered.
type silent struct{}

// Exports implements module.Module.
func (silent) Exports() module.Exports { return module.Exports{} }
