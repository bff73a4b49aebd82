// SPDX-License-Identifier: Apache-2.0

package rtimer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// definition is a timer as the parameter timer has it.
type definition struct {
	name   string
	period time.Duration // 0 for the default
	mode   int
	routes []string
}

// exec is a route of a timer as the parameter exec has it.
type exec struct{ timer, route string }

// every is how often the timer runs.
func (d *definition) every(seconds int) time.Duration {
	if d.period != 0 {
		return d.period
	}
	return time.Duration(seconds) * time.Second
}

func (r *RTimer) find(name string) *definition {
	for _, t := range r.timers {
		if t.name == name {
			return t
		}
	}
	return nil
}

// fields calls f for each name=value; of a parameter.
func fields(text string, f func(name, value string) error) error {
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, value, ok := strings.Cut(one, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"'`)
		if !ok || value == "" {
			return fmt.Errorf("%q has no value", one)
		}
		if err := f(name, value); err != nil {
			return fmt.Errorf("%s=%s: %w", name, value, err)
		}
	}
	return nil
}

var (
	errUnknown  = errors.New("unknown attribute")
	errInterval = errors.New("is no interval: a number of seconds, or of microseconds with u behind it")
)

// maxWorkers bounds mode.
const maxWorkers = 1024

func (r *RTimer) addTimer(text string) error {
	d := &definition{mode: 1}
	err := fields(text, func(name, value string) (err error) {
		switch name {
		case "name":
			d.name = value
		case "mode":
			d.mode, err = strconv.Atoi(value)
			if err != nil || d.mode < 0 || d.mode > maxWorkers {
				return fmt.Errorf("is no number from 0 to %d", maxWorkers)
			}
		case "interval":
			d.period, err = interval(value)
		default:
			return errUnknown
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case d.name == "":
		return errors.New("a timer is defined as name=NAME;interval=10;mode=1")
	case r.find(d.name) != nil:
		return fmt.Errorf("timer %s is defined twice", d.name)
	}
	r.timers = append(r.timers, d)
	return nil
}

func interval(text string) (time.Duration, error) {
	unit := time.Second
	if micro, ok := strings.CutSuffix(text, "u"); ok {
		text, unit = micro, time.Microsecond
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errInterval
	}
	return time.Duration(n) * unit, nil
}

func (r *RTimer) addExec(text string) error {
	var e exec
	err := fields(text, func(name, value string) error {
		switch name {
		case "timer":
			e.timer = value
		case "route":
			e.route = value
		default:
			return errUnknown
		}
		return nil
	})
	if err == nil && (e.timer == "" || e.route == "") {
		err = errors.New("what a timer runs is written as timer=NAME;route=ROUTE")
	}
	r.execs = append(r.execs, e)
	return err
}
