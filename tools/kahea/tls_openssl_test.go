// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// TestOpenSSL: what another library makes of the server: versions that are refused, a session that is resumed, and a peer that wants to
// negotiate anew, which ends its connection.
func TestOpenSSL(t *testing.T) {
	refserver.Needs(t, "openssl")
	d := startTLS(t)
	client := func(input string, more ...string) string {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-connect", d.Addr("tls", false).String()}, more...)...)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		io.WriteString(in, input)
		if input != "R\n" { // that one ends when the server closes the connection
			in.Close()
		}
		c.Wait()
		if ctx.Err() != nil {
			t.Errorf("%v: the connection does not end", more)
		}
		return out.String()
	}
	for _, row := range []struct {
		input string
		flags string
		want  string
	}{
		{"", "-tls1_2", "New, TLSv1.2, Cipher is ECDHE-ECDSA-"},
		{"", "-tls1_3", "New, TLSv1.3, Cipher is TLS_"},
		{"", "-tls1_1 -cipher ALL:@SECLEVEL=0", "protocol version"},
		{"", "-tls1_2 -reconnect", "Reused, TLSv1.2"},
		{"R\n", "-tls1_2", "alert unexpected message"},
	} {
		if out := client(row.input, strings.Fields(row.flags)...); !strings.Contains(out, row.want) {
			t.Errorf("s_client %s: %q is not in\n%s", row.flags, row.want, out)
		}
	}
}
