// SPDX-License-Identifier: Apache-2.0

// Package release names the version of the programs.
package release

// Version is the version of this build; the Makefile sets it.
var Version = "dev"

// Compatible is the Kamailio release whose configurations, commands and
// replies this build serves.
const Compatible = "5.6.3"
