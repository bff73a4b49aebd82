// SPDX-License-Identifier: Apache-2.0

package db

import (
	"strconv"
	"strings"
	"time"
)

// TimeLayout is how dates are written where a database has no type for them.
const TimeLayout = "2006-01-02 15:04:05"

// Text returns a value as text; "" for NULL.
func Text(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format(TimeLayout)
	}
	return ""
}

// Int returns a value as an integer; false for NULL and for text that is no
// number.
func Int(v Value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), true
	case time.Time:
		return v.Unix(), true
	case string, []byte:
		n, err := strconv.ParseInt(strings.TrimSpace(Text(v)), 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Float returns a value as a number; false for NULL and for text that is none.
func Float(v Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case string, []byte:
		f, err := strconv.ParseFloat(strings.TrimSpace(Text(v)), 64)
		return f, err == nil
	}
	return 0, false
}

// Time returns a value as a time; false for NULL and for what is none. Text is
// read in loc, as databases write local time.
func Time(v Value, loc *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case int64:
		return time.Unix(v, 0).In(loc), true
	case string, []byte:
		t, err := time.ParseInLocation(TimeLayout, Text(v), loc)
		return t, err == nil
	}
	return time.Time{}, false
}
