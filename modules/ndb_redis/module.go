// SPDX-License-Identifier: Apache-2.0

// Package ndb_redis lets scripts send commands to Redis servers.
package ndb_redis

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/redis/go-redis/v9/logging"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("ndb_redis", func() module.Module { return New() }) }

// Redis is the module.
type Redis struct {
	servers                      []*server // as parameters define them
	withoutRedis                 int
	connectTimeout, cmdTimeout   int
	cluster, dynamicNodes        int
	allowedTimeouts, disableTime int
	flush                        int
	caPath                       string

	host module.Host
	log  *slog.Logger

	mu    sync.RWMutex
	names []string           // of replies, whose places are their numbers; guarded by mu
	nodes map[string]*server // of a cluster, beside servers; guarded by mu
	own   sessions

	failed counter.Counter
}

// New returns the module with its defaults.
func New() *Redis {
	return &Redis{connectTimeout: 1000, cmdTimeout: 1000, allowedTimeouts: -1, nodes: map[string]*server{}}
}

var (
	_ module.Preparer = (*Redis)(nil)
	_ module.Starter  = (*Redis)(nil)
	_ module.Stopper  = (*Redis)(nil)
)

// Exports implements module.Module.
func (m *Redis) Exports() module.Exports {
	const everywhere = module.AnyRoute
	srv := module.Arg{Name: "srvname", Doc: "name of the server"}
	send := []module.Arg{srv,
		{Name: "command", Literal: true, Compile: compileCommand, Doc: "the command; a variable in it is one argument, `%s` one of those that follow"},
		{Name: "arg1", Doc: "value of the first `%s`; the last argument of all is the name of the reply"},
		{Name: "arg2", Optional: true, Doc: "value of the second `%s`"},
		{Name: "arg3", Optional: true, Doc: "value of the third `%s`"},
		{Name: "replyid", Optional: true, Doc: "name of the reply"},
	}
	return module.Exports{
		Doc: "Sends commands to Redis servers and gives their replies to the script.",
		Params: []module.Param{
			{Name: "server", Set: m.addServer, Doc: "a server, may be set several times: `name=srv;addr=127.0.0.1;port=6379;db=0;pass=…`, `name=srv;unix=/path` or `name=srv;sentinel_group=name;sentinel_master=1;sentinel=host:port;sentinel=host:port`, where sentinel_master=0 chooses a replica; `tls=1` speaks TLS"},
			{Name: "ca_path", Set: &m.caPath, Doc: "file with the certificates of the authorities of servers with tls, or a folder with such files; empty for those of the system"},
			{Name: "init_without_redis", Set: &m.withoutRedis, Min: 0, Max: 1, Doc: "1 starts although a server cannot be reached"},
			{Name: "connect_timeout", Set: &m.connectTimeout, Min: 1, Max: 1 << 31, Unit: "ms", Doc: "how long to wait for a connection"},
			{Name: "cmd_timeout", Set: &m.cmdTimeout, Min: 1, Max: 1 << 31, Unit: "ms", Doc: "how long to wait for a reply"},
			{Name: "cluster", Set: &m.cluster, Min: 0, Max: 1, Doc: "1 follows MOVED and ASK to the server that is named `address:port`"},
			{Name: "allow_dynamic_nodes", Set: &m.dynamicNodes, Min: 0, Max: 1, Doc: "1 follows them also to servers that no parameter names, with the password of the one that sent the reply"},
			{Name: "allowed_timeouts", Set: &m.allowedTimeouts, Min: -1, Max: 1 << 31, Doc: "how many commands one after the other may fail before the server is left alone for disable_time; -1 for any number"},
			{Name: "disable_time", Set: &m.disableTime, Min: 0, Max: 1 << 31, Unit: "s", Doc: "how long such a server is left alone"},
			{Name: "flush_on_reconnect", Set: &m.flush, Min: 0, Max: 1, Doc: "1 sends FLUSHALL before the next command after one that failed: all data of the server is deleted"},
		},
		Functions: []module.Function{
			{Name: "redis_cmd", Outside: true, Args: send, Routes: everywhere, Run: m.cmd, Prepare: prepareCommand, Lua: "-",
				Doc: "Sends a command and keeps the reply for `$redis`. False where the server cannot be reached, does not answer in time or answers with an error; -2 while it is left alone (allowed_timeouts)."},
			{Name: "redis_pipe_cmd", Args: send, Routes: everywhere, Run: m.pipe, Prepare: prepareCommand, Lua: "-",
				Doc: "Keeps a command for redis_execute, at most 1000 for a server. False with cluster=1."},
			{Name: "redis_execute", Outside: true, Args: []module.Arg{srv}, Routes: everywhere, Run: m.execute, Lua: "-",
				Doc: "Sends what redis_pipe_cmd has kept together and keeps the replies. False where there is nothing, with cluster=1, and as redis_cmd; a reply that is an error is no failure."},
			{Name: "redis_free", Args: []module.Arg{{Name: "replyid", Doc: "name of the reply"}}, Routes: everywhere, Run: m.free,
				Doc: "Forgets a reply. False where no command has that name for its reply."},
		},
		Lua: m.lua(),
		Variables: []module.Variable{
			{Name: "redis", Bind: m.bindReply, Doc: "$redis(replyid=>key): type; value; info, the text of a string, a status or an error; size of an array; type[n] and value[n] of its elements, value[n]=>key where an element is an array. n may be a variable"},
			{Name: "redisd", Bind: bindType, Doc: "$redisd(key): the types that $redis(replyid=>type) has: rpl_str, rpl_arr, rpl_int, rpl_nil, rpl_sts, rpl_err"},
		},
		Counters: []counter.Entry{
			{Name: "failed", Counter: &m.failed, Doc: "commands that no server has answered"},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Redis) Prepare(module.Binder) error {
	if m.dynamicNodes != 0 && m.cluster == 0 {
		return errors.New("ndb_redis: allow_dynamic_nodes needs cluster")
	}
	return nil
}

// Start implements module.Starter.
func (m *Redis) Start(ctx context.Context, h module.Host) error {
	logging.Disable() // the library prints what errors say too
	m.host, m.log = h, h.Log().With("module", "ndb_redis")
	for _, s := range m.servers {
		if err := s.open(m); err != nil {
			return errors.Join(err, m.Stop(ctx))
		}
	}
	for _, s := range m.servers {
		err := s.ping(ctx)
		if err != nil && m.withoutRedis == 0 {
			return errors.Join(err, m.Stop(ctx))
		}
		if err != nil {
			m.log.Error("a Redis is not there: it is tried again with each command", "server", s.name, "err", err)
		}
	}
	return nil
}

// Stop implements module.Stopper.
func (m *Redis) Stop(context.Context) error {
	errs := []error{m.own.close()}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.servers {
		errs = append(errs, s.close())
	}
	for _, s := range m.nodes {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}
