// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/kahea-sip/kahea/core/module"
)

// The exit status.
const (
	statusOK    = 0
	statusFault = 1 // the server refused the command
	statusUsage = 2 // wrong input, or no server
)

const description = `Sends control commands to a running server and prints what they return.

  kaheactl ul.dump                     what is registered
  kaheactl cfg.set_now_int core debug 3
  kaheactl list ul.                    the commands that begin with ul.
  kaheactl db status --url sqlite:///etc/kamailio/kamailio.sqlite
  kaheactl user add alice@example.com  an account in the server's database

An argument that is a number is sent as one; s:5 sends the text 5. The exit
status is 1 when the server refuses the command, 2 when it is not reached.`

// cli is the command line.
type cli struct {
	URL     string        `name:"url" short:"s" env:"KAHEACTL_URL" default:"unixs:/run/kamailio/kamailio_ctl" help:"Where the server listens: unixs:PATH, unixd:PATH, tcp:HOST:PORT or udp:HOST:PORT (module ctl), json:PATH or json:udp:HOST:PORT (module jsonrpcs). For db and user also the URL of a database."`
	Output  string        `short:"o" enum:"table,json" default:"table" help:"Form of the output: table for people, json for programs."`
	Timeout time.Duration `default:"10s" help:"How long to wait for the server."`

	Run struct {
		Words []string `arg:"" name:"command" help:"Command and its arguments."`
	} `cmd:"" default:"withargs" hidden:"" help:"Send a command."`
	List struct {
		Prefix string `arg:"" optional:"" help:"Beginning of the names."`
	} `cmd:"" help:"List the commands that the server has."`
	Help struct {
		Command string `arg:"" optional:"" help:"Name of a command of the server."`
	} `cmd:"" help:"Say what a command does."`
	DB         databaseWords `cmd:"" name:"db" help:"Make, remove and check the tables of a database: that of --url mysql://USER:PASSWORD@HOST/NAME, postgres://USER:PASSWORD@HOST/NAME, sqlite:///PATH or text:///FOLDER, else that of the running server."`
	User       userWords     `cmd:"" help:"Work with the accounts of a database: that of --url, else that of the running server."`
	Completion struct {
		Shell string `arg:"" enum:"bash,zsh" help:"bash or zsh."`
	} `cmd:"" help:"Print a completion script for a shell."`
}

// run is the program; it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c cli
	exited := -1
	p, err := kong.New(&c, kong.Name("kaheactl"), kong.Description(description),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		fmt.Fprintln(stderr, "kaheactl:", err)
		return statusUsage
	}
	ctx, err := p.Parse(markWords(args))
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "kaheactl: %v\ntry: kaheactl --help\n", err)
		return statusUsage
	}
	err = c.do(ctx, stdin, stdout)
	var f *module.Fault
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errDiffers):
		return statusFault
	case errors.As(err, &f):
		fmt.Fprintf(stderr, "error: %d - %s\n", f.Code, strings.TrimRight(f.Text, "\n"))
		return statusFault
	}
	fmt.Fprintln(stderr, "kaheactl:", err)
	return statusUsage
}

// wordMark stands, while the command line is read, before what begins like a
// flag and is none: a negative number, and all that follows "--".
const wordMark = "\x00"

func markWords(args []string) []string {
	var out []string
	for i, a := range args {
		if a == "--" {
			for _, word := range args[i+1:] {
				out = append(out, wordMark+word)
			}
			return out
		}
		if len(a) > 1 && a[0] == '-' && (a[1] >= '0' && a[1] <= '9' || a[1] == '.') {
			a = wordMark + a
		}
		out = append(out, a)
	}
	return out
}

func (c *cli) do(ctx *kong.Context, stdin io.Reader, w io.Writer) error {
	words := strings.Fields(ctx.Command())
	switch words[0] {
	case "db":
		return c.doDatabase(context.Background(), words[1], stdin, w)
	case "user":
		return c.doUser(context.Background(), words[1], stdin, w)
	case "completion":
		_, err := io.WriteString(w, completion[c.Completion.Shell])
		return err
	case "help":
		if c.Help.Command == "" {
			return ctx.PrintUsage(false)
		}
		return c.send(w, "system.methodHelp", []string{"s:" + c.Help.Command})
	case "list":
		return c.list(w)
	}
	return c.send(w, c.Run.Words[0], c.Run.Words[1:])
}

func (c *cli) call(method string, args ...any) ([]any, error) {
	s, err := dial(c.URL, c.Timeout)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Call(method, args...)
}

func (c *cli) send(w io.Writer, method string, words []string) error {
	args := make([]any, len(words))
	for i, word := range words {
		args[i] = argument(strings.TrimPrefix(word, wordMark))
	}
	values, err := c.call(method, args...)
	if err != nil {
		return err
	}
	return c.print(w, values)
}

func (c *cli) list(w io.Writer) error {
	values, err := c.call("system.listMethods")
	if err != nil {
		return err
	}
	kept := module.List{}
	for _, v := range values {
		if s, ok := v.(string); ok && strings.HasPrefix(s, c.List.Prefix) {
			kept = append(kept, s)
		}
	}
	if c.Output == "json" {
		return c.print(w, []any{kept})
	}
	return c.print(w, kept)
}

func (c *cli) print(w io.Writer, values []any) error {
	if c.Output == "json" {
		return printJSON(w, values)
	}
	return printTable(w, values)
}
