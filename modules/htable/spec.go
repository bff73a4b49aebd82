// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// spec is the definition of a table, as the parameter htable has it:
//
//	name=>size=8;autoexpire=3600;initval=0;updateexpire=0
type spec struct {
	name         string
	bits         int    // of the number of slots
	autoExpire   uint32 // seconds, 0 for never
	updateExpire bool
	hasInit      bool
	initial      int64
	dmqReplicate int
	// dbTable is the table of the database, which dbMode 1 writes at the end;
	// cols are its columns where they are not those of the parameters.
	dbTable, cols     string
	colDelim, colNull string
	dbMode            int
}

var (
	errForm = errors.New("a table is defined as name=>size=8;autoexpire=3600")
	errCols = errors.New("cols has the column of the key and at least one of values, divided by commas")
	errPack = errors.New("the value of each item is made of all columns but the first; there is no other way to pack them")
)

func parseSpec(text string) (spec, error) {
	name, attributes, ok := strings.Cut(text, "=>")
	s := spec{name: strings.TrimSpace(name), bits: 3, updateExpire: true, colDelim: ",", colNull: "*"}
	if !ok || s.name == "" {
		return s, errForm
	}
	for attributes = strings.TrimSpace(attributes); attributes != ""; {
		var name, value string
		name, value, attributes = cutAttribute(attributes)
		if err := s.attribute(name, value); err != nil {
			return s, fmt.Errorf("table %s: %s=%s: %w", s.name, name, value, err)
		}
	}
	return s, nil
}

// cutAttribute takes one name=value; from the front. A value may be quoted.
func cutAttribute(s string) (name, value, rest string) {
	end, quote := 0, byte(0)
	for ; end < len(s) && (quote != 0 || s[end] != ';'); end++ {
		switch c := s[end]; {
		case quote == c:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	name, value, _ = strings.Cut(s[:end], "=")
	value = strings.TrimSpace(value)
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return strings.TrimSpace(name), value, strings.TrimLeft(s[min(end+1, len(s)):], " \t\r\n")
}

func (s *spec) attribute(name, value string) error {
	switch name {
	case "size":
		n, err := number(value)
		switch {
		case err != nil:
			return err
		case n < 2:
			n = 3
		case n > 31:
			n = 14
		}
		s.bits = int(n)
	case "autoexpire":
		n, err := number(value)
		s.autoExpire = n
		return err
	case "updateexpire":
		n, err := number(value)
		s.updateExpire = n != 0
		return err
	case "initval":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return errNumber
		}
		s.initial, s.hasInit = n, true
	case "dmqreplicate":
		n, err := number(value)
		s.dmqReplicate = int(n)
		return err
	case "dbtable":
		s.dbTable = value
	case "dbmode":
		n, err := number(value)
		s.dbMode = int(n)
		return err
	case "cols":
		if s.cols = value; strings.Count(value, ",") == 0 {
			return errCols
		}
	case "coldelim":
		s.colDelim = value
	case "colnull":
		s.colNull = value
	case "colpack":
		return errPack
	case "":
		if value != "" {
			return errForm
		}
	default:
		return errors.New("unknown attribute")
	}
	return nil
}

var errNumber = errors.New("is no number")

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, errNumber
	}
	return uint32(n), nil
}
