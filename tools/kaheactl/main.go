// SPDX-License-Identifier: Apache-2.0

// Command kaheactl sends control commands to a running server.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
