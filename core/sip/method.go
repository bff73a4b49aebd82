// SPDX-License-Identifier: Apache-2.0

package sip

// Method is a request method as one bit, so that a set of methods is an OR and the question whether a message has one of them is an AND.
type Method uint32

// Methods. MethodOther is any name that is none of these.
const (
	MethodInvite Method = 1 << iota
	MethodCancel
	MethodAck
	MethodBye
	MethodInfo
	MethodRegister
	MethodSubscribe
	MethodNotify
	MethodMessage
	MethodOptions
	MethodPrack
	MethodUpdate
	MethodRefer
	MethodPublish
	MethodKDMQ
	MethodGet
	MethodPost
	MethodPut
	MethodDelete
	MethodOther
)

// MethodNone is the method of a message that has none.
const MethodNone Method = 0

var methodNames = [...]string{"INVITE", "CANCEL", "ACK", "BYE", "INFO", "REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "OPTIONS",
	"PRACK", "UPDATE", "REFER", "PUBLISH", "KDMQ", "GET", "POST", "PUT", "DELETE", "OTHER"}

// ParseMethod finds the method of a name. Method names are case-sensitive (RFC 3261 7.1); an unknown one is MethodOther.
func ParseMethod(s string) Method {
	switch s {
	case "INVITE":
		return MethodInvite
	case "ACK":
		return MethodAck
	case "BYE":
		return MethodBye
	case "CANCEL":
		return MethodCancel
	case "OPTIONS":
		return MethodOptions
	case "REGISTER":
		return MethodRegister
	case "SUBSCRIBE":
		return MethodSubscribe
	case "NOTIFY":
		return MethodNotify
	case "MESSAGE":
		return MethodMessage
	case "INFO":
		return MethodInfo
	case "PRACK":
		return MethodPrack
	case "UPDATE":
		return MethodUpdate
	case "REFER":
		return MethodRefer
	case "PUBLISH":
		return MethodPublish
	case "KDMQ":
		return MethodKDMQ
	case "GET":
		return MethodGet
	case "POST":
		return MethodPost
	case "PUT":
		return MethodPut
	case "DELETE":
		return MethodDelete
	}
	return MethodOther
}

// ParseMethods reads a list of method names, in any case, separated by any of the bytes of seps and blanks; unknown names add
// MethodOther. It is for Allow, for the methods parameter of a Contact ("," separated) and for is_method("INVITE|BYE").
func ParseMethods(s, seps string) Method {
	var set Method
	for len(s) > 0 {
		i := 0
		for i < len(s) && !isLWS(s[i]) && !containsByte(seps, s[i]) {
			i++
		}
		if i > 0 {
			set |= parseMethodFold(s[:i])
		}
		if i == len(s) {
			break
		}
		s = s[i+1:]
	}
	return set
}

func parseMethodFold(s string) Method {
	for i, n := range methodNames {
		if equalFold(s, n) {
			return 1 << i
		}
	}
	return MethodOther
}

func containsByte(s string, c byte) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return true
		}
	}
	return false
}

// Has says whether the two sets share a method.
func (m Method) Has(set Method) bool { return m&set != 0 }

// String is the name, or the names of a set joined by "|".
func (m Method) String() string {
	for i, n := range methodNames {
		if m == 1<<i {
			return n
		}
	}
	s := ""
	for i, n := range methodNames {
		if m&(1<<i) != 0 {
			if s != "" {
				s += "|"
			}
			s += n
		}
	}
	return s
}
