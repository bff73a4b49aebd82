// SPDX-License-Identifier: Apache-2.0

// Package acc writes records of transactions and calls.
package acc

import (
	"context"
	"fmt"
	"sync"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

func init() { module.Register("acc", func() module.Module { return New() }) }

// Acc is the module.
type Acc struct {
	// Parameters.
	logFlag, missedFlag, failedFlag int
	dbFlag, dbMissedFlag            int
	earlyMedia                      int
	reportACK, reportCancels        int
	detectDirection                 int
	logLevel                        int
	facility, cdrFacility           string
	filterText                      string
	extraText, dbExtraText          string
	cdrExtraText, legText           string
	extraSize, cdrExtraSize         int
	extraNullable, cdrNullable      int
	timeMode                        int
	timeAttr, timeFormat            string
	timeExten                       string
	prepareFlag, prepareAlways      int
	reasonFromHF, cloneMsg          int
	dbURL                           string
	insertMode, versionCheck        int
	tableAccText, tableMissedText   string
	columnMethod, columnFromTag     string
	columnToTag, columnCallID       string
	columnCode, columnReason        string
	columnTime                      string
	cdrEnable, cdrLog               int
	startOnConfirmed, onFailed      int
	expiredEnable                   int
	startID, endID, durationID      string
	cdrTable, skip                  string

	// What Prepare makes of them.
	extra, dbExtra, cdrExtra, legs []field
	filter                         []int
	tableAcc, tableMissed          module.Template
	columns, cdrColumns            []string

	host module.Host
	tm   requests
	db   db.Database
	// queue is nil without a database, else stop ends its work.
	queue *db.Queue
	stop  context.CancelFunc

	rowsLost, rowsRefused counter.Counter
	writings              sync.Pool // of *writing
}

// insertAsync is the db_insert_mode in which also functions of the script do
// not wait.
const insertAsync = 2

// requests is what acc needs of tm.
type requests interface {
	InRequest(t *transaction.Transaction, from any, f func(c *module.Call))
}

var (
	_ module.Preparer = (*Acc)(nil)
	_ module.Starter  = (*Acc)(nil)
	_ module.Stopper  = (*Acc)(nil)
)

// New returns the module with its defaults.
func New() *Acc {
	return &Acc{logFlag: -1, missedFlag: -1, failedFlag: -1, dbFlag: -1, dbMissedFlag: -1, prepareFlag: -1, logLevel: 1,
		timeAttr: "time_attr", timeExten: "time_exten", timeFormat: "%Y-%m-%d %H:%M:%S", extraSize: 64, cdrExtraSize: 64, cloneMsg: 1, versionCheck: 1,
		tableAccText: "acc", tableMissedText: "missed_calls", columnMethod: "method", columnFromTag: "from_tag", columnToTag: "to_tag",
		columnCallID: "callid", columnCode: "sip_code", columnReason: "sip_reason", columnTime: "time",
		cdrLog: 1, onFailed: 1, startID: "start_time", endID: "end_time", durationID: "duration"}
}

// Exports implements module.Module.
func (a *Acc) Exports() module.Exports {
	comment := module.Arg{Name: "comment", Doc: `"code reason", or a text`}
	table := module.Arg{Name: "table", Doc: "table of the database"}
	return module.Exports{
		Doc:      "Writes records of transactions that are flagged for it, and of whole calls, to the log and to a database.",
		Requires: []string{"tm"},
		After:    []string{"dialog"},
		Params:   append(append(a.recordParams(), a.databaseParams()...), a.callParams()...),
		Functions: []module.Function{
			{Name: "acc_log_request", Args: []module.Arg{comment}, Routes: module.AnyRoute, Run: a.logRequest, Prepare: checkComment,
				Doc: "Writes a record of the current request to the log at once."},
			{Name: "acc_db_request", Args: []module.Arg{comment, table}, Routes: module.AnyRoute, Run: a.dbRequest, Prepare: checkComment,
				Doc: "Writes a record of the current request into a table. False when the database refuses it."},
			{Name: "acc_request", Args: []module.Arg{comment, table}, Routes: module.AnyRoute, Run: a.request, Prepare: checkComment,
				Doc: "Both of them; without db_url only the log."},
		},
		Counters: []counter.Entry{
			{Name: "rows_waiting", Gauge: a.rowsWaiting, Doc: "rows that wait to be written into the database"},
			{Name: "rows_lost", Counter: &a.rowsLost, Doc: "rows that were lost because too many waited"},
			{Name: "rows_refused", Counter: &a.rowsRefused, Doc: "rows that the database refused"},
		},
	}
}

func (a *Acc) rowsWaiting() int64 {
	if a.queue == nil {
		return 0
	}
	return int64(a.queue.Len())
}

// Prepare implements module.Preparer.
func (a *Acc) Prepare(b module.Binder) error {
	for _, list := range [...]struct {
		to          *[]field
		param, text string
		limit       int
	}{
		{&a.extra, "log_extra", a.extraText, a.extraSize}, {&a.dbExtra, "db_extra", a.dbExtraText, a.extraSize},
		{&a.cdrExtra, "cdr_extra", a.cdrExtraText, a.cdrExtraSize}, {&a.legs, "multi_leg_info", a.legText, maxLegs},
	} {
		var err error
		if *list.to, err = fields(b, list.param, list.text, list.limit); err != nil {
			return err
		}
	}
	var err error
	if a.filter, err = parseFilter(a.filterText); err != nil {
		return err
	}
	if a.tableAcc, err = b.Template(a.tableAccText); err != nil {
		return fmt.Errorf("db_table_acc: %w", err)
	}
	if a.tableMissed, err = b.Template(a.tableMissedText); err != nil {
		return fmt.Errorf("db_table_missed_calls: %w", err)
	}
	if a.cdrEnable != 0 && b.Module("dialog") == nil {
		return errNoDialogs
	}
	return a.prepareColumns()
}

// Start implements module.Starter.
func (a *Acc) Start(ctx context.Context, h module.Host) error {
	a.host, a.tm = h, h.Module("tm").(requests)
	if a.dbURL != "" {
		if err := a.open(ctx, h); err != nil {
			return err
		}
	}
	if a.cdrEnable != 0 {
		if err := a.follow(h); err != nil {
			return err
		}
	}
	h.Transactions().On(transaction.ReplyOut, a.replied)
	if a.missedFlag >= 0 || a.dbMissedFlag >= 0 {
		h.Transactions().On(transaction.FailureReady, a.missed)
	}
	if a.reportACK != 0 {
		h.Transactions().On(transaction.EndToEndACKIn, a.acknowledged)
	}
	return nil
}
