// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

func TestStock(t *testing.T) {
	files, _ := filepath.Glob("/work/shared/data/stock/*.cfg")
	files = append(files, "/etc/kamailio/kamailio.cfg")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Skip("no stock configuration here")
		}
		tree, r := ParseFile("kamailio.cfg", preproc.Options{Reader: source.Memory{"kamailio.cfg": string(b)}})
		if r.Errors.Len() > 0 {
			t.Error(f)
			r.Errors.Format(os.Stderr)
		}
		t.Log(f, len(tree.Items), len(tree.Routes()))
	}
}

func TestDump(t *testing.T) {
	f := os.Getenv("DUMP")
	if f == "" {
		t.Skip()
	}
	tree, r := ParseFile(f, preproc.Options{})
	r.Errors.Format(os.Stdout)
	for _, w := range r.Errors.Warnings() {
		w.Format(os.Stdout, r.Errors.Files)
	}
	Format(os.Stdout, tree)
}
