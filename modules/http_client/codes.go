// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// code is why there is no answer: scripts know the numbers of cURL.
type code int64

const (
	unsupportedScheme code = 1
	badURL            code = 3
	noHost            code = 6
	noConnection      code = 7
	timeOut           code = 28
	secureFailed      code = 35
	interfaceFailed   code = 45
	tooManyRedirects  code = 47
	noReply           code = 52
	badReceive        code = 56
	badCertificate    code = 60
)

// String says what it means.
func (c code) String() string {
	switch {
	case c >= 100:
		return "HTTP result code"
	case c == 0:
		return "No error"
	case c == unsupportedScheme:
		return "Unsupported protocol"
	case c == badURL:
		return "URL using bad/illegal format or missing URL"
	case c == noHost:
		return "Couldn't resolve host name"
	case c == noConnection:
		return "Couldn't connect to server"
	case c == timeOut:
		return "Timeout was reached"
	case c == secureFailed:
		return "SSL connect error"
	case c == interfaceFailed:
		return "Failed binding local connection end"
	case c == tooManyRedirects:
		return "Number of redirects hit maximum amount"
	case c == noReply:
		return "Server returned nothing (no headers, no data)"
	case c == badReceive:
		return "Failure when receiving data from the peer"
	case c == badCertificate:
		return "SSL peer certificate or SSH remote key was not OK"
	}
	return "Unknown error " + strconv.FormatInt(int64(c), 10)
}

var errRedirects = errors.New("too many redirections")

// codeOf is the number of what went wrong.
func codeOf(err error) code {
	var dns *net.DNSError
	var op *net.OpError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var verify *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var u *url.Error
	switch {
	case errors.Is(err, errRedirects):
		return tooManyRedirects
	case errors.Is(err, errInterface):
		return interfaceFailed
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return badCertificate
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return secureFailed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &u) && u.Timeout():
		return timeOut
	case errors.As(err, &dns):
		return noHost
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // alerts of TLS
		return secureFailed
	case errors.As(err, &op) && op.Op == "dial":
		return noConnection
	case errors.As(err, &op):
		return badReceive
	}
	return noReply
}
