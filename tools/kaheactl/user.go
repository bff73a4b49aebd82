// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
)

// userWords are those of kaheactl user.
type userWords struct {
	Table string `default:"subscriber" help:"Table of the accounts."`
	Add   struct {
		User     string `arg:"" help:"USER@DOMAIN"`
		Password string `arg:"" optional:"" help:"Password; read from the input without it."`
		HashOnly bool   `help:"Keep the hashes and not the password: the configuration has calculate_ha1 0 then."`
	} `cmd:"" help:"Add an account."`
	Passwd struct {
		User     string `arg:"" help:"USER@DOMAIN"`
		Password string `arg:"" optional:"" help:"Password; read from the input without it."`
		HashOnly bool   `help:"Keep the hashes and not the password."`
	} `cmd:"" help:"Change the password of an account."`
	Rm struct {
		User string `arg:"" help:"USER@DOMAIN"`
	} `cmd:"" help:"Remove an account."`
	List struct {
		User string `arg:"" optional:"" help:"USER@DOMAIN, or @DOMAIN for all of a domain."`
	} `cmd:"" help:"List the accounts."`
}

// account is a row of the table subscriber.
type account struct{ user, domain string }

// parseAccount reads USER@DOMAIN, also with sip: before it.
func parseAccount(text string) (account, error) {
	user, domain, ok := strings.Cut(strings.TrimPrefix(text, "sip:"), "@")
	if !ok || user == "" || domain == "" || strings.ContainsAny(domain, "@ :") {
		return account{}, fmt.Errorf("%q is not of the form USER@DOMAIN", text)
	}
	return account{user, domain}, nil
}

func (a account) String() string { return a.user + "@" + a.domain }

func (a account) where() []db.Cond {
	return []db.Cond{db.Is("username", a.user), db.Is("domain", a.domain)}
}

// secrets returns the columns of a password: itself, the hash of RFC 2617 and
// that for phones which write the domain behind their user name.
func (a account) secrets(password string, hashOnly bool) []db.Set {
	ha1 := digest.MD5.HA1(a.user, a.domain, password)
	ha1b := digest.MD5.HA1(a.String(), a.domain, password)
	if hashOnly {
		password = ""
	}
	return []db.Set{{Column: "password", Value: password}, {Column: "ha1", Value: ha1.String()}, {Column: "ha1b", Value: ha1b.String()}}
}

// doUser is kaheactl user.
func (c *cli) doUser(ctx context.Context, word string, stdin io.Reader, w io.Writer) (err error) {
	u, err := c.databaseURL()
	if err != nil {
		return err
	}
	d, err := open(ctx, u)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	switch word {
	case "add":
		return c.addUser(ctx, d, stdin, w)
	case "passwd":
		return c.changeUser(ctx, d, stdin, w)
	case "rm":
		return c.removeUser(ctx, d)
	}
	return c.listUsers(ctx, d, w)
}

func (c *cli) addUser(ctx context.Context, d db.Operations, stdin io.Reader, w io.Writer) error {
	a, err := parseAccount(c.User.Add.User)
	if err != nil {
		return err
	}
	password, err := readPassword(c.User.Add.Password, stdin, w)
	if err != nil {
		return err
	}
	if known, err := db.Rows(ctx, d, db.Query{Table: c.User.Table, Columns: []string{"username"}, Where: a.where(), Limit: 1}); err != nil || len(known) > 0 {
		return errors.Join(err, exists(a, len(known)))
	}
	columns, row := []string{"username", "domain"}, []db.Value{a.user, a.domain}
	for _, s := range a.secrets(password, c.User.Add.HashOnly) {
		columns, row = append(columns, s.Column), append(row, s.Value)
	}
	if err = d.Insert(ctx, c.User.Table, columns, row); errors.Is(err, db.ErrDuplicate) {
		return exists(a, 1)
	}
	return err
}

func exists(a account, n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%s exists already", a)
}

func (c *cli) changeUser(ctx context.Context, d db.Operations, stdin io.Reader, w io.Writer) error {
	a, err := parseAccount(c.User.Passwd.User)
	if err != nil {
		return err
	}
	password, err := readPassword(c.User.Passwd.Password, stdin, w)
	if err != nil {
		return err
	}
	n, err := d.Update(ctx, c.User.Table, a.secrets(password, c.User.Passwd.HashOnly), a.where())
	return a.found(n, err)
}

func (c *cli) removeUser(ctx context.Context, d db.Operations) error {
	a, err := parseAccount(c.User.Rm.User)
	if err != nil {
		return err
	}
	n, err := d.Delete(ctx, c.User.Table, a.where())
	return a.found(n, err)
}

func (a account) found(n int64, err error) error {
	if err == nil && n == 0 {
		return fmt.Errorf("there is no account %s", a)
	}
	return err
}

func (c *cli) listUsers(ctx context.Context, d db.Operations, w io.Writer) error {
	q := db.Query{Table: c.User.Table, Columns: []string{"username", "domain"}, OrderBy: "domain, username"}
	if text := c.User.List.User; text != "" {
		user, domain, ok := strings.Cut(strings.TrimPrefix(text, "sip:"), "@")
		if !ok {
			return fmt.Errorf("%q is not of the form USER@DOMAIN", text)
		}
		q.Where = account{user, domain}.where()
		if user == "" {
			q.Where = q.Where[1:]
		}
	}
	rows := module.List{}
	err := d.Select(ctx, q, func(row []db.Value) error {
		rows = append(rows, (&module.Struct{}).Add("username", db.Text(row[0])).Add("domain", db.Text(row[1])))
		return nil
	})
	if err != nil {
		return err
	}
	return c.print(w, []any{rows})
}

// readPassword returns the password, from the first line of the input where the
// command line has none. A terminal does not show it.
func readPassword(given string, stdin io.Reader, w io.Writer) (string, error) {
	if given != "" {
		return given, nil
	}
	fmt.Fprint(w, "Password: ")
	defer hideInput(stdin)()
	line, err := bufio.NewReader(stdin).ReadString('\n')
	fmt.Fprintln(w)
	if password := strings.TrimRight(line, "\r\n"); password != "" {
		return password, nil
	}
	if err == nil || err == io.EOF {
		err = errors.New("the password is empty")
	}
	return "", err
}
