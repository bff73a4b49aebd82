// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// ParseFile reads a file with all that it includes. Mistakes are in the result's list of errors; the tree holds what is in order.
func ParseFile(name string, opt preproc.Options) (*File, *preproc.Result) {
	res := preproc.Process(name, opt)
	return Parse(res), res
}

// Parse makes the tree of a preprocessed configuration. Mistakes are added to its list of errors.
func Parse(res *preproc.Result) *File {
	lex, err := lexer.Upgrade(&stream{tokens: res.Tokens}, tokOrigin, tokJoined)
	if err != nil {
		// The stream gives no errors.
		panic(err)
	}
	res.Errors.Rule = source.Syntax
	p := &fileParser{lex: lex, res: res, file: &File{}}
	p.file.Pos, p.file.Fin = res.Tokens[0].Pos, res.Tokens[len(res.Tokens)-1].Pos
	if e := nesting(res.Tokens); e != nil {
		res.Errors.Add(e)
		return p.file
	}
	for !lex.Peek().EOF() {
		p.item()
	}
	p.strayProse()
	if len(p.file.Items) == 0 && res.Errors.Len() == 0 {
		res.Errors.Add(&source.Error{Pos: source.Pos{Filename: p.file.Pos.Filename}, Message: "the configuration is empty"})
	}
	return p.file
}

type fileParser struct {
	lex  *cursor
	res  *preproc.Result
	file *File
	told []source.Span // lines of prose
}

// routeKinds are the words that begin route blocks.
var routeKinds = map[string]RouteKind{
	"route": RequestRoute, "request_route": RequestRoute, "reply_route": ReplyRoute, "onreply_route": OnReplyRoute,
	"failure_route": FailureRoute, "branch_route": BranchRoute, "onsend_route": OnSendRoute, "event_route": EventRoute,
}

func isRouteWord(w string) bool { _, ok := routeKinds[w]; return ok }

// topWords are the words that begin something at the top of a file and are no settings.
var topWords = map[string]bool{
	"loadmodule": true, "loadmodulex": true, "loadpath": true, "mpath": true, "modparam": true, "modparamx": true, "cfgengine": true,
	"flags": true, "bool": true, "avpflags": true,
	"route": true, "request_route": true, "reply_route": true, "onreply_route": true, "failure_route": true, "branch_route": true,
	"onsend_route": true, "event_route": true,
}

// item parses one thing at the top of a file, or notes why it cannot.
func (p *fileParser) item() {
	if take(p.lex, ";") {
		return
	}
	before := p.lex.Cursor()
	if e := mistypedRoute(p.lex); e != nil {
		p.note(e)
	}
	it, err := p.parseItem()
	if err == nil {
		p.file.Items = append(p.file.Items, it)
		if r, ok := it.(*Route); ok {
			p.report(r.Body)
		}
		return
	}
	f := asFailure(err, p.lex)
	if r, ok := it.(*Route); ok && r != nil && r.Body != nil {
		p.report(r.Body)
		if r.Fin = endOfPrevious(p.lex); !r.Body.Fin.IsValid() {
			r.Body.Fin = r.Fin
		}
		p.file.Items = append(p.file.Items, r) // what was read of it is looked at
	}
	if n := len(p.file.Items); n > 0 && strings.HasSuffix(f.Message, " is called outside of a route") {
		if r, ok := p.file.Items[n-1].(*Route); ok && r.Fin.IsValid() {
			f.Advice += "\n" + r.Word + " ends at " + r.Fin.String() + ": is there one } too many?"
		}
	}
	p.note(f)
	p.resume(before)
}

// mistypedRoute tells of a word in front of a block that is nearly one of those that begin routes. The word is taken for that one:
// what stands in the block is looked at.
func mistypedRoute(lex *cursor) *source.Error {
	t := lex.Peek()
	if t.Type != tokIdent || topWords[t.Value] {
		return nil
	}
	near := source.Nearest(t.Value, topWordList())
	if !isRouteWord(near) || !beginsBlock(lex) {
		return nil
	}
	e := fail(lex, "did you mean "+near, "word %s begins no setting, no module and no route", t.Value)
	t.Value = near
	return e
}

// beginsBlock tells that { or [NAME] { follows the next word.
func beginsBlock(lex *cursor) bool {
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	lex.Next()
	if take(lex, "[") {
		for n := 0; n < maxNameTokens && !isOp(lex.Peek(), "]") && !lex.Peek().EOF(); n++ {
			lex.Next()
		}
		lex.Next()
	}
	return isOp(lex.Peek(), "{")
}

// maxNameTokens bounds the search for the ] behind a name: "dispatcher:dst-down" has five.
const maxNameTokens = 16

