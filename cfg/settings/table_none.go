// SPDX-License-Identifier: Apache-2.0

package settings

// nothingParams tune what does not exist here: C memory, processes that fork, polling by hand.
var nothingParams = []Param{
	{Name: "memdbg", Aliases: []string{"mem_dbg"}, Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "log level of memory debugging"},
	{Name: "memlog", Aliases: []string{"mem_log"}, Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "log level of memory reports"},
	{Name: "mem_summary", Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "what a memory report has"},
	{Name: "mem_safety", Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "checks of the memory allocator"},
	{Name: "mem_join", Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "joining of free memory"},
	{Name: "mem_status_mode", Type: Int, Min: anyNegative, Status: NoMeaning, Doc: "form of memory reports"},
	{Name: "mlock_pages", Type: Bool, Status: NoMeaning, Doc: "keep memory from being swapped"},
	{Name: "shm_force_alloc", Type: Bool, Status: NoMeaning, Doc: "take shared memory at start"},
	{Name: "description", Type: Text, Status: NoMeaning, Doc: "a note of the operator"},
	{Name: "fork_delay", Type: Int, Status: NoMeaning, UnitName: "microseconds", Doc: "pause before each fork"},
	{Name: "modinit_delay", Type: Int, Status: NoMeaning, UnitName: "microseconds", Doc: "pause between modules at start"},
	{Name: "wait_worker1_mode", Type: Int, Status: NoMeaning, Doc: "wait for the first worker at start"},
	{Name: "wait_worker1_time", Type: Int, Status: NoMeaning, UnitName: "microseconds", Doc: "how long to wait for it"},
	{Name: "wait_worker1_usleep", Type: Int, Status: NoMeaning, UnitName: "microseconds", Doc: "pause of that wait"},
	{Name: "pv_buffer_slots", Type: Int, Status: NoMeaning, Doc: "buffers for format strings"},
	{Name: "pv_cache_limit", Type: Int, Status: NoMeaning, Doc: "variables kept by name"},
	{Name: "pv_cache_action", Type: Int, Status: NoMeaning, Doc: "what happens at that limit"},
	{Name: "sql_buffer_size", Type: Int, Status: NoMeaning, UnitName: "bytes", Doc: "buffer for SQL statements"},
	{Name: "tcp_poll_method", Type: Name, Status: NoMeaning, Doc: "how sockets are waited for"},
	{Name: "tcp_fd_cache", Type: Bool, Status: NoMeaning, Doc: "keep file descriptors in workers"},
	{Name: "tcp_clone_rcvbuf", Type: Int, Status: NoMeaning, Doc: "copy the receive buffer"},
	{Name: "tcp_wq_blk_size", Type: Int, Status: NoMeaning, UnitName: "bytes", Doc: "block of the send queue"},
	{Name: "udp4_raw", Type: Int, Min: -1, Max: 1, Status: NoMeaning, Doc: "raw sockets for sending; a datagram is sent by one system call here anyway"},
	{Name: "udp4_raw_mtu", Type: Int, Status: NoMeaning, UnitName: "bytes", Doc: "largest packet of raw sockets"},
	{Name: "tcp_main_threads", Type: Int, Status: NoMeaning, Doc: "threads of the process that accepts connections"},
	{Name: "udp_receiver_mode", Type: Int, Max: 2, Status: NoMeaning, Doc: "processes or threads that read UDP sockets"},
	{Name: "tls_threads_mode", Type: Int, Max: 2, Status: NoMeaning, Doc: "threads for calls into OpenSSL"},
	{Name: "udp4_raw_ttl", Type: Int, Max: 255, Status: NoMeaning, Doc: "time to live of packets that leave by raw sockets"},
	{Name: "dst_blocklist_init", Type: Bool, Default: "yes", Status: NoMeaning, Doc: "have a blocklist, which use_dst_blocklist uses"},
	{Name: "dst_blocklist_expire", Aliases: []string{"dst_blocklist_ttl"}, Type: Int, Default: "60", Status: NoMeaning, UnitName: "seconds", Doc: "time in the blocklist"},
	{Name: "dst_blocklist_gc_interval", Type: Int, Default: "60", Status: NoMeaning, UnitName: "seconds", Doc: "time between removals from the blocklist"},
	{Name: "dst_blocklist_mem", Type: Int, Default: "250", Status: NoMeaning, UnitName: "kilobytes", Doc: "memory of the blocklist"},
	{Name: "dst_blocklist_udp_imask", Type: Int, Status: NoMeaning, Doc: "failures over UDP that the blocklist ignores"},
	{Name: "dst_blocklist_tcp_imask", Type: Int, Status: NoMeaning, Doc: "failures over TCP that the blocklist ignores"},
	{Name: "dst_blocklist_tls_imask", Type: Int, Status: NoMeaning, Doc: "failures over TLS that the blocklist ignores"},
	{Name: "dst_blocklist_sctp_imask", Type: Int, Status: NoMeaning, Doc: "failures over SCTP that the blocklist ignores"},
	{Name: "async_nonblock", Type: Bool, Status: NoMeaning, Doc: "sockets to asynchronous workers do not block"},
	{Name: "real_time", Type: Int, Status: NoMeaning, Doc: "real-time scheduling"},
	{Name: "rt_policy", Type: Int, Status: NoMeaning, Doc: "policy of real-time scheduling"},
	{Name: "rt_prio", Type: Int, Status: NoMeaning, Doc: "priority of real-time scheduling"},
	{Name: "rt_timer1_policy", Aliases: []string{"rt_ftimer_policy"}, Type: Int, Status: NoMeaning, Doc: "policy of the fast timer"},
	{Name: "rt_timer1_prio", Aliases: []string{"rt_ftimer_prio", "rt_fast_timer_prio"}, Type: Int, Status: NoMeaning, Doc: "priority of the fast timer"},
	{Name: "rt_timer2_policy", Aliases: []string{"rt_stimer_policy"}, Type: Int, Status: NoMeaning, Doc: "policy of the slow timer"},
	{Name: "rt_timer2_prio", Aliases: []string{"rt_stimer_prio"}, Type: Int, Status: NoMeaning, Doc: "priority of the slow timer"},
}

