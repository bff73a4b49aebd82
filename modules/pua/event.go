// SPDX-License-Identifier: Apache-2.0

package pua

// Event is an event package (RFC 6665) whose state is published here, or
// subscribed to.
type Event struct {
	Name string
	// ContentType is that of a body that comes without one.
	ContentType string
	// number stands for the package in the column event.
	number int
	// dress makes of the body of a publication the one that is sent; nil sends
	// it as it is.
	dress func(m *Module, body string, r *record) (string, error)
}

// The event packages.
var (
	Presence       = &Event{Name: "presence", ContentType: "application/pidf+xml", number: 1, dress: noteTuple}
	Watchers       = &Event{Name: "presence.winfo", number: 2}
	SharedLine     = &Event{Name: "dialog;sla", ContentType: "application/dialog-info+xml", number: 4, dress: countVersion(always)}
	MessageSummary = &Event{Name: "message-summary", ContentType: "application/simple-message-summary", number: 8}
	Dialog         = &Event{Name: "dialog", ContentType: "application/dialog-info+xml", number: 32, dress: countVersion(ofDialog)}
	Registration   = &Event{Name: "reg", ContentType: "application/reginfo+xml", number: 64, dress: countVersion(ofRegistration)}
)

var events = []*Event{Presence, Watchers, SharedLine, MessageSummary, Dialog, Registration}

// EventNamed returns an event package, or nil.
func EventNamed(name string) *Event {
	for _, e := range events {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// numbered returns the event package that a row names, or nil.
func numbered(number int) *Event {
	for _, e := range events {
		if e.number == number {
			return e
		}
	}
	return nil
}

// Source is the module that publishes or subscribes. The numbers stand in the
// column flag.
type Source int

// The sources. Subscriptions for shared lines are the ones that name a target: the
// phones of a line stand side by side.
const (
	FromLocation      Source = 1 << 0
	FromSharedLine    Source = 1 << 1
	ForSharedLine     Source = 1 << 2
	FromCommand       Source = 1 << 6
	FromAwaited       Source = 1 << 7 // a command that waits for the reply
	FromDialogs       Source = 1 << 10
	FromRegistrations Source = 1 << 12
	ForRegistrations  Source = 1 << 13
)
