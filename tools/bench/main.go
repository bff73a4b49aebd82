// SPDX-License-Identifier: Apache-2.0

// Bench holds the benchmarks to a stored baseline and writes the comparison with
// Kamailio into docs/performance.md.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

type words struct {
	Compare compare `cmd:"" help:"Fail where benchmarks need more memory than in a baseline."`
	Versus  versus  `cmd:"" help:"Run the harness against Kamailio and write its tables."`
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run carries a command line out.
func run(args []string, out io.Writer) error {
	p, err := kong.New(&words{}, kong.Name("bench"), kong.Description("Benchmarks against a baseline and against Kamailio."), kong.BindTo(out, (*io.Writer)(nil)))
	if err != nil {
		return err
	}
	c, err := p.Parse(args)
	if err != nil {
		return err
	}
	return c.Run()
}
