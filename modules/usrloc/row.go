// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/sip"
)

// maxAgentColumn is how long the column of the User-Agent is. The text is for
// people: it is cut, where another one that is too long refuses the row.
const maxAgentColumn = 255

// noConnection stands in connection_id for none.
const noConnection = -1

// row is a contact as the database has it, in the order of columns.list.
// Numbers are those of columns of 32 bits with a sign, as Kamailio has them.
func (b *database) row(aor string, c *Contact) []db.Value {
	user, domain := b.userAndDomain(aor)
	conn := int64(noConnection)
	if c.Conn != 0 && int64(c.Conn) <= 1<<31-1 {
		conn = int64(c.Conn)
	}
	var socket, methods db.Value
	if c.Socket != nil {
		socket = b.loc.socketText(c.Socket)
	}
	if c.Methods != AllMethods {
		methods = int64(int32(c.Methods))
	}
	q := -1.0
	if c.Q != sip.QUnset {
		q = float64(c.Q) / 1000
	}
	return []db.Value{user, domain, c.URI, orNull(c.Received), orNull(c.Path), b.time(c.Expires), q, c.CallID, int64(int32(c.CSeq)),
		b.time(c.Modified), int64(int32(c.Flags)), int64(int32(c.CFlags)), c.UserAgent[:min(len(c.UserAgent), maxAgentColumn)], socket, methods,
		string(c.AppendRUID(nil)), orNull(c.Instance), int64(int32(c.RegID)), int64(c.ServerID), conn, b.keepalive(c), int64(0)}
}

// keepalive tells whether the contact needs keepalives: as in Kamailio, whether
// it has nat_bflag. When it last answered one is not stored.
func (b *database) keepalive(c *Contact) int64 {
	if flag := b.loc.NATFlag(); flag >= 0 && c.CFlags&(1<<flag) != 0 {
		return 1
	}
	return 0
}

func orNull(s string) db.Value {
	if s == "" {
		return nil
	}
	return s
}

// time is a time as its column has it: a date, or with expires_type 1 a number.
func (b *database) time(seconds int64) db.Value {
	if b.loc.expiresType != 0 {
		return seconds
	}
	return time.Unix(seconds, 0).In(b.zone)
}

func (b *database) seconds(v db.Value) int64 {
	t, ok := db.Time(v, b.zone)
	if !ok || t.Unix() < 0 {
		return 0
	}
	return t.Unix()
}

var errRow = errors.New("a row without user, contact or record unique id")

// read turns a row into a contact; its strings are the row's.
func (b *database) read(row []db.Value) (aor string, c Contact, err error) {
	text := func(i int) string { return db.Text(row[i]) }
	number := func(i int) int64 { n, _ := db.Int(row[i]); return n }
	if aor = text(0); b.loc.UseDomain() {
		if domain := text(1); domain != "" && aor != "" {
			aor += "@" + domain
		} else if domain != "" {
			aor = domain
		}
	}
	c = Contact{URI: text(2), Received: text(3), Path: text(4), Expires: b.seconds(row[5]), CallID: text(7), CSeq: uint32(number(8)),
		Modified: b.seconds(row[9]), Flags: uint32(number(10)), CFlags: uint32(number(11)), UserAgent: text(12), Methods: AllMethods,
		RUID: text(15), Instance: text(16), RegID: uint32(number(17)), ServerID: int(number(18)), Keepalive: b.loc.host.Clock().Now().Unix(), Q: sip.QUnset}
	if aor == "" || c.URI == "" || c.RUID == "" {
		return "", Contact{}, errRow
	}
	if q, ok := db.Float(row[6]); ok && q >= 0 {
		c.Q = min(int(q*1000+0.5), 1000)
	}
	if s := text(13); s != "" {
		c.Socket = b.loc.host.Transport().SocketByText(s)
		c.streamed = !strings.HasPrefix(s, "udp:")
	}
	if row[14] != nil {
		c.Methods = sip.Method(uint32(number(14)))
	}
	return aor, c, nil
}
