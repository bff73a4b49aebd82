// SPDX-License-Identifier: Apache-2.0

package settings

import "time"

const anyNegative = -1 << 31

var processParams = []Param{
	{Name: "shm_mem_size", Aliases: []string{"shm", "shm_mem"}, Type: Int, Max: 1 << 30, Default: "0", UnitName: "megabytes", Doc: "memory for transactions; 0 is half of the container's, else of the machine's", at: func(s *Settings) any { return &s.SharedMemory }},
	{Name: "children", Type: Int, Max: 10000, Default: "8", Doc: "workers per UDP socket", at: func(s *Settings) any { return &s.Children }},
	{Name: "socket_workers", Type: Int, Max: 10000, Default: "0", Doc: "workers of the listen that follows, instead of children", at: func(s *Settings) any { return &s.socketWorkers }},
	{Name: "fork", Type: Bool, Default: "yes", Doc: "run with workers in the background", at: func(s *Settings) any { return &s.Process.Fork }},
	{Name: "user", Aliases: []string{"uid"}, Type: Name, Doc: "user to change to", at: func(s *Settings) any { return &s.Process.User }},
	{Name: "group", Aliases: []string{"gid"}, Type: Name, Doc: "group to change to", at: func(s *Settings) any { return &s.Process.Group }},
	{Name: "chroot", Type: Name, Doc: "folder that becomes the root before the process changes its user", at: func(s *Settings) any { return &s.Process.Chroot }},
	{Name: "workdir", Aliases: []string{"wdir"}, Type: Name, Doc: "folder to change to", at: func(s *Settings) any { return &s.Process.WorkDir }},
	{Name: "rundir", Aliases: []string{"run_dir"}, Type: Name, Default: "/run/kamailio", Doc: "folder of control sockets and FIFOs", at: func(s *Settings) any { return &s.Process.RunDir }},
	{Name: "exit_timeout", Aliases: []string{"ser_kill_timeout"}, Type: Int, Unit: time.Second, UnitName: "seconds", Default: "60", Doc: "how long a stop may take, 0 for no limit", at: func(s *Settings) any { return &s.Process.ExitTimeout }},
	{Name: "open_files_limit", Type: Int, Default: "0", Doc: "files that may be open, 0 for the system's limit", at: func(s *Settings) any { return &s.Process.OpenFiles }},
	{Name: "server_id", Type: Int, Default: "0", Doc: "number of this server among several", at: func(s *Settings) any { return &s.Process.ServerID }},
	{Name: "disable_core_dump", Type: Bool, Default: "no", Doc: "write no core file", at: func(s *Settings) any { return &s.Process.DisableCoreDump }},
	{Name: "verbose_startup", Type: Bool, Default: "no", Doc: "log the steps of the start", at: func(s *Settings) any { return &s.Process.VerboseStartup }},
	{Name: "version_table", Type: Text, Default: "version", Doc: "database table with the versions of the others", at: func(s *Settings) any { return &s.Process.VersionTable }},
	{Name: "stats_name_separator", Type: Text, Default: "_", Doc: "sign between the parts of the names of counters of tables", at: func(s *Settings) any { return &s.Process.StatsSeparator }},
}

