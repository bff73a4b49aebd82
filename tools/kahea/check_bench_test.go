// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/compile"
)

// bigConfig has about 4,000 lines, of the kind that files of carriers have:
// many modules and defines, and routes that call each other.
func bigConfig() string {
	var b strings.Builder
	for _, m := range strings.Fields("kex corex tm tmx sl rr pv maxfwd usrloc registrar textops textopsx siputils xlog sanity ctl cfg_rpc acc counters") {
		fmt.Fprintf(&b, "loadmodule \"%s.so\"\n", m)
	}
	b.WriteString("#!define WITH_NAT\n#!define FLT_ACC 1\n#!substdef \"!DOMAIN!example.org!g\"\nmodparam(\"acc\", \"log_flag\", FLT_ACC)\nrequest_route {\n\troute(R0);\n}\n")
	const body = `
route[R%[1]d] {
	# checks of every request
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if ($ua =~ "friendly-scanner|sipcli|VaxSIPUserAgent") {
		xlog("L_WARN", "scanner %[1]d from $si:$sp ($proto), $rm $ru\n");
		exit;
	}
	if (is_method("INVITE|SUBSCRIBE") && !has_totag()) {
		record_route();
		setflag(FLT_ACC);
		$avp(caller) = $fU;
		$var(length%[1]d) = $(rU{s.len});
		if ($var(length%[1]d) > 3 && $(ru{uri.host}) == "DOMAIN") {
			$rU = $(rU{s.substr,1,0});
			append_hf("X-Route: %[1]d-$(ct{nameaddr.uri}{uri.user})\r\n");
		} else if ($rd != "DOMAIN" || from_uri != myself) {
			xlog("L_INFO", "[$ci] call to $rU@$rd by $fU, $(hdr(P-Asserted-Identity)[0])\n");
		}
	}
#!ifdef WITH_NAT
	switch ($rm) {
	case "REGISTER":
		if (!save("location")) {
			sl_reply_error();
		}
		exit;
	case "OPTIONS":
		sl_send_reply("200", "Keepalive");
		exit;
	default:
		$xavp(call=>number) = $var(length%[1]d) + %[1]d;
	}
#!endif
	route(R%[2]d);
}
`
	const routes = 102
	for i := range routes {
		fmt.Fprintf(&b, body, i, i+1)
	}
	fmt.Fprintf(&b, "route[R%d] {\n\tt_relay();\n\texit;\n}\n", routes)
	return b.String()
}

// BenchmarkCheck4000Lines is what an operator waits for: below 200 ms for the
// check, below 500 ms with the program.
func BenchmarkCheck4000Lines(b *testing.B) {
	text := bigConfig()
	file := filepath.Join(b.TempDir(), "big.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	o, err := parseOptions([]string{"-f", file})
	if err != nil {
		b.Fatal(err)
	}
	for _, withProgram := range []bool{false, true} {
		b.Run(map[bool]string{false: "check", true: "compile"}[withProgram], func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			b.ReportMetric(float64(strings.Count(text, "\n")), "lines")
			for b.Loop() {
				cfg, err := loadConfig(o, slog.New(slog.DiscardHandler))
				if err != nil {
					b.Fatal(err)
				}
				if err := cfg.errs.Err(); err != nil {
					b.Fatal(err)
				}
				if withProgram {
					compile.Compile(cfg.script)
				}
			}
		})
	}
}
