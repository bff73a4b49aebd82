// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

type storage interface {
	db.Database
	db.Querier
}

// flaky is a database that can be away, and refuses contacts with a "!".
type flaky struct {
	storage
	away   atomic.Bool
	writes atomic.Int64
	// frozen has it refuse to change and remove what is there.
	frozen atomic.Bool
	// readOnly has it only give rows.
	readOnly atomic.Bool
	// why it is away, db.ErrUnavailable unless set.
	why error
	// lacks is a table that is not there for those who write.
	lacks string
	// hold, if set, has each write tell that it has begun and wait.
	hold chan chan struct{}
}

func (f *flaky) Transact(ctx context.Context, do func(db.Operations) error) error {
	if f.away.Load() || f.readOnly.Load() {
		return fmt.Errorf("test: %w", cmp.Or(f.why, db.ErrUnavailable))
	}
	f.writes.Add(1)
	if f.hold != nil {
		goOn := make(chan struct{})
		f.hold <- goOn
		<-goOn
	}
	return f.storage.(db.Transactor).Transact(ctx, func(o db.Operations) error { return do(refusing{o, f}) })
}

func (f *flaky) Select(ctx context.Context, q db.Query, each func([]db.Value) error) error {
	if f.away.Load() {
		return fmt.Errorf("%w: test", db.ErrUnavailable)
	}
	return f.storage.Select(ctx, q, each)
}

type refusing struct {
	db.Operations
	f *flaky
}

var errRefused = fmt.Errorf("%w: test", db.ErrRefused)

func (r refusing) Insert(ctx context.Context, table string, columns []string, rows ...[]db.Value) error {
	if table == r.f.lacks {
		return fmt.Errorf("test: %w", db.ErrNoTable)
	}
	for _, row := range rows {
		if strings.Contains(db.Text(row[2]), "!") {
			return errRefused
		}
	}
	return r.Operations.Insert(ctx, table, columns, rows...)
}

func (r refusing) Put(ctx context.Context, table string, columns, keys []string, row []db.Value) error {
	if r.f.frozen.Load() || strings.Contains(db.Text(row[2]), "!") {
		return errRefused
	}
	return r.Operations.Put(ctx, table, columns, keys, row)
}

func (r refusing) Delete(ctx context.Context, table string, where []db.Cond) (int64, error) {
	if r.f.frozen.Load() {
		return 0, errRefused
	}
	return r.Operations.Delete(ctx, table, where)
}

