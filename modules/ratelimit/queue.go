// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/limit"
)

// The numbers of pipes and queues that there can be.
const (
	maxPipes  = 32
	maxQueues = 32
)

// definition is the parameter pipe.
type definition struct {
	algorithm limit.Algorithm
	limit     int
}

// queue leads the requests of a method to a pipe.
type queue struct {
	pipe   int
	method string // "*" for all
}

var (
	errPipe     = errors.New("a pipe is NUMBER:ALGORITHM:LIMIT")
	errQueue    = errors.New("a queue is NUMBER:METHOD")
	errNumber   = fmt.Errorf("the number of a pipe is 0 to %d", maxPipes-1)
	errQueues   = fmt.Errorf("there can be %d queues", maxQueues)
	errPercent  = errors.New("the limit of FEEDBACK is a load of 0 to 100 percent")
	errNegative = errors.New("a limit is 0 or more")
)

// addPipe is the parameter pipe.
func (r *RateLimit) addPipe(text string) error {
	n, d, err := parsePipe(text)
	if err == nil {
		r.pipes[n] = d
	}
	return err
}

// parsePipe reads NUMBER:ALGORITHM:LIMIT.
func parsePipe(text string) (n int, d definition, err error) {
	f := strings.Split(text, ":")
	if len(f) != 3 {
		return 0, d, errPipe
	}
	if n, err = number(f[0]); err != nil {
		return 0, d, err
	}
	if d.limit, err = strconv.Atoi(strings.TrimSpace(f[2])); err != nil {
		return 0, d, errPipe
	}
	d.algorithm, err = algorithm(strings.TrimSpace(f[1]), d.limit)
	return n, d, err
}

// number reads the number of a pipe.
func number(text string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n >= maxPipes {
		return 0, errNumber
	}
	return n, nil
}

// algorithm finds the one of a name, and looks whether the limit fits.
func algorithm(name string, max int) (limit.Algorithm, error) {
	a, ok := limit.ParseAlgorithm(name)
	switch {
	case !ok:
		return a, fmt.Errorf("unknown algorithm %q: there are TAILDROP, RED, FEEDBACK, NETWORK", name)
	case max < 0:
		return a, errNegative
	case a == limit.Feedback && max > 100:
		return a, errPercent
	}
	return a, nil
}

// addQueue is the parameter queue.
func (r *RateLimit) addQueue(text string) error {
	q, err := parseQueue(text)
	if err != nil {
		return err
	}
	if len(r.queues) == maxQueues {
		return errQueues
	}
	r.queues = append(r.queues, q)
	return nil
}

// parseQueue reads NUMBER:METHOD.
func parseQueue(text string) (q queue, err error) {
	pipe, method, ok := strings.Cut(text, ":")
	if q.method = strings.TrimSpace(method); !ok || q.method == "" {
		return q, errQueue
	}
	q.pipe, err = number(pipe)
	return q, err
}

// pipeOf returns the pipe of the first queue with a method.
func (l *limits) pipeOf(method string) (int, bool) {
	for _, q := range *l.queues.Load() {
		if q.method == "*" || strings.EqualFold(q.method, method) {
			return q.pipe, true
		}
	}
	return 0, false
}
