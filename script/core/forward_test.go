// SPDX-License-Identifier: Apache-2.0

package core

import (
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func TestNextHop(t *testing.T) {
	const uri = "sip:bob@example.com:5070;transport=tcp"
	for _, tt := range []struct {
		name, uri, dst string
		proto          transport.Proto
		args           []string
		want           locate.Query
		fails          bool
	}{
		{"the Request-URI", uri, "", protoOfURI, nil, locate.Query{Host: "example.com", Port: 5070, Transport: transport.TCP}, false},
		{"the next hop", uri, "sip:proxy;transport=udp", protoOfURI, nil, locate.Query{Host: "proxy", Transport: transport.UDP}, false},
		{"maddr", "sip:b@h;maddr=10.0.0.1", "", protoOfURI, nil, locate.Query{Host: "10.0.0.1"}, false},
		{"forced protocol", uri, "", overUDP, nil, locate.Query{Host: "example.com", Port: 5070, Transport: transport.UDP}, false},
		{"a host", uri, "", protoOfURI, []string{"10.1.1.1"}, locate.Query{Host: "10.1.1.1", Transport: transport.UDP}, false},
		{"host and port", uri, "sip:proxy", protoOfURI, []string{"10.1.1.1", "5080"}, locate.Query{Host: "10.1.1.1", Port: 5080, Transport: transport.UDP}, false},
		{"uri:host and uri:port", uri, "sip:proxy", overUDP, []string{"uri:host", "uri:port"}, locate.Query{Host: "example.com", Port: 5070, Transport: transport.UDP}, false},
		{"sips", "sips:b@h", "", protoOfURI, nil, locate.Query{Host: "h", Secure: true}, false},
		{"no SIP URI", "tel:+123", "", protoOfURI, nil, locate.Query{}, true},
		{"a bad port", uri, "", protoOfURI, []string{"10.1.1.1", "99999"}, locate.Query{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &module.Call{State: &transaction.State{Target: transaction.Target{URI: tt.uri, DstURI: tt.dst}}}
			args := make(module.Args, 2)
			for i, a := range tt.args {
				args[i] = module.ArgValue{Value: avp.String(a), Given: true}
			}
			got, err := nextHop(c, args, tt.proto)
			if (err != nil) != tt.fails || !tt.fails && got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}
