// SPDX-License-Identifier: Apache-2.0

package db

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// URL names a database: scheme://user:password@host:port/name. Drivers of
// files have the path in Name: sqlite:///var/lib/x.db gives "/var/lib/x.db".
type URL struct {
	Scheme, User, Password, Host string
	// Group is a name in brackets before the host or in its place: for MySQL
	// a group of options in my.cnf.
	Group string
	// Port is 0 where none is named.
	Port int
	// Name is what follows the host: the name of the database, or where there
	// is no host, the path.
	Name string
	// Options is what stands behind a question mark.
	Options string
	// Text is the URL as it was written.
	Text string
}

// ParseURL reads a URL. A password may have any character, as in Kamailio: it
// ends at the last "@" before the name.
func ParseURL(text string) (URL, error) {
	u := URL{Text: text}
	var rest string
	var ok bool
	if u.Scheme, rest, ok = strings.Cut(text, ":"); !ok || u.Scheme == "" {
		return URL{}, errors.New("a database URL is driver://user:password@host/name")
	}
	rest, hasHost := strings.CutPrefix(rest, "//")
	if !hasHost {
		u.Name = rest
		return u, nil
	}
	if path, empty := strings.CutPrefix(rest, "/"); empty {
		u.Name = "/" + path
		u.Name, u.Options, _ = strings.Cut(u.Name, "?")
		return u, nil
	}
	host := rest
	at := strings.LastIndexByte(rest, '@')
	if slash := strings.IndexByte(rest[at+1:], '/'); slash >= 0 {
		host, u.Name = rest[:at+1+slash], rest[at+1+slash+1:]
		u.Name, u.Options, _ = strings.Cut(u.Name, "?")
	}
	if at >= 0 {
		u.User, u.Password, _ = strings.Cut(host[:at], ":")
		host = host[at+1:]
	}
	if err := u.setHost(host); err != nil {
		return URL{}, err
	}
	return u, nil
}

func (u *URL) setHost(host string) error {
	u.Host = host
	port := ""
	if strings.HasPrefix(host, "[") { // IPv6
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return fmt.Errorf("a bracket is missing behind %q", host)
		}
		if strings.Contains(host[:end], ":") {
			u.Host, port = host[1:end], strings.TrimPrefix(host[end+1:], ":")
		} else {
			u.Group = host[1:end]
			u.Host, port, _ = strings.Cut(host[end+1:], ":")
		}
	} else if i := strings.LastIndexByte(host, ':'); i >= 0 {
		u.Host, port = host[:i], host[i+1:]
	}
	if port == "" {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no port", port)
	}
	u.Port = int(n)
	return nil
}

// String returns the URL without its password, for log lines.
func (u URL) String() string {
	if u.Password == "" {
		return u.Text
	}
	return strings.Replace(u.Text, ":"+u.Password+"@", ":***@", 1)
}
