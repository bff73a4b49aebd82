// SPDX-License-Identifier: Apache-2.0

// Package soak is a test that has a server carry calls for minutes and watches what it holds.
package soak