var logParams = []Param{
	{Name: "debug", Type: Int, Min: anyNegative, Max: 100, Default: "0", Doc: "log level: 3 debug, 2 info, 1 notice, 0 warning, -1 error, -2 critical, -3 alert", at: func(s *Settings) any { return &s.Log.Debug }},
	{Name: "log_stderror", Type: Bool, Default: "no", Doc: "log to standard error instead of syslog", at: func(s *Settings) any { return &s.Log.Stderr }},
	{Name: "log_facility", Type: Word, Default: "LOG_DAEMON", Doc: "syslog facility", at: func(s *Settings) any { return &s.Log.Facility }},
	{Name: "log_name", Type: Text, Doc: "program name in syslog", at: func(s *Settings) any { return &s.Log.Name }},
	{Name: "log_prefix", Type: Text, Doc: "format string before every log line of a message", at: func(s *Settings) any { return &s.Log.Prefix }},
	{Name: "log_prefix_mode", Type: Int, Max: 1, Default: "0", Status: NoMeaning, Doc: "0 evaluates log_prefix once per message, 1 at every line"},
	{Name: "log_color", Type: Bool, Default: "no", Doc: "colours on standard error", at: func(s *Settings) any { return &s.Log.Color }},
	{Name: "log_engine_type", Type: Text, Doc: "form of the log: json, or empty for lines of text", at: func(s *Settings) any { return &s.Log.EngineType }},
	{Name: "log_engine_data", Type: Text, Doc: "flags of json: a names with kamailio. before them, c the Call-ID, j prefix and text as objects, M no line end in the text, N none behind the object, p log_prefix as fields, U Common Event Expression", at: func(s *Settings) any { return &s.Log.EngineData }},
	{Name: "corelog", Aliases: []string{"core_log"}, Type: Int, Min: anyNegative, Max: 100, Default: "-1", Status: NoMeaning, Doc: "level of reports of network errors"},
	{Name: "sip_parser_log", Type: Int, Min: anyNegative, Max: 100, Default: "-1", Status: NoMeaning, Doc: "level of reports of messages that cannot be parsed"},
	{Name: "sip_parser_log_oneline", Type: Int, Min: anyNegative, Max: 1 << 30, Default: "0", Status: NoMeaning, Doc: "1 keeps such a report in one line"},
	{Name: "latency_cfg_log", Type: Int, Min: anyNegative, Max: 100, Default: "3", Doc: "level of reports of how long request_route and reply_route took", at: func(s *Settings) any { return &s.Script.LatencyLevel }},
	{Name: "latency_log", Type: Int, Min: anyNegative, Max: 100, Default: "-1", Doc: "level of reports of slow actions and queries", at: func(s *Settings) any { return &s.Script.SlowLevel }},
	{Name: "latency_limit_action", Type: Int, Unit: time.Microsecond, UnitName: "microseconds", Default: "0", Doc: "time above which an action is reported, 0 for never", at: func(s *Settings) any { return &s.Script.SlowAction }},
	{Name: "latency_limit_db", Type: Int, Unit: time.Microsecond, UnitName: "microseconds", Default: "0", Doc: "time above which a query of a database is reported, at the level latency_log, 0 for never", at: func(s *Settings) any { return &s.Script.SlowQuery }},
	{Name: "latency_limit_cfg", Type: Int, Unit: time.Microsecond, UnitName: "microseconds", Default: "0", Doc: "time below which latency_cfg_log tells nothing", at: func(s *Settings) any { return &s.Script.LatencyLimit }},
}

