// SPDX-License-Identifier: Apache-2.0

//go:build race

package registrar

// raceDetector tells whether the tests run with the race detector.
const raceDetector = true
