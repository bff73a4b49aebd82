// SPDX-License-Identifier: Apache-2.0

package sip

// HeaderType names a header field that the server knows.
type HeaderType uint8

// Header fields. HeaderOther is any name that is none of these.
const (
	HeaderOther HeaderType = iota
	HeaderVia
	HeaderFrom
	HeaderTo
	HeaderCSeq
	HeaderCallID
	HeaderContact
	HeaderMaxForwards
	HeaderRoute
	HeaderRecordRoute
	HeaderPath
	HeaderContentType
	HeaderContentLength
	HeaderContentDisposition
	HeaderContentEncoding
	HeaderContentLanguage
	HeaderAuthorization
	HeaderProxyAuthorization
	HeaderProxyAuthenticate
	HeaderWWWAuthenticate
	HeaderAuthenticationInfo
	HeaderExpires
	HeaderMinExpires
	HeaderSupported
	HeaderRequire
	HeaderProxyRequire
	HeaderUnsupported
	HeaderAllow
	HeaderEvent
	HeaderAllowEvents
	HeaderAccept
	HeaderAcceptLanguage
	HeaderAcceptEncoding
	HeaderAcceptContact
	HeaderRejectContact
	HeaderRequestDisposition
	HeaderOrganization
	HeaderPriority
	HeaderSubject
	HeaderUserAgent
	HeaderServer
	HeaderDiversion
	HeaderRemotePartyID
	HeaderReferTo
	HeaderReferredBy
	HeaderReferSub
	HeaderReplaces
	HeaderJoin
	HeaderSessionExpires
	HeaderMinSE
	HeaderSIPETag
	HeaderSIPIfMatch
	HeaderSubscriptionState
	HeaderDate
	HeaderTimestamp
	HeaderIdentity
	HeaderIdentityInfo
	HeaderPAssertedIdentity
	HeaderPPreferredIdentity
	HeaderPAssociatedURI
	HeaderPCalledPartyID
	HeaderPVisitedNetworkID
	HeaderPAccessNetworkInfo
	HeaderPChargingVector
	HeaderPrivacy
	HeaderServiceRoute
	HeaderReason
	HeaderRetryAfter
	HeaderWarning
	HeaderErrorInfo
	HeaderAlertInfo
	HeaderCallInfo
	HeaderInReplyTo
	HeaderReplyTo
	HeaderMIMEVersion
	HeaderRSeq
	HeaderRAck
	HeaderSecurityClient
	HeaderSecurityServer
	HeaderSecurityVerify
	HeaderHistoryInfo
	HeaderFlowTimer
	HeaderGeolocation
	HeaderHost
	HeaderCount // the number of header types, not a type
)

