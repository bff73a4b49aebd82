// SPDX-License-Identifier: Apache-2.0

package vm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
	"github.com/kahea-sip/kahea/script/vm"
)

// told is a tracer that writes down what it is told.
type told struct{ strings.Builder }

func (t *told) Enter(_ *module.Call, title string) { fmt.Fprintf(t, "enter %s\n", title) }

func (t *told) Step(_ *module.Call, at *module.Position, i int, op module.Operation) {
	fmt.Fprintf(t, "%d %d %s\n", at.Line, i, strings.TrimSpace(op.Name()+" "+op.Operands()))
}

func (t *told) Leave(_ *module.Call, title string, r module.Result) {
	fmt.Fprintf(t, "leave %s %d\n", title, r)
}

// TestTracer checks that a traced program does the same, and that its tracer hears of each operation once, in order.
func TestTracer(t *testing.T) {
	const cfg = `loadmodule "probe.so"
request_route {
	$var(i) = 0;
	while ($var(i) < 2) {
		$var(i) = $var(i) + 1;
		if ($var(i) == 2) break;
	}
	if (route(A) > 0)
		print("no");
	print("i=$var(i)");
	switch ($var(i)) { case 2: print("two"); }
	exit;
}
route[A] { return -3; }
`
	modules := map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}
	plain := scripttest.MustLoad(t, cfg, scripttest.Options{Modules: modules}).Request(t, scripttest.Invite)
	tracer := &told{}
	traced := scripttest.MustLoad(t, cfg, scripttest.Options{Modules: modules, VM: vm.Options{Tracer: tracer}}).Request(t, scripttest.Invite)
	if got, want := strings.Join(traced, "\n"), strings.Join(plain, "\n"); got != want {
		t.Errorf("traced it prints\n%s\nelse\n%s", got, want)
	}
	const want = `enter request_route
3 0 set $var(i) = 0
4 1 loop counter 0
4 2 while ($var(i) < 2) -> 7
5 3 set $var(i) = ($var(i) + 1)
6 4 unless ($var(i) == 2) -> 6
4 6 jump -> 2
4 2 while ($var(i) < 2) -> 7
5 3 set $var(i) = ($var(i) + 1)
6 4 unless ($var(i) == 2) -> 6
6 5 break -> 7
8 7 unless (route(A) > 0) -> 9
enter route[A]
14 0 return -3
leave route[A] -3
10 9 call print("i=$var(i)")
11 10 switch $var(i) 2 -> 11, else -> 12
11 11 call print("two")
12 12 exit
leave request_route 1
`
	if tracer.String() != want {
		t.Errorf("got\n%s", tracer.String())
	}
}