// note adds a mistake, with the place of a define where the text came from one.
func (p *fileParser) note(e *source.Error) {
	if e.Message == "unreadable text" {
		return // the preprocessor has told
	}
	if p.prose(e) {
		return
	}
	p.explainDefine(e)
	p.res.Errors.Add(e)
}

// explainDefine tells where the text at a mistake comes from, and finds defines of a similar name.
func (p *fileParser) explainDefine(e *source.Error) {
	for i := range p.res.Tokens {
		t := &p.res.Tokens[i]
		if t.Pos == e.Pos && t.Define != nil {
			if d := t.Define; d.Pos.IsValid() {
				e.Advice = strings.TrimPrefix(e.Advice+"\n"+d.Name+" is defined at "+d.Pos.String()+" as "+shorten(d.Value), "\n")
			}
			return
		}
	}
	word, ok := strings.CutPrefix(e.Message, "word ")
	if !ok || !strings.HasSuffix(word, " is no value: it is not defined") {
		return
	}
	word = strings.TrimSuffix(word, " is no value: it is not defined")
	names := make([]string, 0, len(p.res.Defines))
	for _, d := range p.res.Defines {
		names = append(names, d.Name)
	}
	if a := source.DidYouMean(word, names); a != "" {
		e.Advice = a
	}
}

// report adds the mistakes that were noted in blocks.
func (p *fileParser) report(b *Block) { collect(b, p.note) }

// collect gives the mistakes in a block and in all that stands in it.
func collect(n Node, give func(*source.Error)) {
	Walk(n, func(n Node) bool {
		switch n := n.(type) {
		case *Block:
			for _, e := range n.problems {
				give(e)
			}
			n.problems = nil
		case *Case:
			for _, e := range n.problems {
				give(e)
			}
			n.problems = nil
		case *Switch:
			for _, e := range n.problems {
				give(e)
			}
			n.problems = nil
		}
		return true
	})
}

// parseItem parses one thing; with an error, the part of a route that was read may come along.
func (p *fileParser) parseItem() (Item, error) {
	t := p.lex.Peek()
	g := grammar()
	switch t.Type {
	case tokIdent:
	case tokBad:
		return nil, silent(p.lex)
	case tokOp:
		switch t.Value {
		case "}":
			return nil, fail(p.lex, "there is one } too many before it, or it is", "} without {")
		case "{":
			return nil, fail(p.lex, "a block belongs to a route: route[NAME] { … }", "block without a route")
		}
		return nil, expected(p.lex, "a setting, a module or a route")
	default:
		return nil, expected(p.lex, "a setting, a module or a route")
	}
	switch t.Value {
	case "loadmodule", "loadmodulex":
		m, err := parse(g.loadModule, p.lex)
		if err != nil {
			f := asFailure(err, p.lex)
			if name, ok := strings.CutPrefix(f.Advice, `write it in quotes: "`); ok {
				f.Advice = "write " + t.Value + ` "` + strings.TrimSuffix(name, `"`) + `.so"`
			}
			err = f
		}
		return asItem(m, err)
	case "loadpath", "mpath":
		return asItem(parse(g.loadPath, p.lex))
	case "modparam", "modparamx":
		m, err := parse(g.modParam, p.lex)
		if err == nil {
			err = m.check()
		} else if f := asFailure(err, p.lex); f.Advice == "" || strings.HasPrefix(f.Message, "number") {
			f.Advice = "it is " + t.Value + `("module", "parameter", value)`
			err = f
		}
		return asItem(m, err)
	case "cfgengine":
		return asItem(parse(g.engine, p.lex))
	case "flags", "bool", "avpflags":
		f, err := parse(g.flags, p.lex)
		if err == nil {
			err = f.check()
		}
		return asItem(f, err)
	}
	if isRouteWord(t.Value) {
		return parseRoute(p.lex)
	}
	return parseSetting(p.lex)
}

