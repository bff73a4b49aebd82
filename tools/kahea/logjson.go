// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"
)

// jsonFormat writes log lines as JSON (--log-engine=json:FLAGS,
// log_engine_type and log_engine_data), with Kamailio's names of fields: programs
// read them.
type jsonFormat struct {
	// lead stands before the names of the fields (a).
	lead string
	// callID adds the Call-ID (c), nested has prefix and text as objects (j),
	// strip takes the line end off the text (M), oneLine writes no line end
	// behind the object (N), fields takes log_prefix for fields of the object (p),
	// and events writes them as Common Event Expression (U).
	callID, nested, strip, oneLine, fields, events bool
	host                                           string
}

// newJSONFormat reads the flags.
func newJSONFormat(flags string) (*jsonFormat, error) {
	f := new(jsonFormat)
	for _, c := range flags {
		switch c {
		case 'a':
			f.lead = "kamailio."
		case 'A':
			f.lead = ""
		case 'c':
			f.callID = true
		case 'j':
			f.nested = true
		case 'M':
			f.strip = true
		case 'N':
			f.oneLine = true
		case 'p':
			f.fields = true
		case 'U':
			f.events = true
			f.host, _ = os.Hostname()
		default:
			return nil, fmt.Errorf("the log engine json has no flag %q: there are a, A, c, j, M, N, p and U", c)
		}
	}
	return f, nil
}

// append appends a line.
func (f *jsonFormat) append(line []byte, pid string, r *slog.Record, w *lineWords) []byte {
	text := w.lead + r.Message + string(w.rest)
	if f.strip {
		text = strings.TrimRight(text, "\n")
	} else if w.name != "script" && !strings.HasSuffix(text, "\n") {
		text += "\n" // as all lines of Kamailio's own have
	}
	part := w.name
	if part == "script" {
		part = "xlog"
	}
	file, number, _ := strings.Cut(w.at, ":")
	n, _ := strconv.Atoi(number)
	if f.events {
		line = f.appendEvent(line, pid, r.Time, w, part, file, n, text)
	} else {
		line = f.appendObject(line, pid, w, part, file, n, text)
	}
	if f.oneLine {
		return line
	}
	return append(line, '\n')
}

func (f *jsonFormat) appendObject(line []byte, pid string, w *lineWords, part, file string, number int, text string) []byte {
	name := func(s string) { line = append(append(append(append(line, '"'), f.lead...), s...), `": `...) }
	line = append(line, "{ "...)
	name("idx")
	line = append(line, "0, "...)
	name("pid")
	line = append(append(line, pid...), ", "...)
	name("level")
	line = append(appendJSON(line, w.level), ", "...)
	name("module")
	line = append(appendJSON(line, part), ", "...)
	name("file")
	line = append(appendJSON(line, file), ", "...)
	name("line")
	line = append(strconv.AppendInt(line, int64(number), 10), ", "...)
	name("function")
	line = append(line, `""`...)
	if f.callID {
		line = append(line, ", "...)
		name("callid")
		line = appendJSON(line, w.callID)
	}
	if f.fields && json.Valid([]byte(`{"a":0`+w.prefix+"}")) {
		line = append(append(line, w.prefix...), ", "...)
	} else {
		line = append(line, ", "...)
		name("logprefix")
		line = append(f.appendText(line, w.prefix), ", "...)
	}
	name("message")
	return append(f.appendText(line, text), " }"...)
}

// appendText appends a text, or with the flag j an object: the text itself where
// it is one.
func (f *jsonFormat) appendText(line []byte, text string) []byte {
	switch {
	case !f.nested:
		return appendJSON(line, text)
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && json.Valid([]byte(text)):
		return append(line, text...)
	}
	return append(appendJSON(append(line, `{ "text": `...), text), " }"...)
}

func (f *jsonFormat) appendEvent(line []byte, pid string, at time.Time, w *lineWords, part, file string, number int, text string) []byte {
	line = append(line, `{"time":`...)
	line = appendJSON(line, at.UTC().Format(time.RFC3339Nano))
	line = fmt.Appendf(line, `,"proc":{"id":"%s","tid":%s},"pri":`, pid, pid)
	line = append(appendJSON(line, w.level), `,"subsys":`...)
	line = append(appendJSON(line, part), `,"file":{"name":`...)
	line = appendJSON(line, file)
	line = fmt.Appendf(line, `,"line":%d},"native":{"function":""},"msg":`, number)
	line = append(appendJSON(line, text), `,"pname":"kamailio","appname":"kamailio","hostname":`...)
	return append(appendJSON(line, f.host), '}')
}

// appendJSON appends a string of JSON.
func appendJSON(line []byte, text string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(text)
	return append(line, bytes.TrimRight(b.Bytes(), "\n")...)
}
