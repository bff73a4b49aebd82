// SPDX-License-Identifier: Apache-2.0

// Package stock runs the stock configuration as it is installed with its switches about data and trust, on MariaDB, PostgreSQL and SQLite:
// what sipp sees, what is stored, and what becomes of it when a database or the server is killed; with those that deal with the outside,
// in a network of its own: clients behind NAT, media relays, floods, HTTP; and the stock files of all releases.
//
// What leaves the server is compared with the reference packet by packet in tools/difftest (its suites flag-*).
package stock
