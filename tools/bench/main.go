// SPDX-License-Identifier: Apache-2.0

// Bench holds the benchmarks to a stored baseline and writes the comparison with
// Kamailio into docs/performance.md.
package main

import (
	"os"

	"github.com/alecthomas/kong"
)

type words struct {
	Compare compare `cmd:"" help:"Fail where benchmarks need more memory than in a baseline."`
	Versus  versus  `cmd:"" help:"Run the harness against Kamailio and write its tables."`
}

func main() {
	c := kong.Parse(&words{}, kong.Name("bench"), kong.Description("Benchmarks against a baseline and against Kamailio."))
	c.FatalIfErrorf(c.Run(os.Stdout))
}
