// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// profiles are all profiles that connections are secured by, in the order in
// which they are written. A reload makes another set; connections keep what they
// have.
type profiles struct {
	servers, clients             []*profile // not the defaults
	defaultServer, defaultClient *profile
}

// forServer finds the profile of a connection that came to an address: by the
// name that the peer asks for, then by the address, else the default.
func (ps *profiles) forServer(at netip.AddrPort, name string) *profile {
	for _, p := range ps.servers {
		if p.servesName(name) && (p.domain == "any" || p.isAt(at)) {
			return p
		}
	}
	for _, p := range ps.servers {
		if p.isAt(at) {
			return p
		}
	}
	return ps.defaultServer
}

// forClient finds the profile of a connection to an address: by the server_id
// that the script wants, then by the address, or by the name alone, else the
// default. A profile with a server_name serves an address for that name, or where
// no name is asked for.
func (ps *profiles) forClient(to netip.AddrPort, id, name string) *profile {
	if id != "" {
		if p := find(append(ps.clients[:len(ps.clients):len(ps.clients)], ps.defaultClient), func(p *profile) bool { return p.serverID == id }); p != nil {
			return p
		}
	}
	if name != "" {
		if p := find(ps.clients, func(p *profile) bool { return p.servesName(name) && (p.domain == "any" || p.isAt(to)) }); p != nil {
			return p
		}
	}
	if p := find(ps.clients, func(p *profile) bool { return p.isAt(to) }); p != nil {
		return p
	}
	return ps.defaultClient
}

func find(list []*profile, is func(p *profile) bool) *profile {
	for _, p := range list {
		if is(p) {
			return p
		}
	}
	return nil
}

func (ps *profiles) all() []*profile {
	return append(append([]*profile{ps.defaultServer}, ps.servers...), append([]*profile{ps.defaultClient}, ps.clients...)...)
}

// readProfiles reads a file, or all files of a folder, and makes profiles of
// them. What a profile leaves out is as the defaults say, also where there is a default
// profile.
func readProfiles(path string, server, client attributes) (*profiles, error) {
	sections, err := readSections(path)
	if err != nil {
		return nil, err
	}
	ps := &profiles{}
	defaults := map[string]attributes{"server": server, "client": client}
	for _, s := range sections {
		if s.domain != "default" {
			continue
		}
		p, err := newProfile(s, defaults[s.role])
		if err != nil {
			return nil, err
		}
		slot := &ps.defaultServer
		if p.client {
			slot = &ps.defaultClient
		}
		if *slot != nil {
			return nil, s.errorf("%s stands twice, first at %s", p, (*slot).at)
		}
		*slot = p
	}
	ps.complete(server, client)
	for _, s := range sections {
		if s.domain == "default" {
			continue
		}
		p, err := newProfile(s, defaults[s.role])
		if err != nil {
			return nil, err
		}
		list := &ps.servers
		if p.client {
			list = &ps.clients
		}
		for _, other := range *list {
			if other.domain == p.domain && (other.serverName == p.serverName && other.serverID == p.serverID) {
				return nil, s.errorf("%s stands twice with the same server_name, first at %s", p, other.at)
			}
		}
		*list = append(*list, p)
	}
	return ps, nil
}

// complete adds the defaults that are not written.
func (ps *profiles) complete(server, client attributes) {
	if ps.defaultServer == nil {
		ps.defaultServer = &profile{domain: "default", attributes: server}
	}
	if ps.defaultClient == nil {
		ps.defaultClient = &profile{domain: "default", client: true, attributes: client}
	}
}

// readSections reads a file, or the files of a folder in the order of their names.
func readSections(path string) ([]*section, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, cause(err))
	}
	files := []string{path}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, cause(err))
		}
		files = nil
		for _, e := range entries {
			if !e.IsDir() && strings.HasSuffix(e.Name(), ".cfg") {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("the folder %s has no .cfg file", path)
		}
	}
	var out []*section
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", f, cause(err))
		}
		sections, err := parse(f, string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, sections...)
	}
	return out, nil
}

// cause is what the system said, without the name of the file.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
