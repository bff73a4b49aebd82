// SPDX-License-Identifier: Apache-2.0

package ndb_redis

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/kahea-sip/kahea/core/module"
)

// disabled is the result of a function while the server is left alone.
const disabled module.Result = -2

// Bounds: of commands that wait for redis_execute, and of redirections.
const (
	maxPiped = 1000
	maxMoved = 5
)

var (
	errPiped   = errors.New("1000 commands wait already: redis_execute sends them")
	errCluster = errors.New("commands are not sent together with cluster=1")
	errNothing = errors.New("no commands wait: redis_pipe_cmd adds them")
	errNode    = errors.New("no parameter server names the node of the cluster, see allow_dynamic_nodes")
)

// request is a command of a script on its way.
type request struct {
	s     *server
	words []string
	reply int // number of the reply's name
}

// request reads the arguments of a function.
func (m *Redis) request(c *module.Call, a module.Args) (r request, err error) {
	cmd, ok := a[1].Data.(*command)
	if !ok {
		return r, errCommand
	}
	last := 2
	for last+1 < len(a) && a[last+1].Given {
		last++
	}
	var args []string
	for _, v := range a[2:last] {
		args = append(args, text(v.Value))
	}
	return m.newRequest(c, a.Str(0), cmd, args, text(a[last].Value))
}

func (m *Redis) newRequest(c *module.Call, name string, cmd *command, args []string, id string) (r request, err error) {
	if r.s = m.server(name); r.s == nil {
		return r, errServer
	}
	if r.words, err = cmd.build(c, args); err != nil {
		return r, err
	}
	r.reply, err = m.reply(id)
	return r, err
}

// text is a value as an argument of a command.
func text(v module.Value) string { return string(v.AppendText(nil)) }

// cmd is redis_cmd(srvname, command, ..., replyid).
func (m *Redis) cmd(c *module.Call, a module.Args) module.Result {
	r, err := m.request(c, a)
	if err != nil {
		return c.Fail("redis_cmd", err)
	}
	return m.send(c, r)
}

func (m *Redis) send(c *module.Call, r request) module.Result {
	st := m.state(c)
	if len(st.piped[r.s]) > 0 {
		c.Log().Warn("redis_cmd sends what redis_pipe_cmd has kept: call redis_execute before", "server", r.s.name)
		m.sendPiped(c, r.s)
	}
	*st.of(r.reply) = reply{}
	var got reply
	var err error
	c.Block(func() { got, err = m.ask(c.Context(), c, r) })
	if err == nil {
		*st.of(r.reply) = got
		if got.kind == kindError {
			err = errors.New("Redis error: " + got.text)
		}
	}
	return outcome(c, "redis_cmd", err)
}

func outcome(c *module.Call, function string, err error) module.Result {
	switch {
	case err == nil:
		return module.True
	case errors.Is(err, errDisabled):
		return disabled
	}
	return c.Fail(function, err)
}

// ask sends a command, with cluster=1 to where the replies point.
func (m *Redis) ask(ctx context.Context, c *module.Call, r request) (reply, error) {
	client, done := m.client(c, r)
	defer done()
	commands := [][]string{r.words}
	for s, hops := r.s, 0; ; hops++ {
		replies, err := s.run(ctx, client, commands)
		if err != nil {
			return reply{}, err
		}
		got := replies[len(replies)-1]
		to, asking, ok := moved(got)
		if !ok || m.cluster == 0 || hops == maxMoved {
			return got, nil
		}
		if s, err = m.node(to, s); err != nil {
			return reply{}, err
		}
		client, commands = s.client, [][]string{r.words}
		if asking {
			commands = [][]string{{"ASKING"}, r.words}
		}
	}
}

// moved reads the errors by which a cluster names the node that has a key.
func moved(r reply) (to string, asking, ok bool) {
	if r.kind != kindError {
		return "", false, false
	}
	f := strings.Fields(r.text)
	if len(f) != 3 || f[0] != "MOVED" && f[0] != "ASK" {
		return "", false, false
	}
	return f[2], f[0] == "ASK", true
}

// node finds the node of a cluster, or makes it.
func (m *Redis) node(address string, from *server) (*server, error) {
	is := func(s *server) bool { return s.name == address || s.unix == "" && s.address() == address }
	if i := slices.IndexFunc(m.servers, is); i >= 0 {
		return m.servers[i], nil
	}
	host, port, err := net.SplitHostPort(address)
	if m.dynamicNodes == 0 || err != nil {
		return nil, errNode
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.nodes[address]; s != nil {
		return s, nil
	}
	s := &server{name: strings.Clone(address), addr: strings.Clone(host), port: strings.Clone(port), password: from.password, tls: from.tls}
	if err := s.open(m); err != nil {
		return nil, err
	}
	m.nodes[s.name] = s
	return s, nil
}

// pipe is redis_pipe_cmd(srvname, command, ..., replyid).
func (m *Redis) pipe(c *module.Call, a module.Args) module.Result {
	r, err := m.request(c, a)
	st := m.state(c)
	switch {
	case m.cluster != 0:
		err = errCluster
	case err == nil && len(st.piped[r.s]) >= maxPiped:
		err = errPiped
	}
	if err != nil {
		return c.Fail("redis_pipe_cmd", err)
	}
	for i := range r.words {
		r.words[i] = strings.Clone(r.words[i])
	}
	if st.piped == nil {
		st.piped = map[*server][]request{}
	}
	st.piped[r.s] = append(st.piped[r.s], r)
	return module.True
}

// execute is redis_execute(srvname).
func (m *Redis) execute(c *module.Call, a module.Args) module.Result {
	s := m.server(a.Str(0))
	var err error
	switch {
	case s == nil:
		err = errServer
	case m.cluster != 0:
		err = errCluster
	case len(m.state(c).piped[s]) == 0:
		err = errNothing
	}
	if err != nil {
		return c.Fail("redis_execute", err)
	}
	return m.sendPiped(c, s)
}

// sendPiped sends what waits. It is gone afterwards, answered or not.
func (m *Redis) sendPiped(c *module.Call, s *server) module.Result {
	st := m.state(c)
	waiting := st.piped[s]
	delete(st.piped, s)
	commands := make([][]string, len(waiting))
	for i, r := range waiting {
		commands[i] = r.words
		*st.of(r.reply) = reply{}
	}
	var replies []reply
	var err error
	c.Block(func() {
		// What changes the connection does so for these commands only.
		client, done := m.client(c, waiting...)
		defer done()
		replies, err = s.run(c.Context(), client, commands)
	})
	for i := range replies {
		*st.of(waiting[i].reply) = replies[i]
	}
	return outcome(c, "redis_execute", err)
}

// free is redis_free(replyid).
func (m *Redis) free(c *module.Call, a module.Args) module.Result {
	number, known := m.known(a.Str(0))
	if !known {
		return module.False
	}
	*m.state(c).of(number) = reply{}
	return module.True
}

// client returns the client for commands: that which all share, or one of the
// script's own, whose connection keeps what MULTI, WATCH or SELECT have set.
func (m *Redis) client(c *module.Call, requests ...request) (_ *redis.Client, done func()) {
	return m.own.client(m.state(c), c.Serial, requests)
}
