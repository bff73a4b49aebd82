// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	glua "github.com/yuin/gopher-lua"
)

// errorQuiet is how long an error stays silent after a line about it.
const errorQuiet = 60 * time.Second

// maxErrors bounds the errors that are told apart: their texts may hold what
// a peer sent.
const maxErrors = 1000

// errorLog tells of each error of the scripts once, with its traceback, and
// then of how often it came again.
type errorLog struct {
	mu  sync.Mutex
	all map[string]*errorCount // guarded by mu
}

type errorCount struct {
	told time.Time
	more int
}

func (e *errorLog) init() { e.all = map[string]*errorCount{} }

// report logs an error of a script. message begins with its place.
func (e *errorLog) report(c *module.Call, message, traceback string) {
	message = printable(inLine.Replace(message))
	attrs := []any{"call_id", c.Msg.Value(sip.HeaderCallID), "method", methodOf(c.Msg), "route", c.Line.Route}
	repeated, tell := e.count(place(message, traceback), c.Packet.Time)
	if !tell {
		c.Log().Debug("error in a Lua script: "+message, attrs...)
		return
	}
	if repeated > 0 {
		attrs = append(attrs, "repeated", repeated)
	}
	if traceback != "" {
		attrs = append(attrs, "traceback", traceback)
	}
	c.Log().Error("error in a Lua script: "+message, attrs...)
}

// inLine writes an error that has more lines than one, such as those of require, in one.
var inLine = strings.NewReplacer("\n\t", "; ", "\r\n", " ", "\n", " ", "\r", " ")

// printable escapes what is no text: a script may put into an error what a peer
// has sent, and a log may be shown by a terminal.
func printable(text string) string {
	if strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// methodOf is the method of a request, and of the request that a reply answers.
func methodOf(m *sip.Message) string {
	if m.IsRequest() {
		return m.MethodName
	}
	cseq, err := m.CSeq()
	if err != nil {
		return ""
	}
	return cseq.MethodName
}

// count notes an error at a place; tell says that it is to be told, repeated
// how often it came since it was told last.
func (e *errorLog) count(place string, now time.Time) (repeated int, tell bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.all[place]
	if n == nil {
		if len(e.all) >= maxErrors {
			clear(e.all)
		}
		e.all[strings.Clone(place)] = &errorCount{told: now}
		return 0, true
	}
	if now.Sub(n.told) < errorQuiet {
		n.more++
		return 0, false
	}
	repeated, n.told, n.more = n.more, now, 0
	return repeated, true
}

// place is the "file:line" at the beginning of a message. One that has none (an
// error object, or what error(text, 0) says) is where the traceback begins: such
// texts may differ from message to message.
func place(message, traceback string) string {
	if at := leadingPlace(message); at != "" {
		return at
	}
	if at := leadingPlace(traceback); at != "" {
		return at
	}
	return message
}

// leadingPlace is the "file:line" that a text begins with, or nothing.
func leadingPlace(message string) string {
	for i := 0; i < len(message); i++ {
		if message[i] != ':' {
			continue
		}
		j := i + 1
		for j < len(message) && '0' <= message[j] && message[j] <= '9' {
			j++
		}
		if j > i+1 && j < len(message) && message[j] == ':' {
			return message[:j]
		}
	}
	return ""
}

// message is the text of an error, whatever a script gave to error(): that of an
// object is what its __tostring says.
func (s *state) message(e *glua.ApiError) string {
	if e.Object == nil {
		return "unknown error"
	}
	v := thrown(e)
	switch v.(type) {
	case glua.LString, glua.LNumber:
		return strings.TrimSpace(v.String())
	}
	text := "error object is a " + v.Type().String() + " value"
	if s.lua.GetMetaField(v, "__tostring") == glua.LNil {
		return text
	}
	s.lua.Push(s.lua.NewFunction(func(l *glua.LState) int {
		l.Push(l.ToStringMeta(v))
		return 1
	}))
	if err := s.lua.PCall(0, 1, nil); err != nil {
		return text
	}
	if own, ok := s.lua.Get(-1).(glua.LString); ok {
		text = strings.TrimSpace(string(own))
	}
	s.lua.Pop(1)
	return text
}

// errExitAtLoad is said of scripts that end themselves where they are loaded.
var errExitAtLoad = errors.New("the script calls os.exit, KSR.x.exit or KSR.x.drop outside of functions: there is no message that it could end")

// loadError is an error of a script outside of its functions, in a line.
func (s *state) loadError(err error) error {
	if isExit(err) {
		return errExitAtLoad
	}
	e, ok := err.(*glua.ApiError)
	if !ok {
		return err
	}
	text := inLine.Replace(s.message(e))
	if e.StackTrace != "" {
		text += " traceback=" + strconv.Quote(e.StackTrace)
	}
	return errors.New(text)
}

// exitText is the error by which a script ends; Kamailio has the same, and
// scripts that catch errors know it.
const exitText = "~~ksr~exit~~"

// exit is the error of KSR.x.exit. It has a traceback so that none is made.
var exit = &glua.ApiError{Type: glua.ApiErrorRun, Object: glua.LString(exitText), StackTrace: " "}

func isExit(err error) bool {
	e, ok := err.(*glua.ApiError)
	return ok && (e == exit || e.Object == exit.Object)
}
