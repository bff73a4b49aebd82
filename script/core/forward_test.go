// SPDX-License-Identifier: Apache-2.0

package core

import (
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func TestNextHop(t *testing.T) {
	const uri = "sip:bob@example.com:5070;transport=tcp"
	type hop = transaction.Hop
	for _, tt := range []struct {
		name, uri string
		proto     transport.Proto
		args      []string
		want      hop
		fails     bool
	}{
		{"the request's own", uri, protoOfURI, nil, hop{}, false},
		{"forced protocol", uri, overUDP, nil, hop{Proto: transport.UDP}, false},
		{"a host", uri, protoOfURI, []string{"10.1.1.1"}, hop{Host: "10.1.1.1", Proto: transport.UDP}, false},
		{"host and port", uri, protoOfURI, []string{"10.1.1.1", "5080"}, hop{Host: "10.1.1.1", Port: 5080, Proto: transport.UDP}, false},
		{"host and uri:port", uri, overTCP, []string{"10.1.1.1", "uri:port"}, hop{Host: "10.1.1.1", Port: 5070, Proto: transport.TCP}, false},
		{"uri:host and uri:port", uri, overUDP, []string{"uri:host", "uri:port"}, hop{Host: "example.com", Port: 5070, Proto: transport.UDP}, false},
		{"uri:host with the URI's protocol", uri, protoOfURI, []string{"uri:host", "5080"}, hop{Host: "example.com", Port: 5080, Proto: transport.TCP}, false},
		{"maddr", "sip:b@h;maddr=10.0.0.1", protoOfURI, []string{"uri:host"}, hop{Host: "10.0.0.1"}, false},
		{"sips", "sips:b@h", protoOfURI, []string{"uri:host"}, hop{Host: "h", Proto: transport.TLS}, false},
		{"uri:host of no SIP URI", "tel:+123", protoOfURI, []string{"uri:host"}, hop{}, false},
		{"a bad port", uri, protoOfURI, []string{"10.1.1.1", "99999"}, hop{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &module.Call{State: &transaction.State{Target: transaction.Target{URI: tt.uri}}}
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
