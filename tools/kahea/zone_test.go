// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
)

// zoneFile is the DNS of a script, which may change the file while the server runs.
type zoneFile string

// Resolve implements locate.Resolver.
func (f zoneFile) Resolve(ctx context.Context, name string, t locate.Type) ([]locate.Record, error) {
	zone, err := readZone(string(f))
	if err != nil {
		return nil, err
	}
	return zone.Resolve(ctx, name, t)
}

// readZone reads the DNS of a script: lines "NAME A ADDRESS", "NAME AAAA
// ADDRESS" and "NAME SRV PRIORITY WEIGHT PORT TARGET".
func readZone(file string) (locate.Fixed, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	zone := locate.Fixed{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		r := locate.Record{TTL: time.Hour}
		switch {
		case len(f) == 0:
			continue
		case len(f) == 3 && (f[1] == "A" || f[1] == "AAAA"):
			r.Addr, err = netip.ParseAddr(f[2])
		case len(f) == 6 && f[1] == "SRV":
			_, err = fmt.Sscan(strings.Join(f[2:5], " "), &r.Priority, &r.Weight, &r.Port)
			r.Name = f[5]
		default:
			err = fmt.Errorf("bad record %q", line)
		}
		if err != nil {
			return nil, err
		}
		key := strings.ToLower(f[0]) + " " + f[1]
		zone[key] = append(zone[key], r)
	}
	return zone, nil
}
