// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/tools/release"
)

// reportFormats are the values of check --format.
var reportFormats = []string{"text", "json", "sarif"}

// diagnostic is a mistake or warning in the machine's form.
type diagnostic struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`   // from 1; absent where no place is known
	Column   int    `json:"column,omitempty"` // from 1, in characters
	EndLine  int    `json:"endLine,omitempty"`
	EndCol   int    `json:"endColumn,omitempty"` // behind the last character
	Severity string `json:"severity"`            // error or warning
	Rule     string `json:"rule"`
	Message  string `json:"message"`
	Advice   string `json:"advice,omitempty"`
}

// diagnose gives the mistakes and warnings of a list in the order of their places.
func diagnose(list *source.ErrorList) []diagnostic {
	out := []diagnostic{}
	for _, e := range list.All() {
		d := diagnostic{File: filepath.ToSlash(e.Pos.Filename), Severity: "error", Rule: string(e.Rule), Message: e.Message, Advice: e.Advice}
		if e.Warning {
			d.Severity = "warning"
		}
		if e.Pos.IsValid() {
			d.Line, d.Column = e.Pos.Line, characters(list.Files, e.Pos)
		}
		if e.End.IsValid() && e.End.Filename == e.Pos.Filename && e.Pos.Before(e.End) {
			d.EndLine, d.EndCol = e.End.Line, characters(list.Files, e.End)
		}
		out = append(out, d)
	}
	return out
}

// characters turns the column of a place from bytes into characters.
func characters(files *source.Files, p source.Pos) int {
	line, ok := files.Line(p.Filename, p.Line)
	if !ok {
		return p.Column
	}
	return utf8.RuneCountInString(line[:min(p.Column-1, len(line))]) + 1
}

// writeReport prints diagnostics as JSON or SARIF.
func writeReport(w io.Writer, format string, all []diagnostic) error {
	var doc any = map[string]any{"version": 1, "diagnostics": all}
	if format == "sarif" {
		doc = sarif(all)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(doc); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

// sarif is the form of SARIF 2.1.0, which code hosts and editors read.
func sarif(all []diagnostic) any {
	type object = map[string]any
	var rules []object
	index := map[string]int{}
	for i, r := range source.Rules() {
		index[string(r.Rule)] = i
		rules = append(rules, object{"id": string(r.Rule), "shortDescription": object{"text": r.Text}})
	}
	results := []object{}
	for _, d := range all {
		text := d.Message
		if d.Advice != "" {
			text += "\n" + d.Advice
		}
		result := object{"ruleId": d.Rule, "level": d.Severity, "message": object{"text": text}}
		if i, ok := index[d.Rule]; ok {
			result["ruleIndex"] = i
		}
		if d.File != "" && d.File != flagsFileName {
			place := object{"artifactLocation": object{"uri": (&url.URL{Path: d.File}).String()}}
			if d.Line > 0 {
				region := object{"startLine": d.Line, "startColumn": d.Column}
				if d.EndLine > 0 {
					region["endLine"], region["endColumn"] = d.EndLine, d.EndCol
				}
				place["region"] = region
			}
			result["locations"] = []object{{"physicalLocation": place}}
		}
		results = append(results, result)
	}
	return object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []object{{
			"tool":       object{"driver": object{"name": "kahea", "version": release.Version, "rules": rules}},
			"columnKind": "unicodeCodePoints",
			"results":    results,
		}},
	}
}