var headerNames = [HeaderCount]string{
	HeaderOther:              "",
	HeaderVia:                "Via",
	HeaderFrom:               "From",
	HeaderTo:                 "To",
	HeaderCSeq:               "CSeq",
	HeaderCallID:             "Call-ID",
	HeaderContact:            "Contact",
	HeaderMaxForwards:        "Max-Forwards",
	HeaderRoute:              "Route",
	HeaderRecordRoute:        "Record-Route",
	HeaderPath:               "Path",
	HeaderContentType:        "Content-Type",
	HeaderContentLength:      "Content-Length",
	HeaderContentDisposition: "Content-Disposition",
	HeaderContentEncoding:    "Content-Encoding",
	HeaderContentLanguage:    "Content-Language",
	HeaderAuthorization:      "Authorization",
	HeaderProxyAuthorization: "Proxy-Authorization",
	HeaderProxyAuthenticate:  "Proxy-Authenticate",
	HeaderWWWAuthenticate:    "WWW-Authenticate",
	HeaderAuthenticationInfo: "Authentication-Info",
	HeaderExpires:            "Expires",
	HeaderMinExpires:         "Min-Expires",
	HeaderSupported:          "Supported",
	HeaderRequire:            "Require",
	HeaderProxyRequire:       "Proxy-Require",
	HeaderUnsupported:        "Unsupported",
	HeaderAllow:              "Allow",
	HeaderEvent:              "Event",
	HeaderAllowEvents:        "Allow-Events",
	HeaderAccept:             "Accept",
	HeaderAcceptLanguage:     "Accept-Language",
	HeaderAcceptEncoding:     "Accept-Encoding",
	HeaderAcceptContact:      "Accept-Contact",
	HeaderRejectContact:      "Reject-Contact",
	HeaderRequestDisposition: "Request-Disposition",
	HeaderOrganization:       "Organization",
	HeaderPriority:           "Priority",
	HeaderSubject:            "Subject",
	HeaderUserAgent:          "User-Agent",
	HeaderServer:             "Server",
	HeaderDiversion:          "Diversion",
	HeaderRemotePartyID:      "Remote-Party-ID",
	HeaderReferTo:            "Refer-To",
	HeaderReferredBy:         "Referred-By",
	HeaderReferSub:           "Refer-Sub",
	HeaderReplaces:           "Replaces",
	HeaderJoin:               "Join",
	HeaderSessionExpires:     "Session-Expires",
	HeaderMinSE:              "Min-SE",
	HeaderSIPETag:            "SIP-ETag",
	HeaderSIPIfMatch:         "SIP-If-Match",
	HeaderSubscriptionState:  "Subscription-State",
	HeaderDate:               "Date",
	HeaderTimestamp:          "Timestamp",
	HeaderIdentity:           "Identity",
	HeaderIdentityInfo:       "Identity-Info",
	HeaderPAssertedIdentity:  "P-Asserted-Identity",
	HeaderPPreferredIdentity: "P-Preferred-Identity",
	HeaderPAssociatedURI:     "P-Associated-URI",
	HeaderPCalledPartyID:     "P-Called-Party-ID",
	HeaderPVisitedNetworkID:  "P-Visited-Network-ID",
	HeaderPAccessNetworkInfo: "P-Access-Network-Info",
	HeaderPChargingVector:    "P-Charging-Vector",
	HeaderPrivacy:            "Privacy",
	HeaderServiceRoute:       "Service-Route",
	HeaderReason:             "Reason",
	HeaderRetryAfter:         "Retry-After",
	HeaderWarning:            "Warning",
	HeaderErrorInfo:          "Error-Info",
	HeaderAlertInfo:          "Alert-Info",
	HeaderCallInfo:           "Call-Info",
	HeaderInReplyTo:          "In-Reply-To",
	HeaderReplyTo:            "Reply-To",
	HeaderMIMEVersion:        "MIME-Version",
	HeaderRSeq:               "RSeq",
	HeaderRAck:               "RAck",
	HeaderSecurityClient:     "Security-Client",
	HeaderSecurityServer:     "Security-Server",
	HeaderSecurityVerify:     "Security-Verify",
	HeaderHistoryInfo:        "History-Info",
	HeaderFlowTimer:          "Flow-Timer",
	HeaderGeolocation:        "Geolocation",
	HeaderHost:               "Host",
}

// compactHeaders are the one-letter forms that IANA registered, by small letter minus 'a'.
var compactHeaders = [26]HeaderType{
	'a' - 'a': HeaderAcceptContact,
	'b' - 'a': HeaderReferredBy,
	'c' - 'a': HeaderContentType,
	'd' - 'a': HeaderRequestDisposition,
	'e' - 'a': HeaderContentEncoding,
	'f' - 'a': HeaderFrom,
	'i' - 'a': HeaderCallID,
	'j' - 'a': HeaderRejectContact,
	'k' - 'a': HeaderSupported,
	'l' - 'a': HeaderContentLength,
	'm' - 'a': HeaderContact,
	'n' - 'a': HeaderIdentityInfo,
	'o' - 'a': HeaderEvent,
	'r' - 'a': HeaderReferTo,
	's' - 'a': HeaderSubject,
	't' - 'a': HeaderTo,
	'u' - 'a': HeaderAllowEvents,
	'v' - 'a': HeaderVia,
	'x' - 'a': HeaderSessionExpires,
	'y' - 'a': HeaderIdentity,
}

// String is the header's name as RFCs write it, "" for HeaderOther.
func (t HeaderType) String() string { return headerNames[t] }

// headerIndex finds a header type by a hash of its name: slots holds the first type of each hash, chain the next with the same.
var headerIndex = buildHeaderIndex()

type headerHash struct {
	slots [256]HeaderType
	chain [HeaderCount]HeaderType
}

func buildHeaderIndex() *headerHash {
	h := new(headerHash)
	for t := HeaderCount - 1; t > HeaderOther; t-- {
		k := hashName(headerNames[t])
		h.chain[t] = h.slots[k]
		h.slots[k] = t
	}
	return h
}

// hashName mixes the length and three letters of a name of at least two; bit 5 is set to fold the case of letters.
func hashName(s string) uint8 {
	return uint8(len(s))*37 + (s[0]|0x20)*5 + (s[len(s)-1]|0x20)*11 + (s[len(s)/2]|0x20)*3
}

// ParseHeaderType finds the type of a header name, in any case, full or compact (RFC 3261 7.3.3); HeaderOther when unknown.
func ParseHeaderType(name string) HeaderType {
	if len(name) < 2 {
		if len(name) == 1 {
			if c := lower(name[0]) - 'a'; c < 26 {
				return compactHeaders[c]
			}
		}
		return HeaderOther
	}
	for t := headerIndex.slots[hashName(name)]; t != HeaderOther; t = headerIndex.chain[t] {
		if equalFold(name, headerNames[t]) {
			return t
		}
	}
	return HeaderOther
}
