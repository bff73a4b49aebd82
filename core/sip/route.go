// SPDX-License-Identifier: Apache-2.0

package sip

// Routes are the values of all Route headers, kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) Routes() ([]NameAddr, error) {
	c := &m.cache
	if c.done&didRoutes == 0 {
		c.done |= didRoutes
		c.routes, c.routesErr = m.routeList(c.routes, HeaderRoute)
	}
	return c.routes, c.routesErr
}

// RecordRoutes are the values of all Record-Route headers, kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) RecordRoutes() ([]NameAddr, error) {
	c := &m.cache
	if c.done&didRecordRoutes == 0 {
		c.done |= didRecordRoutes
		c.rroutes, c.recordRoutesErr = m.routeList(c.rroutes, HeaderRecordRoute)
	}
	return c.rroutes, c.recordRoutesErr
}

// PathValues are the values of all Path headers (RFC 3327), kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) PathValues() ([]NameAddr, error) {
	c := &m.cache
	if c.done&didPaths == 0 {
		c.done |= didPaths
		c.paths, c.pathsErr = m.routeList(c.paths, HeaderPath)
	}
	return c.paths, c.pathsErr
}

// routeList reads the values into the memory of old. Routes must be in angle brackets (RFC 3261 20.34), but RFC 2543 elements sent them
// bare, so that is let pass.
func (m *Message) routeList(old []NameAddr, t HeaderType) ([]NameAddr, error) {
	list, err := m.AppendAddresses(old[:0], t)
	if err != nil {
		return list, ErrRoute
	}
	return list, nil
}
