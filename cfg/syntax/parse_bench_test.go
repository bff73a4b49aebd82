// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// large makes a configuration of about 4,000 lines, of the kind that operators have.
func large() string {
	var b strings.Builder
	b.WriteString("#!KAMAILIO\n#!define FLT_ACC 1\n#!define DBURL \"mysql://a:b@localhost/k\"\n#!subst \"/DOMAIN/example.com/g\"\n")
	b.WriteString("debug=2\nchildren=8\nlisten=udp:127.0.0.1:5060\nloadmodule \"tm.so\"\nmodparam(\"acc\", \"db_url\", DBURL)\n")
	for i := 0; strings.Count(b.String(), "\n") < 4000; i++ {
		fmt.Fprintf(&b, `
# checks of kind %d
route[CHECK_%d] {
	if (is_method("INVITE|SUBSCRIBE") && !has_totag()) {
		if ($rU == $null || $(rU{s.len}) > 20 || src_ip == 10.%d.0.0/16) {
			xlog("L_WARN", "refused $rm to $ru from $si:$sp at DOMAIN\n");
			sl_send_reply("484", "Address Incomplete");
			exit;
		}
		setflag(FLT_ACC);
		$var(count_%d) = $shv(count) + 1 * (2 - $var(x));
		$avp(dest) = "sip:" + $rU + "@DOMAIN:" + $var(port);
	} else if (uri == myself and not defined $avp(seen)) {
		switch ($var(rc)) {
			case -1:
			case -3:
				route(NOT_FOUND);
				break;
			case 2:
				return(-1);
			default:
				$sht(seen=>$ci::$ft) = $Ts;
		}
	}
	while ($var(i) < 10) { $var(i) = $var(i) + 1; }
	return;
}
`, i, i, i%250, i)
	}
	return b.String()
}

func BenchmarkParse4000Lines(b *testing.B) {
	text := large()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tree, res := parseText(text)
		if err := res.Errors.Err(); err != nil {
			b.Fatal(err)
		}
		if len(tree.Items) < 150 {
			b.Fatalf("only %d items", len(tree.Items))
		}
	}
}
