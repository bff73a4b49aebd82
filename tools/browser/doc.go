// SPDX-License-Identifier: Apache-2.0

// Package browser lets JsSIP in a browser register and call over WebSocket, through the stock configurations with a few lines added.
package browser
