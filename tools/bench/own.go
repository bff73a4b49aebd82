// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ownTraffic are the scenarios that the harness does not have, each with the one
// of the harness whose traffic it gets. Both servers take the configuration
// NAME.cfg of the folder Own.
var ownTraffic = map[string]string{"dialog": "call"}

// scenarios divides those whose costs are wanted into the harness's and our own.
func (v *versus) scenarios() (plain, own []string) {
	for name := range strings.SplitSeq(v.Scenario, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case ownTraffic[name] != "":
			own = append(own, name)
		default:
			plain = append(plain, name)
		}
	}
	return plain, own
}

// measureOwn compares the costs of a scenario of our own, and adds them to the
// raw results by its name.
func (v *versus) measureOwn(out io.Writer, name, server, raw string) error {
	cfg, err := filepath.Abs(filepath.Join(v.Own, name+".cfg"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(cfg); err != nil {
		return fmt.Errorf("the configuration of the scenario %s: %w", name, err)
	}
	theirs, err := v.referenceCommand()
	if err != nil {
		return err
	}
	results := filepath.Join(filepath.Dir(raw), name+".jsonl")
	if err := os.RemoveAll(results); err != nil {
		return err
	}
	defer os.Remove(results)
	with := strings.NewReplacer("{cfg}", cfg)
	fmt.Fprintf(out, "%s: the traffic of %s with %s\n", name, ownTraffic[name], cfg)
	err = v.run(out, append([]string{"--server-cmd", reference + "=" + with.Replace(theirs), "--server-cmd", ours + "=" + server + with.Replace(kaheaFlags),
		"--json", results}, v.costs(ownTraffic[name])...))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(results)
	if err != nil {
		return err
	}
	lines, err := renamed(text, name)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if err := keep(raw, line); err != nil {
			return err
		}
	}
	return nil
}

// referenceCommand is how the harness starts the reference.
func (v *versus) referenceCommand() (string, error) {
	file := filepath.Join(v.Bench, "servers", reference+".json")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var server struct {
		Cmd string `json:"cmd"`
	}
	if err := json.Unmarshal(text, &server); err != nil || server.Cmd == "" {
		return "", fmt.Errorf("%s does not say how to start it (%v)", file, err)
	}
	return server.Cmd, nil
}

// renamed gives all results in lines of JSON the name of a scenario.
func renamed(text []byte, name string) (lines []map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		var line map[string]any
		switch err := decoder.Decode(&line); err {
		case nil:
			line["scenario"] = name
			lines = append(lines, line)
		case io.EOF:
			return lines, nil
		default:
			return nil, err
		}
	}
}
