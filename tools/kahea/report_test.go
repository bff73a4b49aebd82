// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const brokenConfig = "loadmodule \"sl.so\"\nloadmodule \"pv.so\"\nrequest_route {\n\t$ru = \"söp\"; sl_send_repyl(\"200\", \"OK\");\n\troute(NOPE);\n}\nroute[UNUSED] {\n\texit;\n}\n"

// report runs kahea check in a folder with the configuration above.
func report(t *testing.T, args ...string) (int, []byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("my file.cfg", []byte(brokenConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(append([]string{"check"}, args...), surroundings{stdout: &stdout, stderr: &stderr})
	if stderr.Len() > 0 {
		t.Errorf("stderr has %s", &stderr)
	}
	return status, stdout.Bytes()
}

func TestReportJSON(t *testing.T) {
	status, out := report(t, "--format", "json", "my file.cfg")
	var doc struct {
		Version     int
		Diagnostics []diagnostic
	}
	if err := json.Unmarshal(out, &doc); err != nil || status != 1 || doc.Version != 1 {
		t.Fatalf("status %d, version %d, %v", status, doc.Version, err)
	}
	want := []diagnostic{
		{"my file.cfg", 4, 8, 4, 13, "warning", "script", `"söp" is no URI`, "a URI is written sip:user@host:port"},
		{"my file.cfg", 4, 15, 4, 28, "error", "function", `unknown function "sl_send_repyl"`, "did you mean sl_send_reply (module sl)"},
		{"my file.cfg", 5, 8, 5, 12, "error", "route", "route[NOPE] is not defined", "write it: route[NOPE] { … }"},
	}
	if len(doc.Diagnostics) < 4 {
		t.Fatalf("only %d diagnostics", len(doc.Diagnostics))
	}
	for i, w := range want {
		if doc.Diagnostics[i] != w {
			t.Errorf("got %+v\nwant %+v", doc.Diagnostics[i], w)
		}
	}
	if last := doc.Diagnostics[len(doc.Diagnostics)-1]; last.Severity != "warning" || last.Rule != "unused" {
		t.Errorf("the last one is %+v", last)
	}
}

// The shape is that of the schema of SARIF 2.1.0: what it requires is there
// and nothing has another type.
func TestReportSARIF(t *testing.T) {
	status, out := report(t, "--format=sarif", "my file.cfg", "nothere.cfg")
	var doc struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						ShortDescription struct{ Text string }
					}
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID    string
				RuleIndex *int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	strict := json.NewDecoder(bytes.NewReader(out))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&doc); err != nil || status != 1 {
		t.Fatalf("status %d, %v", status, err)
	}
	if doc.Version != "2.1.0" || !strings.Contains(doc.Schema, "sarif-2.1.0") || len(doc.Runs) != 1 {
		t.Fatalf("the head is %+v", doc)
	}
	r := doc.Runs[0]
	if r.Tool.Driver.Name != "kahea" || r.ColumnKind != "unicodeCodePoints" || len(r.Results) < 4 {
		t.Errorf("the run is %+v", r)
	}
	for _, res := range r.Results {
		if res.RuleIndex == nil || r.Tool.Driver.Rules[*res.RuleIndex].ID != res.RuleID {
			t.Errorf("rule %s has no index of its own", res.RuleID)
		}
		if res.Level != "error" && res.Level != "warning" || res.Message.Text == "" || len(res.Locations) != 1 {
			t.Errorf("result %+v", res)
		}
	}
	first := r.Results[0].Locations[0].PhysicalLocation
	if first.ArtifactLocation.URI != "my%20file.cfg" || first.Region == nil || first.Region.StartLine != 4 || first.Region.StartColumn != 8 || first.Region.EndColumn != 13 {
		t.Errorf("the first result stands at %+v", first)
	}
	if last := r.Results[len(r.Results)-1]; last.Locations[0].PhysicalLocation.Region != nil {
		t.Errorf("a file that cannot be read has a place: %+v", last)
	}
}

func TestUnknownFormat(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"check", "--format=xml", "x.cfg"}, surroundings{stdout: &stdout, stderr: &stderr}); status != 1 || !strings.Contains(stderr.String(), "text, json, sarif") {
		t.Errorf("status %d, %s", status, &stderr)
	}
}
