// SPDX-License-Identifier: Apache-2.0

package sip

// Routes are the values of all Route headers, kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) Routes() ([]NameAddr, error) { return nil, nil }

// RecordRoutes are the values of all Record-Route headers, kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) RecordRoutes() ([]NameAddr, error) { return nil, nil }

// PathValues are the values of all Path headers (RFC 3327), kept until the next Parse; with ErrRoute those before the bad one.
func (m *Message) PathValues() ([]NameAddr, error) { return nil, nil }