var scriptParams = []Param{
	{Name: "max_branches", Type: Int, Min: 1, Max: 30, Default: "12", Doc: "outgoing branches of one request", at: func(s *Settings) any { return &s.Script.MaxBranches }},
	{Name: "max_while_loops", Type: Int, Default: "100", Doc: "rounds of a while, 0 for no limit", at: func(s *Settings) any { return &s.Script.MaxWhileLoops }},
	{Name: "max_recursive_level", Type: Int, Max: 100000, Default: "256", Doc: "how deep routes may call each other", at: func(s *Settings) any { return &s.Script.MaxRecursion }},
	{Name: "pv_buffer_size", Type: Int, Max: 1 << 24, UnitName: "bytes", Default: "8192", Status: NoMeaning, Doc: "longest text that a format string may make"},
	{Name: "route_locks_size", Type: Int, Default: "0", Doc: "locks by Call-ID: messages of one call are handled one after the other; 0 for none", at: func(s *Settings) any { return &s.Script.RouteLocks }},
	{Name: "onsend_route_reply", Type: Bool, Default: "no", Doc: "run onsend_route for replies that are passed on", at: func(s *Settings) any { return &s.Script.OnSendReplies }},
	{Name: "received_route_mode", Type: Int, Min: anyNegative, Max: 1, Default: "0", Doc: "1 runs event_route[core:msg-received]", at: func(s *Settings) any { return &s.Script.ReceivedRoute }},
	{Name: "force_rport", Aliases: []string{"add_rport"}, Type: Bool, Default: "no", Doc: "send every reply to where its request came from", at: func(s *Settings) any { return &s.Script.ForceRPort }},
	{Name: "local_rport", Type: Bool, Default: "no", Doc: "add rport to the local Via", at: func(s *Settings) any { return &s.Script.LocalRPort }},
	{Name: "reply_to_via", Type: Bool, Default: "no", Doc: "send replies that are made here to the address in Via", at: func(s *Settings) any { return &s.Script.ReplyToVia }},
	{Name: "check_via", Type: Bool, Default: "no", Doc: "drop replies whose topmost Via is not ours", at: func(s *Settings) any { return &s.Script.CheckVia }},
	{Name: "phone2tel", Type: Bool, Default: "yes", Doc: "0 reads the parameters of a number, in URIs with user=phone, as part of the user", at: func(s *Settings) any { return &s.Script.PhoneToTel }},
	{Name: "http_reply_parse", Aliases: []string{"http_reply_hack"}, Type: Bool, Default: "no", Doc: "take replies of HTTP as replies", at: func(s *Settings) any { return &s.Script.HTTPReplies }},
	{Name: "uri_host_extra_chars", Type: Text, Doc: "signs that hosts of URIs and Vias may have besides letters, digits, \"-\", \".\" and \"_\"", at: func(s *Settings) any { return &s.Script.HostChars }},
	{Name: "hdr_name_extra_chars", Type: Text, Status: NoMeaning, Doc: "signs allowed in names of headers; all are"},
	{Name: "sip_parser_mode", Type: Int, Min: anyNegative, Max: 1, Default: "1", Status: NoMeaning, Doc: "1 refuses messages with From, To, Call-ID or CSeq twice; they always are, with 400"},
	{Name: "xavp_via_params", Type: Text, Doc: "list whose fields via_add_xavp_params adds to the own Via", at: func(s *Settings) any { return &s.Script.ViaParams }},
	{Name: "xavp_via_fields", Type: Text, Doc: "list from which via_use_xavp_fields takes address and port of the own Via", at: func(s *Settings) any { return &s.Script.ViaFields }},
	{Name: "ipv6_hex_style", Type: Text, Default: "c", Doc: `how IPv6 addresses are written: "c" compact, "a" full, "A" full in capitals`, at: func(s *Settings) any { return &s.Script.IPv6Style }},
	{Name: "server_signature", Type: Bool, Default: "yes", Doc: "add Server and User-Agent", at: func(s *Settings) any { return &s.Headers.ServerSignature }},
	{Name: "server_header", Type: Text, Doc: `whole header, as "Server: x"`, at: func(s *Settings) any { return &s.Headers.Server }},
	{Name: "user_agent_header", Type: Text, Doc: `whole header, as "User-Agent: x"`, at: func(s *Settings) any { return &s.Headers.UserAgent }},
	{Name: "sip_warning", Type: Bool, Default: "no", Doc: "add Warning to replies: where the request came from, what it asked for and what became of that", at: func(s *Settings) any { return &s.Headers.Warning }},
	{Name: "async_workers", Type: Int, Max: 1024, Default: "0", Status: NoMeaning, Doc: "workers for asynchronous tasks"},
	{Name: "async_usleep", Type: Int, Unit: time.Microsecond, UnitName: "microseconds", Default: "1000", Status: NoMeaning, Doc: "pause of an asynchronous worker without work"},
	{Name: "async_workers_group", Type: Text, Status: NoMeaning, Doc: `another group of asynchronous workers, "name=x;workers=n"`},
	{Name: "kemi.onsend_route_callback", Type: Text, Default: "ksr_onsend_route", Doc: `function of the script in place of onsend_route, "none" for none`, at: func(s *Settings) any { return &s.KEMI.OnSendRoute }},
	{Name: "kemi.received_route_callback", Type: Text, Default: "none", Doc: "function of the script for every message received", at: func(s *Settings) any { return &s.KEMI.ReceivedRoute }},
	{Name: "kemi.reply_route_callback", Type: Text, Default: "ksr_reply_route", Doc: `function of the script in place of reply_route, "none" for none`, at: func(s *Settings) any { return &s.KEMI.ReplyRoute }},
	{Name: "kemi.pre_routing_callback", Type: Text, Default: "none", Doc: "function of the script before each request and reply", at: func(s *Settings) any { return &s.KEMI.PreRouting }},
}
