// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
)

// Hosts are names that need no name server: those of hosts(5), and localhost
// (RFC 6761 6.3) if they do not say otherwise. Such a name is never looked up
// by NAPTR or SRV. It does not change once it is made; nil and the zero value
// know localhost alone.
type Hosts struct {
	addrs map[string][]netip.Addr // by name in lower case
	names map[netip.Addr][]string
}

var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// ReadHosts reads the format of hosts(5). Lines that are not of it are left
// out, as the system's resolver does.
func ReadHosts(r io.Reader) (*Hosts, error) {
	h := &Hosts{addrs: map[string][]netip.Addr{}, names: map[netip.Addr][]string{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		a, err := netip.ParseAddr(fields[0])
		if err != nil || a.Zone() != "" {
			continue
		}
		a = a.Unmap()
		first := h.names[a] == nil
		for _, name := range fields[1:] {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			if validName(name) {
				h.addrs[name] = append(h.addrs[name], a)
				if first {
					h.names[a] = append(h.names[a], name)
				}
			}
		}
	}
	return h, lines.Err()
}

// SystemHosts reads /etc/hosts. A machine without it has no hosts.
func SystemHosts() (*Hosts, error) {
	f, err := os.Open("/etc/hosts")
	if os.IsNotExist(err) {
		return new(Hosts), nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the hosts file: %w", err)
	}
	defer f.Close()
	h, err := ReadHosts(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read /etc/hosts: %w", err)
	}
	return h, nil
}

// Addrs are the addresses of a name, in the order of the file; nil if it is
// not there.
func (h *Hosts) Addrs(name string) []netip.Addr {
	name = strings.TrimSuffix(name, ".")
	if h != nil && len(h.addrs) > 0 {
		if a := h.addrs[strings.ToLower(name)]; a != nil {
			return a
		}
	}
	if strings.EqualFold(name, "localhost") {
		return loopback
	}
	return nil
}

// Names are the names that the first line with an address has for it, as the C
// library looks them up; nil if the address is not there.
func (h *Hosts) Names(a netip.Addr) []string {
	if h == nil {
		return nil
	}
	return h.names[a.Unmap()]
}
