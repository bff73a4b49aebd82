// SPDX-License-Identifier: Apache-2.0

package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// maxOutput is how much of what a program writes is kept, in bytes.
const maxOutput = 64 << 10

var (
	errTime     = errors.New("the program ran too long and was killed")
	errNoURI    = errors.New("the program wrote no URI")
	errURI      = errors.New("what the program wrote is no URI")
	errBranches = errors.New("too many branches")
)

// output keeps the beginning of what is written to it.
type output struct{ kept bytes.Buffer }

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.kept.Write(b[:min(len(b), maxOutput-o.kept.Len())])
	return len(b), nil
}

// run runs a command while another worker takes the place of this one. What it wrote is returned line by line, without empty lines.
func (e *Exec) run(c *module.Call, command, input string, env []string) (lines []string, err error) {
	var out output
	c.Block(func() { err = e.shell(c.Context(), command, input, env, &out) })
	e.runs.Inc()
	if err != nil {
		e.failed.Inc()
		return nil, fmt.Errorf("%.100q: %w", command, err)
	}
	for line := range strings.SplitSeq(out.kept.String(), "\n") {
		if line = strings.TrimRight(line, "\r"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// shell runs a command of the shell in a group of its own, so that what it has started ends with it.
func (e *Exec) shell(ctx context.Context, command, input string, env []string, out *output) error {
	if e.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(e.limit)*time.Second)
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Stdin, cmd.Stdout = strings.NewReader(input), out
	err := cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.expired.Inc()
		return errTime
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // the program did not want to read all
	}
	return err
}

// quote makes one word for the shell of a text, whatever is in it.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// destinations is exec_dset(command).
func (e *Exec) destinations(c *module.Call, a module.Args) module.Result {
	lines, err := e.run(c, a.Str(0)+" "+quote(c.Target.URI), "", e.environment(c))
	if err == nil && len(lines) == 0 {
		err = errNoURI
	}
	for _, l := range lines {
		if _, bad := sip.ParseURI(l); bad != nil && err == nil {
			err = errURI
		}
	}
	if max := c.Host.Core().MaxBranches; err == nil && max > 0 && len(c.Branches)+len(lines) > max {
		err = errBranches
	}
	if err != nil {
		return c.Fail("exec_dset", err)
	}
	c.Target.URI = c.Keep(lines[0])
	for _, l := range lines[1:] {
		c.Branches = append(c.Branches, transaction.Target{URI: c.Keep(l), Q: transaction.QUnset})
	}
	return module.True
}

// message is exec_msg(command).
func (e *Exec) message(c *module.Call, a module.Args) module.Result {
	if _, err := e.run(c, a.Str(0), string(c.Msg.Raw()), e.environment(c)); err != nil {
		return c.Fail("exec_msg", err)
	}
	return module.True
}

// command is exec_cmd(command).
func (e *Exec) command(c *module.Call, a module.Args) module.Result {
	if _, err := e.run(c, a.Str(0), "", nil); err != nil {
		return c.Fail("exec_cmd", err)
	}
	return module.True
}

// attributes is exec_avp(command, avplist).
func (e *Exec) attributes(c *module.Call, a module.Args) module.Result {
	lines, err := e.run(c, a.Str(0), "", e.environment(c))
	if err != nil {
		return c.Fail("exec_avp", err)
	}
	if !a[1].Given {
		for i, l := range lines {
			c.AVPs.Add(fmt.Sprint("i:", i+1), avp.String(c.Keep(l)))
		}
		return module.True
	}
	for i, v := range e.lists[a.Str(1)] {
		if i == len(lines) {
			break
		}
		if err := v.Set(c, module.Index{}, avp.String(c.Keep(lines[i]))); err != nil {
			return c.Fail("exec_avp", err)
		}
	}
	return module.True
}

// environment is the message as environment variables.
func (e *Exec) environment(c *module.Call) []string {
	if e.setVars == 0 {
		return nil
	}
	m := c.Msg
	env := []string{"SIP_RURI=" + safe(c.Target.URI), "SIP_ORURI=" + safe(m.RequestURI), "SIP_USER=" + safe(userOf(c.Target.URI)), "SIP_OUSER=" + safe(userOf(m.RequestURI)),
		"SIP_SRCIP=" + sip.AddrText(c.Packet.Src.Addr().Unmap()), "SIP_TID=" + safe(branchOf(m)), "SIP_DID=" + safe(toTagOf(m))}
	place := map[string]int{}
	for i := range m.NumHeaders() {
		h := m.Header(i)
		name := variable(h.Name)
		if at, ok := place[name]; ok {
			env[at] += "," + safe(h.Value)
			continue
		}
		place[name] = len(env)
		env = append(env, "SIP_HF_"+name+"="+safe(h.Value))
	}
	return env
}

// short are the names that one letter stands for (RFC 3261 7.3.3 and others).
var short = map[string]string{"V": "VIA", "F": "FROM", "T": "TO", "M": "CONTACT", "I": "CALLID", "CALL_ID": "CALLID", "C": "CONTENT_TYPE", "L": "CONTENT_LENGTH", "S": "SUBJECT", "K": "SUPPORTED", "E": "CONTENT_ENCODING"}

// variable is the name of a field as part of the name of a variable.
func variable(name string) string {
	up := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	if long, ok := short[up]; ok {
		return long
	}
	return up
}

// safe takes out what no variable may have.
func safe(text string) string { return strings.ReplaceAll(text, "\x00", "") }

func userOf(uri string) string {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return ""
	}
	return u.User
}

func branchOf(m *sip.Message) string {
	v, err := m.Via(0)
	if err != nil {
		return ""
	}
	return v.Branch
}

func toTagOf(m *sip.Message) string {
	to, err := m.To()
	if err != nil {
		return ""
	}
	return to.Tag()
}
