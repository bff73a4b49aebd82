// SPDX-License-Identifier: Apache-2.0

// Package recipes runs the configurations of docs/recipes as they stand there, with sipp in place of gateways.
//
// The tests take the files out of the document, put addresses of the loopback network and paths of their own in, and play what the document
// promises. They need sipp, sqlite3 and kamcmd (make deps).
package recipes
