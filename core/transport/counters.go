// SPDX-License-Identifier: Apache-2.0

package transport

import "github.com/kahea-sip/kahea/core/counter"

// counters are the numbers of the layer. Those of group tcp have Kamailio's
// names.
type counters struct {
	short, sendFull, sendErrors counter.Counter

	conReset, conTimeout, connectFailed, connectSuccess counter.Counter
	established, localReject, passiveOpen               counter.Counter
	sendTimeout, sendqFull                              counter.Counter
}

func (l *Layer) declareCounters() error {
	set := l.opt.Counters
	if set == nil {
		return nil
	}
	c := &l.count
	if err := set.Declare("udp",
		counter.Entry{Name: "short_datagrams", Counter: &c.short, Doc: "Datagrams too short for a message: keep-alives and probes."},
		counter.Entry{Name: "sendq_full", Counter: &c.sendFull, Doc: "Datagrams lost because the kernel's send buffer stayed full."},
		counter.Entry{Name: "send_errors", Counter: &c.sendErrors, Doc: "Datagrams that the kernel refused to send."},
	); err != nil {
		return err
	}
	return set.Declare("tcp",
		counter.Entry{Name: "con_reset", Counter: &c.conReset, Doc: "Connections reset by the peer."},
		counter.Entry{Name: "con_timeout", Counter: &c.conTimeout, Doc: "Connections closed because they were not used, or a message on them was not completed."},
		counter.Entry{Name: "connect_failed", Counter: &c.connectFailed, Doc: "Failed attempts to open a connection."},
		counter.Entry{Name: "connect_success", Counter: &c.connectSuccess, Doc: "Connections opened by this server."},
		counter.Entry{Name: "established", Counter: &c.established, Doc: "Connections opened or accepted."},
		counter.Entry{Name: "local_reject", Counter: &c.localReject, Doc: "Connections refused because of tcp_max_connections."},
		counter.Entry{Name: "passive_open", Counter: &c.passiveOpen, Doc: "Connections accepted."},
		counter.Entry{Name: "send_timeout", Counter: &c.sendTimeout, Doc: "Connections closed because the peer took nothing for tcp_send_timeout."},
		counter.Entry{Name: "sendq_full", Counter: &c.sendqFull, Doc: "Messages refused because a send queue was full."},
		counter.Entry{Name: "current_opened_connections", Gauge: func() int64 { return int64(l.ConnCounts().Open) },
			Doc: "Connections that are open."},
		counter.Entry{Name: "current_write_queue_size", Gauge: func() int64 { return int64(l.ConnCounts().Queued) },
			Doc: "Bytes that wait to be sent on all connections."},
	)
}
