// SPDX-License-Identifier: Apache-2.0

package exec

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestShell(t *testing.T) {
	e := New()
	for _, tc := range []struct {
		command, input, want string
		fails                bool
	}{
		{"cat", "text", "text", false},
		{"true", strings.Repeat("x", 1<<20), "", false},
		{"exit 3", "", "", true},
		{"echo $SIP_X", "", "a b\n", false},
		{"echo " + quote(`a'b; echo "c" $(echo d)`), "", `a'b; echo "c" $(echo d)` + "\n", false},
	} {
		var out output
		err := e.shell(context.Background(), tc.command, tc.input, []string{"SIP_X=a b"}, &out)
		if (err != nil) != tc.fails || out.kept.String() != tc.want {
			t.Errorf("%.60s: got %q %v, want %q", tc.command, out.kept.String(), err, tc.want)
		}
	}
	var out output
	if err := e.shell(context.Background(), "yes | head -c 200000", "", nil, &out); err != nil || out.kept.Len() != maxOutput {
		t.Errorf("got %d bytes %v", out.kept.Len(), err)
	}
}

func TestTimeToKill(t *testing.T) {
	e := New()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	var out output
	if err := e.shell(ctx, "sleep 600 | cat", "", nil, &out); !errors.Is(err, errTime) {
		t.Errorf("got %v", err)
	}
}

func TestVariable(t *testing.T) {
	for name, want := range map[string]string{"X-Own": "X_OWN", "v": "VIA", "Call-ID": "CALLID", "i": "CALLID", "Max-Forwards": "MAX_FORWARDS", "a=b": "A_B"} {
		if got := variable(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a'b")
	f.Add("''")
	f.Fuzz(func(t *testing.T, text string) {
		q := quote(text)
		if back := strings.ReplaceAll(q[1:len(q)-1], `'\''`, "'"); back != text || strings.Count(strings.ReplaceAll(q, `'\''`, ""), "'") != 2 {
			t.Errorf("%q: got %s", text, q)
		}
	})
}
