// SPDX-License-Identifier: Apache-2.0

// Package sippflows lets sipp and baresip call each other through a server: the flows of RFC 3665 that one proxy can take part in.
//
// The scenarios are in testdata; words between @@ are filled in by the tests. The tests run against Kamailio (TestReference…) and against
// kahea (TestKahea…), with the same switches as tools/difftest: KAHEA_BIN, KAHEA_COMMAND, KAHEA_REQUIRE_SERVERS.
package sippflows
