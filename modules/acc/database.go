// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// waiting is how many rows wait for a database that is not available, before
// further ones are lost, counted and told of in the log.
const waiting = 50_000

// goodbye is how long the end of the server waits for the last rows.
const goodbye = 5 * time.Second

// Versions of the tables, as Kamailio 5.6 makes them.
const (
	versionAcc    = 5
	versionMissed = 4
)

var (
	errNoDatabase = errors.New("db_url is not set")
)

// DatabaseURLs implements module.Connector.
func (a *Acc) DatabaseURLs() []string {
	if a.dbURL == "" {
		return nil
	}
	return []string{a.dbURL}
}

// open opens the database and starts what writes into it.
func (a *Acc) open(ctx context.Context, h module.Host) error {
	d, err := h.Database(ctx, a.dbURL)
	if err != nil {
		return err
	}
	if err := a.checkTables(ctx, h, d); err != nil {
		return err
	}
	a.db = d
	a.queue = db.NewQueue(d, waiting, h.Log().With("module", "acc"))
	a.queue.Refused, a.queue.Failed = a.rowsLost, a.rowsRefused
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	h.Go("acc database", func() { a.queue.Run(run) })
	return nil
}

// checkTables checks the tables that flags write into, and that of calls. As in
// Kamailio only a version of another number ends the start: the rest of a server
// works without records, and who may only insert cannot look at columns.
func (a *Acc) checkTables(ctx context.Context, h module.Host, d db.Database) error {
	for _, t := range [...]struct {
		flag, version int
		table         module.Template
	}{{a.dbFlag, versionAcc, a.tableAcc}, {a.dbMissedFlag, versionMissed, a.tableMissed}} {
		if t.flag < 0 || !t.table.Const() {
			continue
		}
		if a.versionCheck != 0 {
			if err := db.CheckVersion(ctx, d, h.Core().VersionTable, t.table.String(), t.version); err != nil {
				return err
			}
		}
		a.warnOfColumns(ctx, h, d, t.table.String(), a.columns)
	}
	if a.cdrEnable != 0 && a.cdrTable != "" {
		a.warnOfColumns(ctx, h, d, a.cdrTable, a.cdrColumns)
	}
	return nil
}

// warnOfColumns tells of columns that rows will have and the table has not.
func (a *Acc) warnOfColumns(ctx context.Context, h module.Host, d db.Database, table string, columns []string) {
	if err := db.CheckColumns(ctx, d, table, columns...); err != nil {
		h.Log().With("module", "acc").Error("records may be refused by the database", "err", err)
	}
}

// Stop implements module.Stopper: what waits is written.
func (a *Acc) Stop(ctx context.Context) error {
	if a.queue == nil {
		return nil
	}
	defer a.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	return a.queue.Close(ctx)
}

// prepareColumns makes the column names of a record.
func (a *Acc) prepareColumns() error {
	a.columns = []string{a.columnMethod, a.columnFromTag, a.columnToTag, a.columnCallID, a.columnCode, a.columnReason, a.columnTime}
	if a.timeMode > 0 {
		a.columns = append(a.columns, a.timeAttr)
	}
	if a.timeMode == 1 {
		a.columns = append(a.columns, a.timeExten)
	}
	for _, list := range [...][]field{a.dbExtra, a.legs} {
		for _, f := range list {
			a.columns = append(a.columns, f.name)
		}
	}
	a.cdrColumns = []string{a.startID, a.endID, a.durationID}
	for _, f := range a.cdrExtra {
		a.cdrColumns = append(a.cdrColumns, f.name)
	}
	if a.dbURL == "" {
		return nil
	}
	for _, list := range [...][]string{a.columns, a.cdrColumns} {
		seen := map[string]bool{}
		for _, name := range list {
			if err := db.CheckName(name); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
			if seen[name] {
				return fmt.Errorf("column %s is named twice", name)
			}
			seen[name] = true
		}
	}
	return nil
}

// nullable is the value of a further field.
func nullable(v module.Value, null int) db.Value {
	if v.IsNull() && null != 0 {
		return nil
	}
	return strings.Clone(text(v))
}

// rows are those of a record: one for each leg, one without legs. They keep
// nothing of the message.
func (a *Acc) rows(c *module.Call, r *record) [][]db.Value {
	row := make([]db.Value, 0, len(a.columns))
	for _, s := range [...]string{r.method, r.from, r.to, r.callID, r.code, r.reason} {
		row = append(row, strings.Clone(s))
	}
	row = append(row, r.at.Truncate(time.Second))
	switch a.timeMode {
	case 1:
		row = append(row, r.at.Unix(), int64(r.at.Nanosecond()/1000))
	case 2:
		row = append(row, float64(r.at.UnixMilli())/1000)
	case 3, 4:
		row = append(row, string(a.appendFormatted(nil, r.at)))
	}
	for i := range a.dbExtra {
		row = append(row, nullable(a.dbExtra[i].value(c, 0), a.extraNullable))
	}
	if len(a.legs) == 0 {
		return [][]db.Value{row}
	}
	var rows [][]db.Value
	for leg := range a.eachLeg(c) {
		one := append(make([]db.Value, 0, len(a.columns)), row...)
		for _, v := range leg {
			one = append(one, nullable(v, a.extraNullable))
		}
		rows = append(rows, one)
	}
	return rows
}

// enqueue has a record written in the background: its transaction cannot wait.
func (a *Acc) enqueue(c *module.Call, table string, r *record) {
	if err := db.CheckName(table); err != nil {
		a.rowsRefused.Inc()
		c.Log().Error("a record is lost", "table", table, "err", err)
		return
	}
	table = strings.Clone(table)
	for _, row := range a.rows(c, r) {
		a.queue.Insert(table, a.columns, row)
	}
}

// insert writes a record at once, or has it wait for a database that cannot take
// it now. An error tells that it is lost.
func (a *Acc) insert(c *module.Call, table string, r *record) error {
	switch {
	case a.db == nil:
		return errNoDatabase
	case db.CheckName(table) != nil:
		return db.ErrName
	case a.insertMode == insertAsync:
		a.enqueue(c, table, r)
		return nil
	}
	rows := a.rows(c, r)
	var err error
	c.Block(func() { err = a.db.Insert(c.Context(), table, a.columns, rows...) })
	if err == nil || db.Refused(err) || errors.Is(err, db.ErrNoTable) { // the script may have named none
		return err
	}
	table = strings.Clone(table)
	for _, row := range rows {
		if !a.queue.Insert(table, a.columns, row) {
			return err
		}
	}
	return nil
}