func asItem[P any, I interface {
	*P
	Item
}](v I, err error) (Item, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// check refuses numbers for avpflags, and notes where each name ends.
func (f *Flags) check() error {
	for _, d := range f.Decls {
		switch {
		case d.Number != nil:
			d.Fin = d.Number.Fin
		case d.Quoted != nil:
			d.Fin = d.Quoted.Fin
		default:
			d.Fin = d.Name.Fin
		}
		if d.Number != nil && f.Kind == "avpflags" {
			return &source.Error{Pos: d.Number.Pos, End: d.Number.Fin, Message: "avpflags have no numbers"}
		}
	}
	return nil
}

// check restricts the value to what a parameter may have.
func (m *ModParam) check() error {
	if u, ok := m.Value.(*Unary); ok && u.Op == OpNeg {
		if n, ok := u.X.(*Number); ok && !n.IsWord() {
			m.Value = &Number{Span: u.Span, Raw: "-" + n.Raw, Value: -n.Value}
		}
	}
	switch m.Value.(type) {
	case *Number, *String:
		return nil
	case *PV:
		if m.Extended {
			return nil
		}
		return &source.Error{Pos: m.Value.Start(), End: m.Value.End(), Message: "a variable cannot be the value of a parameter",
			Advice: "put it in quotes; the module evaluates it where it takes variables. modparamx evaluates at start"}
	}
	return &source.Error{Pos: m.Value.Start(), End: m.Value.End(), Message: "a parameter's value is a string in quotes or a number"}
}

// resume finds the next line that begins something at the top of a file.
func (p *fileParser) resume(before int) {
	depth := 0
	for first := true; ; first = false {
		t := p.lex.Peek()
		if t.EOF() {
			return
		}
		newLine := endOfPrevious(p.lex).Line < t.Pos.Line
		switch {
		case first && p.lex.Cursor() == before:
		case isOp(t, "{"):
			depth++
		case isOp(t, "}"):
			if depth--; depth <= 0 {
				p.lex.Next()
				return
			}
		case startsRoute(p.lex) && newLine:
			return
		case depth <= 0 && newLine && t.Type == tokIdent && (topWords[t.Value] || startsSetting(p.lex) || source.Nearest(t.Value, topWordList()) != ""):
			return
		}
		p.lex.Next()
	}
}

// startsSetting tells that name = or group.name = follows.
func startsSetting(lex *cursor) bool {
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	lex.Next()
	if isOp(lex.Peek(), "[") {
		lex.Next()
		lex.Next()
		lex.Next()
	}
	if isOp(lex.Peek(), ".") {
		lex.Next()
		lex.Next()
	}
	return isOp(lex.Peek(), "=")
}

// parseRoute parses a route block: its word, its name in brackets, its body.
func parseRoute(lex *cursor) (Item, error) {
	t := lex.Next()
	r := &Route{Kind: routeKinds[t.Value], Word: t.Value}
	r.Pos = startOf(t)
	open := lex.Peek()
	if take(lex, "[") {
		if r.Word == "request_route" || r.Word == "reply_route" {
			return nil, &source.Error{Pos: startOf(open), Message: r.Word + " takes no name",
				Advice: "write " + map[string]string{"request_route": "route", "reply_route": "onreply_route"}[r.Word] + "[NAME] for one that has a name"}
		}
		if err := r.parseName(lex); err != nil {
			return nil, err
		}
		if !take(lex, "]") {
			f := expected(lex, "]")
			f.Advice = "a name with other signs than letters, digits and _ needs quotes"
			return nil, f
		}
	} else if r.Kind == EventRoute {
		return nil, expected(lex, "[module:event]")
	}
	if r.Word == "onreply_route" && r.IsDefault() {
		r.Kind = ReplyRoute
	}
	if !isOp(lex.Peek(), "{") {
		return nil, expected(lex, "{")
	}
	r.Body = &Block{}
	if err := r.Body.Parse(lex); err != nil {
		return r, err
	}
	r.Fin = endOfPrevious(lex)
	return r, nil
}

// parseName parses what stands in the brackets of a route.
func (r *Route) parseName(lex *cursor) error {
	t := lex.Peek()
	r.NamePos = startOf(t)
	if r.Kind == EventRoute && t.Type == tokIdent {
		return r.parseEvent(lex)
	}
	switch t.Type {
	case tokIdent, tokNumber:
		if topWords[t.Value] || statementWords[t.Value] {
			return fail(lex, `put it in quotes: ["`+t.Value+`"]`, "%s is a word of the language and cannot name a route", t.Value)
		}
		r.Name = lex.Next().Value
	case tokString:
		s, err := parseString(lex)
		if err != nil {
			return err
		}
		r.Name = s.Value
	default:
		return expected(lex, "the name of a route")
	}
	return nil
}

// parseEvent parses module:event[:detail], whose parts stand without space between them.
func (r *Route) parseEvent(lex *cursor) error {
	var b strings.Builder
	b.WriteString(lex.Next().Value)
	for !isOp(lex.Peek(), "]") && touches(lex) {
		b.WriteString(lex.Next().Value)
	}
	if r.Name = b.String(); !strings.Contains(r.Name, ":") {
		return &source.Error{Pos: r.NamePos, End: r.NamePos.After(r.Name), Message: "an event is named module:event"}
	}
	return nil
}