// retiredParams are those of TLS in the core of SER.
var retiredParams = []Param{
	{Name: "tls_certificate", Type: Text, Status: Retired, Doc: `set it in module tls: modparam("tls", "certificate", "…")`},
	{Name: "tls_private_key", Type: Text, Status: Retired, Doc: `set it in module tls: modparam("tls", "private_key", "…")`},
	{Name: "tls_ca_list", Type: Text, Status: Retired, Doc: `set it in module tls: modparam("tls", "ca_list", "…")`},
	{Name: "tls_method", Type: Word, Status: Retired, Doc: `set it in module tls: modparam("tls", "tls_method", "TLSv1.2+")`},
	{Name: "tls_verify", Type: Int, Status: Retired, Doc: `set it in module tls: modparam("tls", "verify_certificate", 1)`},
	{Name: "tls_require_certificate", Type: Int, Status: Retired, Doc: `set it in module tls: modparam("tls", "require_certificate", 1)`},
	{Name: "tls_handshake_timeout", Type: Int, Status: Retired, Doc: "take it out: tcp_connect_timeout counts"},
	{Name: "tls_send_timeout", Type: Int, Status: Retired, Doc: "take it out: tcp_send_timeout counts"},
	{Name: "tls_log", Aliases: []string{"tlslog"}, Type: Int, Status: Retired, Doc: `set it in module tls: modparam("tls", "tls_log", 3)`},
}

// missingParams ask for what is not there yet.
var missingParams = []Param{
	{Name: "kemi.event_route_callback", Type: Text, Status: Missing, harmlessText: "none", Doc: "function of the script for the event routes of the core"},
	{Name: "mcast", Type: Name, Status: Missing, Doc: "interface of multicast"},
	{Name: "mcast_loopback", Type: Bool, Status: Missing, Doc: "multicast comes back to the sender"},
	{Name: "mcast_ttl", Type: Int, Status: Missing, harmless: 1, Doc: "reach of multicast"},
	{Name: "enable_sctp", Type: Int, Max: 2, Default: "2", Status: Missing, Doc: "serve SCTP: 0 no, 1 yes, 2 where the system can"},
	{Name: "tcp_accept_haproxy", Type: Bool, Status: Missing, Doc: "read the proxy protocol's header on new connections"},
	{Name: "tcp_accept_hep3", Type: Bool, Status: Missing, Doc: "take HEP3 on TCP sockets"},
	{Name: "use_dst_blocklist", Type: Bool, Status: Missing, Doc: "avoid destinations that failed"},
}
