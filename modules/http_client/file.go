// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

var (
	errSection = errors.New("expected [connection]")
	errLine    = errors.New("expected name = value in a [connection]")
	errFileURL = errors.New("url is no URL of HTTP")
)

// resolve is the path of a file that a configuration names: one that begins with a
// dot lies in the working folder, any other that is not absolute beside the
// configuration of the server.
func resolve(core *module.Core, name string) string {
	switch {
	case name == "" || filepath.IsAbs(name):
		return name
	case name[0] == '.':
		return filepath.Join(core.WorkDir, name)
	}
	return filepath.Join(filepath.Dir(core.ConfigFile), name)
}

// readFile defines the connections of config_file.
func (m *Client) readFile(core *module.Core) error {
	path := resolve(core, m.configFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("http_client: config_file: %w", err)
	}
	if line, err := m.parseFile(string(text), func(name string) string { return resolve(core, name) }); err != nil {
		return fmt.Errorf("http_client: %s:%d: %w", path, line, err)
	}
	return nil
}

// parseFile reads sections, one for each connection, of lines name = value. It
// returns the line where an error is.
func (m *Client) parseFile(text string, path func(string) string) (int, error) {
	var c *connection
	var begun int
	n := 0
	for line := range strings.Lines(text) {
		n++
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			if c != nil && c.base == "" {
				return begun, errFileURL
			}
			name, ok := strings.CutSuffix(line[1:], "]")
			if name = strings.TrimSpace(name); !ok || name == "" {
				return n, errSection
			}
			if m.connections[name] != nil {
				return n, fmt.Errorf("connection %s is defined twice", name)
			}
			c, begun = &connection{options: m.common}, n
			m.connections[name] = c
			m.declared = append(m.declared, name)
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || c == nil {
				return n, errLine
			}
			if err := c.setInFile(strings.TrimSpace(key), strings.TrimSpace(value), path); err != nil {
				return n, fmt.Errorf("%s: %w", strings.TrimSpace(key), err)
			}
		}
	}
	if c != nil && c.base == "" {
		return begun, errFileURL
	}
	return 0, nil
}

// setInFile sets a parameter by the name that it has in the file.
func (c *connection) setInFile(key, value string, path func(string) string) error {
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	switch key {
	case "url":
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errFileURL
		}
		if u.User != nil {
			c.user = u.User.Username()
			c.password, _ = u.User.Password()
			u.User = nil
		}
		c.base = u.String()
		return nil
	case "username":
		c.user = value
		return nil
	case "password":
		c.password = value
		return nil
	case "client_cert", "client_key", "cacert":
		return c.set(key, path(value))
	case "tlsversion":
		n := slices.Index([]string{"DEFAULT", "TLSv1", "", "", "TLSv1.0", "TLSv1.1", "TLSv1.2"}, value)
		if n < 0 || value == "" {
			return errors.New("a version of TLS is DEFAULT, TLSv1, TLSv1.0, TLSv1.1 or TLSv1.2")
		}
		v, err := tlsVersion(n)
		c.tlsVersion = v
		return err
	case "http_follow_redirect":
		return c.set("httpredirect", number(value))
	case "httpredirect":
		return errors.New("it is http_follow_redirect here")
	case "verify_peer", "verify_host", "keep_connections":
		return c.set(key, number(value))
	}
	return c.set(key, value)
}

// number is what yes and no mean; other values stay.
func number(value string) string {
	switch strings.ToLower(value) {
	case "yes", "true", "on":
		return "1"
	case "no", "false", "off":
		return "0"
	}
	return value
}
