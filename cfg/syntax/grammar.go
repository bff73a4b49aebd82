// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"sync"

	"github.com/alecthomas/participle/v2"

	"github.com/kahea-sip/kahea/cfg/source"
)

// The grammar is written on the nodes of the tree, in participle's notation; grammar.txt has it whole. By hand are, through
// participle's hooks, expressions (a ladder of precedence), blocks (they go on behind a mistake), and values whose form
// depends on the setting's name.

// construct holds every production that participle parses by itself.
type construct struct {
	LoadModule *LoadModule `parser:"@@"`
	LoadPath   *LoadPath   `parser:"| @@"`
	ModParam   *ModParam   `parser:"| @@"`
	Engine     *Engine     `parser:"| @@"`
	Flags      *Flags      `parser:"| @@"`
	If         *If         `parser:"| @@"`
	While      *While      `parser:"| @@"`
	Return     *Return     `parser:"| @@"`
	Exit       *Exit       `parser:"| @@"`
	Drop       *Drop       `parser:"| @@"`
}

// productions are participle's parsers, built once.
type productions struct {
	loadModule *participle.Parser[LoadModule]
	loadPath   *participle.Parser[LoadPath]
	modParam   *participle.Parser[ModParam]
	engine     *participle.Parser[Engine]
	flags      *participle.Parser[Flags]
	ifs        *participle.Parser[If]
	while      *participle.Parser[While]
	ret        *participle.Parser[Return]
	exit       *participle.Parser[Exit]
	drop       *participle.Parser[Drop]
}

var (
	grammarOnce sync.Once
	grammarUsed *productions
)

// grammar gives the productions. They are not the value of a variable because the hooks use them.
func grammar() *productions {
	grammarOnce.Do(func() {
		root := participle.MustBuild[construct](
			participle.Lexer(language{}),
			participle.Elide("Origin", "Joined"),
			participle.UseLookahead(0), // the first token decides, so that a mistake is reported where it stands
			participle.ParseTypeWith(parseExpr),
			participle.ParseTypeWith(parseStmt),
		)
		grammarUsed = &productions{
			loadModule: of[LoadModule](root), loadPath: of[LoadPath](root), modParam: of[ModParam](root),
			engine: of[Engine](root), flags: of[Flags](root), ifs: of[If](root), while: of[While](root),
			ret: of[Return](root), exit: of[Exit](root), drop: of[Drop](root),
		}
	})
	return grammarUsed
}

func of[P any](root *participle.Parser[construct]) *participle.Parser[P] {
	p, err := participle.ParserForProduction[P](root)
	if err != nil {
		panic(err)
	}
	return p
}

var allowTrailing = participle.AllowTrailing(true)

// ender is a node whose end the parser notes.
type ender interface{ SetEnd(source.Pos) }

// parse runs one production and notes where its node ends.
func parse[P any](p *participle.Parser[P], lex *cursor) (*P, error) {
	v, err := p.ParseFromLexer(lex, allowTrailing)
	if err != nil {
		return nil, err
	}
	any(v).(ender).SetEnd(endOfPrevious(lex))
	return v, nil
}
