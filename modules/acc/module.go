// SPDX-License-Identifier: Apache-2.0

// Package acc writes a record of each call to the log.
package acc

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("acc", func() module.Module { return New() }) }

// Acc is the module.
type Acc struct {
	logFlag, missedFlag, failedFlag int
	earlyMedia                      int
	reportACK, reportCancels        int
	detectDirection                 int
	logLevel                        int
	facility                        string
	extraText                       string
	legText                         string
	timeMode                        int
	timeAttr, timeFormat            string
	timeExten                       string
	prepareFlag, prepareAlways      int
	reasonFromHF                    int

	extra []field
	legs  []field
	tm    requests
}

// New returns the module with its defaults.
func New() *Acc {
	return &Acc{logFlag: -1, missedFlag: -1, failedFlag: -1, prepareFlag: -1, logLevel: 1,
		timeAttr: "time_attr", timeExten: "time_exten", timeFormat: "%Y-%m-%d %H:%M:%S"}
}

// Exports implements module.Module.
func (a *Acc) Exports() module.Exports {
	return module.Exports{
		Doc:      "Writes a record of each transaction that is flagged for it to the log.",
		Requires: []string{"tm"},
		Params: []module.Param{
			{Name: "log_flag", Set: &a.logFlag, Doc: "message flag that asks for a record of the transaction"},
			{Name: "log_missed_flag", Set: &a.missedFlag, Doc: "message flag that asks for a record of each branch that failed; it is cleared by the record"},
			{Name: "failed_transaction_flag", Set: &a.failedFlag, Doc: "message flag that asks for a record also of a transaction that failed"},
			{Name: "early_media", Set: &a.earlyMedia, Min: 0, Max: 1, Doc: "1 writes a record of provisional replies with a body"},
			{Name: "report_ack", Set: &a.reportACK, Min: 0, Max: 1, Doc: "1 writes a record of the ACK to a 2xx"},
			{Name: "report_cancels", Set: &a.reportCancels, Min: 0, Max: 1, Doc: "1 writes a record of CANCEL transactions"},
			{Name: "detect_direction", Set: &a.detectDirection, Min: 0, Max: 1, Doc: "1 exchanges From and To of requests of the callee; needs append_fromtag of rr"},
			{Name: "log_level", Set: &a.logLevel, Min: -5, Max: 3, Doc: "level of the records"},
			{Name: "log_facility", Set: &a.facility, Doc: "facility of the system log for the records, LOG_LOCAL1 …"},
			{Name: "log_extra", Set: &a.extraText, Doc: `further fields, "name=$var;name=$var"`},
			{Name: "multi_leg_info", Set: &a.legText, Doc: `fields of call legs, "name=$avp(x);…": one group for each value of the variables`},
			{Name: "time_mode", Set: &a.timeMode, Min: 0, Max: 4, Doc: "further time in the record: 1 microseconds, 2 seconds with milliseconds, 3 formatted local time, 4 formatted UTC"},
			{Name: "time_attr", Set: &a.timeAttr, Doc: "name of the field for time_mode 2 to 4"},
			{Name: "time_exten", Set: &a.timeExten, Doc: "name of the field for time_mode 1"},
			{Name: "time_format", Set: &a.timeFormat, Doc: "strftime format for time_mode 3 and 4"},
			{Name: "acc_prepare_flag", Set: &a.prepareFlag, Notice: "flags that are set in any route of the transaction are seen always",
				Doc: "message flag that keeps accounting possible in later routes"},
			{Name: "acc_prepare_always", Set: &a.prepareAlways, Notice: "flags that are set in any route of the transaction are seen always",
				Doc: "keeps accounting possible in later routes"},
			{Name: "reason_from_hf", Set: &a.reasonFromHF, Min: 0, Max: 1, Doc: "1 takes the reason from the Reason header of a BYE or CANCEL, where there is one"},
		},
		Functions: []module.Function{
			{Name: "acc_log_request", Args: []module.Arg{{Name: "comment", Doc: `"code reason", or a text`}}, Routes: module.AnyRoute, Run: a.logRequest,
				Doc: "Writes a record of the current request at once."},
		},
	}
}
