// SPDX-License-Identifier: Apache-2.0

package module

// Result is what a function or a route reports. As in Kamailio a positive
// number is true, a negative one false, and zero ends the script; scripts see
// the number as $rc where documentation gives it a meaning.
type Result int

// The named results.
const (
	True  Result = 1
	False Result = -1
	Stop  Result = 0
)

// Bool returns True or False.
func Bool(b bool) Result {
	if b {
		return True
	}
	return False
}

// RouteKind is a kind of route block, or a set of kinds.
type RouteKind uint16

// The kinds. A route[NAME] block has no kind of its own: it runs as what its
// caller is.
const (
	RequestRoute RouteKind = 1 << iota
	FailureRoute
	ReplyRoute // onreply_route[NAME], run by tm
	BranchRoute
	OnSendRoute
	LocalRoute // event_route[tm:local-request]
	CoreReplyRoute
	BranchFailureRoute // event_route[tm:branch-failure:NAME]
	EventRoute

	AnyRoute   RouteKind = 1<<iota - 1
	AnyReply             = ReplyRoute | CoreReplyRoute
	AnyRequest           = RequestRoute | FailureRoute | BranchRoute | OnSendRoute | LocalRoute | BranchFailureRoute | EventRoute
)

// RouteRef names a route of a program. Refs stay valid within a generation.
type RouteRef int32

// NoRoute is the absent route.
const NoRoute RouteRef = 0