func newDatabase(t testing.TB) *flaky {
	t.Helper()
	u, err := db.ParseURL("sqlite://" + filepath.Join(t.TempDir(), "kamailio.db"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_sqlite.New().Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &flaky{storage: d.(storage)}
	var tables []schema.Table
	for _, name := range []string{"version", "location", "location_attrs"} {
		table, ok := schema.Lookup(name)
		if !ok {
			t.Fatal("no table", name)
		}
		tables = append(tables, table)
	}
	if _, err := schema.SQLite.On(f.storage).Create(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	return f
}

// serve starts a server with a database.
func serve(t testing.TB, f *flaky, mode int, set ...func(*Usrloc)) (*host, *Usrloc, *Domain) {
	t.Helper()
	h := newHost(t)
	h.DB = f
	u := New()
	u.dbMode, u.useDomain = mode, 1
	for _, s := range set {
		s(u)
	}
	return h, u, start(t, h, u)
}

// alter does what save does.
func alter(t testing.TB, d *Domain, aor string, f func(b *Bindings)) error {
	t.Helper()
	v, err := d.Visit(nil, aor)
	if err != nil {
		return err
	}
	b := v.Lock()
	f(&b)
	b.Unlock()
	return v.Commit()
}

func register(t testing.TB, d *Domain, aor string, c Contact) error {
	t.Helper()
	return alter(t, d, aor, func(b *Bindings) {
		var err error
		if h := b.Match(&c); h != 0 {
			err = b.Update(h, &c)
		} else {
			_, err = b.Insert(&c)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// rows are user@domain and contact of all rows, sorted.
func rows(t testing.TB, f *flaky) []string {
	t.Helper()
	all, err := db.Rows(t.Context(), f.storage, db.Query{Table: "location", Columns: []string{"username", "domain", "contact"}})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range all {
		list = append(list, db.Text(r[0])+"@"+db.Text(r[1])+" "+db.Text(r[2]))
	}
	slices.Sort(list)
	return list
}

func wantRows(t testing.TB, f *flaky, when string, want ...string) {
	t.Helper()
	if got := rows(t, f); !slices.Equal(got, want) {
		t.Errorf("%s the rows are %q, want %q", when, got, want)
	}
}

// visited lists the contacts of an AOR as a script finds them.
func visited(t testing.TB, d *Domain, aor string) (list []Contact) {
	t.Helper()
	v, err := d.Visit(nil, aor)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Leave()
	b := v.Lock()
	defer b.Unlock()
	return b.copies()
}

func TestWriteThrough(t *testing.T) {
	f := newDatabase(t)
	_, u, d := serve(t, f, dbThrough)
	if err := register(t, d, "bob@h", contact("sip:1@h")); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "before the answer", "bob@h sip:1@h")
	before := f.writes.Load()
	if err := alter(t, d, "bob@h", func(*Bindings) {}); err != nil || f.writes.Load() != before {
		t.Errorf("nothing has changed and something was written: %v", err)
	}
	moved := contact("sip:1@h")
	moved.CSeq, moved.Path = 2, "<sip:p;lr>"
	if err := register(t, d, "bob@h", moved); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "after a refresh", "bob@h sip:1@h")
	if got := visited(t, d, "bob@h"); got[0].state != stateSynced {
		t.Errorf("the contact is %v, want CS_SYNC", got[0].state)
	}
	if err := alter(t, d, "bob@h", func(b *Bindings) { b.Delete(b.First()) }); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "after it was removed")
	if n := u.waiting(); n != 0 {
		t.Errorf("%d changes wait", n)
	}
}

// TestRestart: what a row holds is what comes back.
func TestRestart(t *testing.T) {
	f := newDatabase(t)
	attributes := func(u *Usrloc) { u.xavp = "ulattrs" }
	h, _, d := serve(t, f, dbThrough, attributes)
	full := Contact{URI: "sip:bob@192.0.2.7:5070;ob", Received: "sip:192.0.2.8:5090", Path: "<sip:p1;lr>, <sip:p2;lr>", CallID: "c 'x' \"y\"",
		CSeq: 4000000000, UserAgent: strings.Repeat("agent ", 60), Instance: "<urn:uuid:1>", RegID: 3, Q: 250, Flags: 1, CFlags: 1 << 31,
		Methods: sip.MethodInvite | sip.MethodBye, ServerID: 7, Keepalive: rpctest.Start.Unix(), Modified: rpctest.Start.Unix() - 1,
		Expires: rpctest.Start.Unix() + 600, Socket: h.Transport().Sockets()[0], XAVPs: new(avp.Tree)}
	full.XAVPs.Add("text", avp.Item{Value: avp.String("a;b")})
	full.XAVPs.Add("number", avp.Item{Value: avp.Number(-5)})
	if err := register(t, d, "bob@h", full); err != nil {
		t.Fatal(err)
	}
	forever := contact("sip:forever@h")
	forever.Expires, forever.Q = 0, sip.QUnset
	if err := register(t, d, "carol@h", forever); err != nil {
		t.Fatal(err)
	}
	want := visited(t, d, "bob@h")[0]
	want.UserAgent = want.UserAgent[:maxAgentColumn]

	_, again, d2 := serve(t, f, dbThrough, attributes)
	got := visited(t, d2, "bob@h")
	if len(got) != 1 {
		t.Fatalf("%d contacts after the start", len(got))
	}
	k := got[0]
	if string(k.AppendRUID(nil)) != string(want.AppendRUID(nil)) {
		t.Errorf("record unique id %s, want %s", k.AppendRUID(nil), want.AppendRUID(nil))
	}
	if k.Socket == nil || k.Socket.Text != want.Socket.Text {
		t.Errorf("socket %v", k.Socket)
	}
	if text, number := k.XAVPs.At("text", 0), k.XAVPs.At("number", 0); text == nil || text.Value.Str != "a;b" || number == nil || number.Value.Int != -5 {
		t.Errorf("attributes %v %v", text, number)
	}
	k.RUID, k.Serial, k.Socket, k.XAVPs, k.store, k.state = "", 0, nil, nil, nil, 0
	want.RUID, want.Serial, want.Socket, want.XAVPs, want.store, want.state = "", 0, nil, nil, nil, 0
	if k != want {
		t.Errorf("got  %+v\nwant %+v", k, want)
	}
	if c := visited(t, d2, "carol@h"); len(c) != 1 || c[0].Expires != 0 || c[0].Q != sip.QUnset || c[0].Methods != AllMethods {
		t.Errorf("a permanent contact came back as %+v", c)
	}
	if again.waiting() != 0 {
		t.Errorf("%d changes wait after loading", again.waiting())
	}
}

func TestWriteBack(t *testing.T) {
	f := newDatabase(t)
	h, u, d := serve(t, f, dbBack)
	for _, aor := range []string{"a@h", "b@h", "c@h"} {
		if err := register(t, d, aor, contact("sip:"+aor)); err != nil {
			t.Fatal(err)
		}
	}
	wantRows(t, f, "before the timer")
	if u.waiting() != 3 {
		t.Errorf("%d changes wait, want 3", u.waiting())
	}
	h.Time.Advance(61 * time.Second)
	wantRows(t, f, "after the timer", "a@h sip:a@h", "b@h sip:b@h", "c@h sip:c@h")
	alter(t, d, "b@h", func(b *Bindings) { b.Delete(b.First()) })
	if err := register(t, d, "never@h", contact("sip:never@h")); err != nil {
		t.Fatal(err)
	}
	alter(t, d, "never@h", func(b *Bindings) { b.Delete(b.First()) })
	if u.waiting() != 1 {
		t.Errorf("%d changes wait, want the removal of b", u.waiting())
	}
	if err := register(t, d, "d@h", contact("sip:d@h")); err != nil {
		t.Fatal(err)
	}
	if err := u.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "after the end", "a@h sip:a@h", "c@h sip:c@h", "d@h sip:d@h")
}

// TestRepeatedMeanwhile: a REGISTER that is repeated while its row is written
// waits for the row, as the first one does.
func TestRepeatedMeanwhile(t *testing.T) {
	f := newDatabase(t)
	_, _, d := serve(t, f, dbThrough)
	f.hold = make(chan chan struct{})
	first := make(chan error)
	go func() { first <- register(t, d, "bob@h", contact("sip:a@h")) }()
	goOn := <-f.hold
	v, err := d.Visit(nil, "bob@h")
	if err != nil {
		t.Fatal(err)
	}
	if !v.changed() {
		t.Error("there is nothing to wait for")
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if v.changed() {
		t.Error("there is something to wait for when the row is there")
	}
}

// TestOnly: two servers with one database and nothing in memory.
func TestOnly(t *testing.T) {
	f := newDatabase(t)
	h, u, d1 := serve(t, f, dbOnly)
	var told []string
	u.OnExpire(func(_, aor string, c *Contact) { told = append(told, aor+" "+c.URI) })
	_, _, d2 := serve(t, f, dbOnly)
	if err := register(t, d1, "bob@h", contact("sip:1@h")); err != nil {
		t.Fatal(err)
	}
	if err := register(t, d2, "bob@h", contact("sip:2@h")); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "of two servers", "bob@h sip:1@h", "bob@h sip:2@h")
	got := visited(t, d1, "bob@h")
	if len(got) != 2 || d1.Contacts() != 0 {
		t.Fatalf("%d contacts found, %d in memory; want 2 and 0", len(got), d1.Contacts())
	}
	v, ok, err := d1.VisitRUID(nil, 0, string(got[0].AppendRUID(nil)))
	if err != nil || !ok {
		t.Fatalf("not found by its record unique id: %v", err)
	}
	b := v.Lock()
	if b.AOR() != "bob@h" || b.MatchRUID(got[0].RUID) == 0 {
		t.Errorf("found %s", b.AOR())
	}
	b.Unlock()
	v.Leave()
	if _, ok, err := d1.VisitRUID(nil, 0, "uloc-1-2-3"); ok || err != nil {
		t.Errorf("an unknown id: %v %v", ok, err)
	}
	all := 0
	d1.Each(func(b *Bindings) bool { all += len(b.copies()); return true })
	if all != 2 {
		t.Errorf("the walk found %d contacts, want 2", all)
	}
	if err := alter(t, d2, "bob@h", func(b *Bindings) { b.Delete(b.MatchURI("sip:1@h")) }); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "after one was removed", "bob@h sip:2@h")
	f.away.Store(true)
	if err := register(t, d1, "carol@h", contact("sip:3@h")); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("without the database: %v", err)
	}
	f.away.Store(false)
	h.Time.Advance(700 * time.Second)
	wantRows(t, f, "after their time")
	if want := []string{"bob@h sip:2@h"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
}

func TestLoadOnly(t *testing.T) {
	f := newDatabase(t)
	_, u, d := serve(t, f, dbThrough)
	for i := range 4 {
		c := contact(fmt.Sprintf("sip:%d@h", i))
		c.ServerID = i % 2
		if i == 3 {
			c.Expires = rpctest.Start.Unix() - 1
		}
		register(t, d, "bob@h", c)
	}
	if err := u.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, _, d4 := serve(t, f, dbLoad, func(u *Usrloc) { u.serverFilter = 1 })
	if got := visited(t, d4, "bob@h"); len(got) != 2 {
		t.Errorf("%d contacts of server 0, want 2", len(got))
	}
	alter(t, d4, "bob@h", func(b *Bindings) { b.Delete(b.First()) })
	register(t, d4, "new@h", contact("sip:new@h"))
	h.Time.Advance(61 * time.Second)
	wantRows(t, f, "with db_mode 4", "bob@h sip:0@h", "bob@h sip:1@h", "bob@h sip:2@h", "bob@h sip:3@h")
	// What is over when it is loaded is removed.
	_, again, _ := serve(t, f, dbBack)
	if err := again.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantRows(t, f, "with db_mode 2", "bob@h sip:0@h", "bob@h sip:1@h", "bob@h sip:2@h")
}

func TestDatabaseThatDoesNotFit(t *testing.T) {
	for _, row := range []struct {
		name, statement, want string
		set                   func(*Usrloc)
	}{
		{"version", "UPDATE version SET table_version=8 WHERE table_name='location'", "table location has version 8, 9 is needed", nil},
		{"no version", "DELETE FROM version", "table location has no version", nil},
		{"no table", "DROP TABLE location", "cannot load table location", nil},
		{"column", "SELECT 1", "cannot load table location", func(u *Usrloc) { u.columns.contact = "kontakt" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newDatabase(t)
			if _, err := f.storage.Raw(t.Context(), row.statement); err != nil {
				t.Fatal(err)
			}
			h := newHost(t)
			h.DB = f
			u := New()
			u.dbMode = dbThrough
			if row.set != nil {
				row.set(u)
				u.columns.contact = "kontakt"
			}
			u.Domain("location")
			if err := u.Start(t.Context(), h); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	u := New()
	u.dbMode, u.dbURL = dbBack, "nonsense"
	if err := u.Prepare(nil); err == nil || !strings.Contains(err.Error(), `db_url "nonsense"`) {
		t.Errorf("got %v", err)
	}
}

// TestRowsFollowMemory: many workers change the same AORs, the database comes and
// goes; in the end it has what memory has.
func TestRowsFollowMemory(t *testing.T) {
	f := newDatabase(t)
	_, u, d := serve(t, f, dbThrough)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 60 {
				aor := fmt.Sprintf("u%d@h", (i*7+w)%5)
				c := contact(fmt.Sprintf("sip:%d@h", i%3))
				c.CSeq = uint32(i)
				if i%4 == 3 {
					_ = alter(t, d, aor, func(b *Bindings) {
						if h := b.First(); h != 0 {
							b.Delete(h)
						}
					})
				} else {
					_ = register(t, d, aor, c)
				}
				if w == 0 && i%20 == 0 {
					f.away.Store(i%40 == 0)
				}
			}
		})
	}
	wg.Wait()
	f.away.Store(false)
	if err := u.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []string
	d.Each(func(b *Bindings) bool {
		for _, c := range b.copies() {
			want = append(want, b.AOR()+" "+c.URI)
		}
		return true
	})
	slices.Sort(want)
	wantRows(t, f, "in the end", want...)
	if u.waiting() != 0 {
		t.Errorf("%d changes wait", u.waiting())
	}
}
