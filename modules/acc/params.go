// SPDX-License-Identifier: Apache-2.0

package acc

import "github.com/kahea-sip/kahea/core/module"

// recordParams are those of records of transactions.
func (a *Acc) recordParams() []module.Param {
	const seen = "flags that are set in any route of the transaction are seen always"
	return []module.Param{
		{Name: "log_flag", Set: &a.logFlag, Doc: "message flag that asks for a record of the transaction"},
		{Name: "log_missed_flag", Set: &a.missedFlag, Doc: "message flag that asks for a record of each branch that failed; it is cleared by the record"},
		{Name: "failed_transaction_flag", Set: &a.failedFlag, Doc: "message flag that asks for a record also of a transaction that failed"},
		{Name: "failed_filter", Set: &a.filterText, Doc: `codes from 300 to 999 that leave no record of a transaction that failed, "404,407"`},
		{Name: "early_media", Set: &a.earlyMedia, Min: 0, Max: 1, Doc: "1 writes a record of provisional replies with a body"},
		{Name: "report_ack", Set: &a.reportACK, Min: 0, Max: 1, Doc: "1 writes a record of the ACK to a 2xx"},
		{Name: "report_cancels", Set: &a.reportCancels, Min: 0, Max: 1, Doc: "1 writes a record of CANCEL transactions"},
		{Name: "detect_direction", Set: &a.detectDirection, Min: 0, Max: 1, Doc: "1 exchanges From and To of requests of the callee; needs append_fromtag of rr"},
		{Name: "log_level", Set: &a.logLevel, Min: -5, Max: 3, Doc: "level of the records"},
		{Name: "log_facility", Set: module.SetFacility(&a.facility), Doc: "facility of the system log for the records, LOG_LOCAL1 …"},
		{Name: "log_extra", Set: &a.extraText, Doc: `further fields in the log, "name=$var;name=$var"`},
		{Name: "multi_leg_info", Set: &a.legText, Doc: `fields of call legs, "name=$avp(x);…": one group for each value of the variables; in the database a row for each`},
		{Name: "acc_extra_size", Set: &a.extraSize, Min: 1, Max: 1024, Doc: "how many fields log_extra and db_extra may have"},
		{Name: "time_mode", Set: &a.timeMode, Min: 0, Max: 4, Doc: "further time in the record: 1 microseconds, 2 seconds with milliseconds, 3 formatted local time, 4 formatted UTC"},
		{Name: "time_attr", Set: &a.timeAttr, Doc: "name of the field for time_mode 2 to 4, in the database for all of them"},
		{Name: "time_exten", Set: &a.timeExten, Doc: "name of the field for the microseconds of time_mode 1"},
		{Name: "time_format", Set: &a.timeFormat, Doc: "strftime format for time_mode 3 and 4"},
		{Name: "acc_prepare_flag", Set: &a.prepareFlag, Notice: seen, Doc: "message flag that keeps accounting possible in later routes"},
		{Name: "acc_prepare_always", Set: &a.prepareAlways, Notice: seen, Doc: "keeps accounting possible in later routes"},
		{Name: "clone_msg", Set: &a.cloneMsg, Notice: "requests are not shared between processes", Doc: "1 copies a request for its record"},
		{Name: "reason_from_hf", Set: &a.reasonFromHF, Min: 0, Max: 1, Doc: "1 takes the reason from the Reason header of the reply, where there is one"},
	}
}

// databaseParams are those of the tables.
func (a *Acc) databaseParams() []module.Param {
	return []module.Param{
		{Name: "db_url", Set: &a.dbURL, Doc: "database for records; none without"},
		{Name: "db_flag", Set: &a.dbFlag, Doc: "message flag that asks for a row of the transaction"},
		{Name: "db_missed_flag", Set: &a.dbMissedFlag, Doc: "message flag that asks for a row of each branch that failed; it is cleared by the record"},
		{Name: "db_table_acc", Set: &a.tableAccText, Doc: "table of transactions; may have variables"},
		{Name: "db_table_missed_calls", Set: &a.tableMissedText, Doc: "table of branches that failed; may have variables"},
		{Name: "db_extra", Set: &a.dbExtraText, Doc: `further columns, "name=$var;name=$var"`},
		{Name: "acc_extra_nullable", Set: &a.extraNullable, Min: 0, Max: 1, Doc: "1 writes NULL where a variable has no value, 0 an empty text"},
		{Name: "db_insert_mode", Set: &a.insertMode, Min: 0, Max: 2, Doc: "records are written in the background; with 0 and 1 acc_db_request and acc_request wait for theirs, with 2 they do not"},
		{Name: "db_version_check", Set: &a.versionCheck, Min: 0, Max: 1, Doc: "1 checks the versions of the tables that db_flag and db_missed_flag write into at start"},
		{Name: "acc_method_column", Set: &a.columnMethod, Doc: "column of the method"},
		{Name: "acc_from_tag_column", Set: &a.columnFromTag, Doc: "column of the From tag"},
		{Name: "acc_to_tag_column", Set: &a.columnToTag, Doc: "column of the To tag"},
		{Name: "acc_callid_column", Set: &a.columnCallID, Doc: "column of the Call-ID"},
		{Name: "acc_sip_code_column", Set: &a.columnCode, Doc: "column of the code of the reply"},
		{Name: "acc_sip_reason_column", Set: &a.columnReason, Doc: "column of its reason phrase"},
		{Name: "acc_time_column", Set: &a.columnTime, Doc: "column of the time"},
	}
}

// callParams are those of records of calls.
func (a *Acc) callParams() []module.Param {
	return []module.Param{
		{Name: "cdr_enable", Set: &a.cdrEnable, Min: 0, Max: 1, Doc: "1 writes a record of each call that dialog keeps"},
		{Name: "cdr_log_enable", Set: &a.cdrLog, Min: 0, Max: 1, Doc: "0 writes records of calls not to the log"},
		{Name: "cdr_facility", Set: module.SetFacility(&a.cdrFacility), Doc: "facility of the system log for records of calls"},
		{Name: "cdr_extra", Set: &a.cdrExtraText, Doc: `further fields and columns of records of calls, "name=$dlg_var(x);…"`},
		{Name: "cdr_extra_size", Set: &a.cdrExtraSize, Min: 1, Max: 1024, Doc: "how many fields cdr_extra may have"},
		{Name: "cdr_extra_nullable", Set: &a.cdrNullable, Min: 0, Max: 1, Doc: "1 writes NULL where a variable has no value, 0 an empty text"},
		{Name: "cdr_start_on_confirmed", Set: &a.startOnConfirmed, Min: 0, Max: 1, Doc: "1 has a call begin with its ACK, 0 with its INVITE"},
		{Name: "cdr_expired_dlg_enable", Set: &a.expiredEnable, Min: 0, Max: 1, Doc: "1 writes a record also of a call that lasted too long"},
		{Name: "cdr_on_failed", Set: &a.onFailed, Min: 0, Max: 1, Doc: "0 writes no record of a call that was not answered"},
		{Name: "cdr_skip", Set: &a.skip, Doc: "name of a $dlg_var: a call that has it leaves no record"},
		{Name: "cdr_start_id", Set: &a.startID, Doc: "name of the begin of a call in its record, and of the $dlg_var that keeps it"},
		{Name: "cdr_end_id", Set: &a.endID, Doc: "the same for its end"},
		{Name: "cdr_duration_id", Set: &a.durationID, Doc: "the same for its duration"},
		{Name: "cdrs_table", Set: &a.cdrTable, Doc: "table of records of calls; none without"},
	}
}
