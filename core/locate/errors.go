// SPDX-License-Identifier: Apache-2.0

package locate

import "errors"

// Errors of Locator and of resolvers.
var (
	// ErrNotFound: the name does not exist, or has no record of that type.
	ErrNotFound = errors.New("no such name")
	// ErrNoServers: there is no name server to ask.
	ErrNoServers = errors.New("no name server is configured")
	// ErrServer: no name server gave a usable answer.
	ErrServer = errors.New("no answer from the name servers")
	// ErrName: the text cannot be a host name.
	ErrName = errors.New("not a host name")
)

// errNotCached: the answer is not in the cache and waiting was not wanted.
var errNotCached = errors.New("the answer is not in the cache")
