// SPDX-License-Identifier: Apache-2.0

package websocket

import "github.com/kahea-sip/kahea/core/counter"

// counters are what the module counts, under Kamailio's names. All connections
// carry SIP, so that each number stands there twice.
type counters struct {
	received, transmitted       counter.Counter
	sipReceived, sipTransmitted counter.Counter
	handshakes, refused         counter.Counter
	failed                      counter.Counter
	localClosed, remoteClosed   counter.Counter
}

// entries declares them.
func (m *WebSocket) entries() []counter.Entry {
	c := &m.count
	return []counter.Entry{
		{Name: "ws_received_frames", Counter: &c.received, Doc: "frames that came"},
		{Name: "ws_transmitted_frames", Counter: &c.transmitted, Doc: "frames that were sent"},
		{Name: "ws_sip_received_frames", Counter: &c.sipReceived, Doc: "messages of SIP that came"},
		{Name: "ws_sip_transmitted_frames", Counter: &c.sipTransmitted, Doc: "messages of SIP that were sent"},
		{Name: "ws_successful_handshakes", Counter: &c.handshakes, Doc: "handshakes that made a WebSocket connection"},
		{Name: "ws_sip_successful_handshakes", Gauge: func() int64 { return c.handshakes.Value() }, Doc: "the same, as all connections carry SIP"},
		{Name: "ws_failed_handshakes", Counter: &c.refused, Doc: "handshakes that were refused"},
		{Name: "ws_current_connections", Gauge: m.current, Doc: "WebSocket connections"},
		{Name: "ws_sip_current_connections", Gauge: m.current, Doc: "the same, as all connections carry SIP"},
		{Name: "ws_max_concurrent_connections", Gauge: m.most, Doc: "the most WebSocket connections that there were at one time"},
		{Name: "ws_sip_max_concurrent_connections", Gauge: m.most, Doc: "the same, as all connections carry SIP"},
		{Name: "ws_failed_connections", Counter: &c.failed, Doc: "connections that were given up for what the client sent"},
		{Name: "ws_sip_failed_connections", Gauge: func() int64 { return c.failed.Value() }, Doc: "the same, as all connections carry SIP"},
		{Name: "ws_local_closed_connections", Counter: &c.localClosed, Doc: "connections that this server has closed"},
		{Name: "ws_sip_local_closed_connections", Gauge: func() int64 { return c.localClosed.Value() }, Doc: "the same, as all connections carry SIP"},
		{Name: "ws_remote_closed_connections", Counter: &c.remoteClosed, Doc: "connections that the client has closed with a Close frame"},
		{Name: "ws_sip_remote_closed_connections", Gauge: func() int64 { return c.remoteClosed.Value() }, Doc: "the same, as all connections carry SIP"},
	}
}

func (m *WebSocket) current() int64 {
	if m.clients == nil {
		return 0
	}
	now, _ := m.clients.numbers()
	return now
}

func (m *WebSocket) most() int64 {
	if m.clients == nil {
		return 0
	}
	_, most := m.clients.numbers()
	return most
}
