// SPDX-License-Identifier: Apache-2.0

package source

// Rule is the kind of a mistake or warning: a word that stays the same from
// release to release, for programs that read the output of the checker.
type Rule string

// The rules.
const (
	// Preprocessing is a mistake in a directive, an include or a sign of the text.
	Preprocessing Rule = "preprocessing"
	// Syntax is text that is no part of the language.
	Syntax Rule = "syntax"
	// CoreParameter is a core parameter that is unknown or has a wrong value.
	CoreParameter Rule = "core-parameter"
	// ModuleParameter is a modparam line that is wrong.
	ModuleParameter Rule = "module-parameter"
	// Module is a module that is unknown, absent, or loaded twice.
	Module Rule = "module"
	// NotLoaded is something of a module that the configuration does not load.
	NotLoaded Rule = "not-loaded"
	// NotYet is something of Kamailio that kahea does not have.
	NotYet Rule = "not-yet"
	// Function is a call that is wrong: unknown, of the wrong arity, in the wrong route.
	Function Rule = "function"
	// Variable is a variable or transformation that is unknown or used wrongly.
	Variable Rule = "variable"
	// Route is a route that is not defined, or defined twice.
	Route Rule = "route"
	// Unused is a route that nothing calls, or a variable that nothing sets.
	Unused Rule = "unused"
	// Script is any other mistake in a route.
	Script Rule = "script"
	// ModuleFile is a mistake in a file that a module reads, as tls.cfg.
	ModuleFile Rule = "module-file"
	// CommandLine is a mistake in a flag.
	CommandLine Rule = "command-line"
)

// Rules lists the rules with what they are about.
func Rules() []RuleText {
	return []RuleText{
		{Preprocessing, "mistake in a directive, an include or a sign of the text"},
		{Syntax, "text that is no part of the language"},
		{CoreParameter, "core parameter that is unknown or has a wrong value"},
		{ModuleParameter, "modparam line that is wrong"},
		{Module, "module that is unknown, absent, or loaded twice"},
		{NotLoaded, "use of a module that is not loaded"},
		{NotYet, "part of Kamailio that kahea does not have yet"},
		{Function, "call of a function that is wrong"},
		{Variable, "variable or transformation that is unknown or used wrongly"},
		{Route, "route that is not defined, or defined twice"},
		{Unused, "route that nothing calls, or variable that nothing sets"},
		{Script, "mistake in a route"},
		{ModuleFile, "mistake in a file that a module reads"},
		{CommandLine, "mistake in a flag of the command line"},
	}
}

// RuleText is a rule with what it is about.
type RuleText struct {
	Rule Rule
	Text string
}
