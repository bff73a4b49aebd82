// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	glua "github.com/yuin/gopher-lua"
)

// errorQuiet is how long an error stays silent after a line about it.
const errorQuiet = 60 * time.Second

// maxErrors bounds the errors that are told apart: their texts may hold what
// a peer sent.
const maxErrors = 1000

// errorLog tells of the errors of the scripts with their traceback, the first few
// of a place, and then of how often more came: with the next one, or when there
// was none for a while.
type errorLog struct {
	host  module.Host
	known module.Repeats[string]
	// silence runs out when an error of which there is a count may be over.
	silence timer.Timer
}

func (e *errorLog) init(h module.Host) {
	e.host = h
	e.silence.Init(h.Timers(), timer.Func(func() { h.Go("lua errors", e.silent) }))
}

// report logs an error of a script. message begins with its place.
func (e *errorLog) report(c *module.Call, message, traceback string) {
	message = printable(inLine.Replace(message))
	attrs := make([]any, 0, 12)
	if !c.MadeUp {
		attrs = append(attrs, "call_id", c.Msg.Value(sip.HeaderCallID), "method", methodOf(c.Msg))
	}
	attrs = append(attrs, "route", c.Line.Route)
	tell, repeated := e.known.Note(strings.Clone(place(message, traceback)), message, c.Packet.Time, errorQuiet)
	if !tell {
		if !e.silence.Armed() {
			e.silence.Arm(errorQuiet)
		}
		c.Log().Debug("error in a Lua script: "+message, attrs...)
		return
	}
	if e.known.Len() > maxErrors {
		e.repeated(e.host.Clock().Now())
	}
	if repeated > 0 {
		attrs = append(attrs, "repeated", repeated)
	}
	if traceback != "" {
		attrs = append(attrs, "traceback", traceback)
	}
	c.Log().Error("error in a Lua script: "+message, attrs...)
}

// silent tells of the errors that are over.
func (e *errorLog) silent() {
	now := e.host.Clock().Now()
	if next := e.repeated(now.Add(-errorQuiet)); !next.IsZero() {
		e.silence.Arm(next.Add(errorQuiet).Sub(now))
	}
}

// repeated tells how often the errors came again of which there was none since a
// time; next is the first one of those behind it.
func (e *errorLog) repeated(since time.Time) (next time.Time) {
	untold, next := e.known.Take(since)
	for at, n := range untold {
		e.host.Log().Error("an error in a Lua script came again", "module", "script", "at", at, "repeated", n)
	}
	return next
}

// end tells what is not told yet.
func (e *errorLog) end() {
	e.silence.Stop()
	e.repeated(e.host.Clock().Now())
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
