// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
)

// outage is told once, and its end.
type outage struct{ on atomic.Bool }

func (o *outage) begins() bool { return !o.on.Swap(true) }
func (o *outage) ends() bool   { return o.on.Load() && o.on.Swap(false) }

// tell logs that something cannot be written: once for an outage.
func (d *Domain) tell(what string, err error) { d.report(&d.writes, what, err) }

// tellUnread logs that something cannot be read: once for an outage.
func (d *Domain) tellUnread(what string, err error) { d.report(&d.reads, what, err) }

func (d *Domain) report(o *outage, what string, err error) {
	d.loc.dbFailures.Inc()
	if db.Refused(err) || o.begins() {
		d.loc.host.Log().Error(what, "table", d.name, "err", err, "waiting", d.loc.waiting())
	}
}

// took notes that the database took something.
func (d *Domain) took() {
	if d.writes.ends() {
		d.loc.host.Log().Warn("the database of contacts is back", "table", d.name, "waiting", d.loc.waiting())
	}
}

// gave notes that the database gave rows.
func (d *Domain) gave() {
	if d.reads.ends() {
		d.loc.host.Log().Warn("the database of contacts gives rows again", "table", d.name)
	}
}
