// SPDX-License-Identifier: Apache-2.0

package setting

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
)

// registry has a group with an integer, a string and a setting that is only
// read; changed counts the calls of Changed.
func registry() (r *Registry, changed *int) {
	var n, fixed Int
	var s Str
	n.Set(5)
	s.Set("abc")
	r, changed = New(), new(int)
	r.Declare(
		Entry{Group: "g", Name: "n", Int: &n, Min: -10, Max: 100, Changed: func() { *changed++ }},
		Entry{Group: "g", Name: "a", Str: &s},
		Entry{Group: "b", Name: "fixed", Int: &fixed, ReadOnly: true},
	)
	return r, changed
}

func TestSet(t *testing.T) {
	for _, tc := range []struct {
		name, group, setting string
		value                any
		err                  error
		want                 any
	}{
		{"integer", "g", "n", int64(7), nil, int64(7)},
		{"integer as text", "g", "n", "0x10", nil, int64(16)},
		{"text", "g", "a", "x", nil, "x"},
		{"text as integer", "g", "a", int64(5), nil, "5"},
		{"no integer", "g", "n", "x", ErrType, int64(5)},
		{"float", "g", "n", 1.5, ErrType, int64(5)},
		{"too small", "g", "n", int64(-11), ErrRange, int64(5)},
		{"too great", "g", "n", "101", ErrRange, int64(5)},
		{"read-only", "b", "fixed", int64(1), ErrReadOnly, int64(0)},
		{"unknown group", "x", "n", int64(1), ErrUnknown, nil},
		{"unknown name", "g", "x", int64(1), ErrUnknown, nil},
		{"unknown instance", "g[1]", "n", int64(1), ErrInstance, nil},
		{"instance without number", "g[x]", "n", int64(1), ErrGroup, nil},
		{"open instance", "g[1", "n", int64(1), ErrGroup, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, _ := registry()
			for _, set := range []func(string, string, any) error{r.SetDelayed, r.Set} {
				if err := set(tc.group, tc.setting, tc.value); !errors.Is(err, tc.err) {
					t.Errorf("got %v, want %v", err, tc.err)
				}
			}
			if got, _ := r.Value(tc.group, tc.setting); got != tc.want {
				t.Errorf("value %v, want %v", got, tc.want)
			}
		})
	}
}

func TestOrderIsOfDeclaration(t *testing.T) {
	r, _ := registry()
	var n Int
	n.Set(9)
	r.Declare(Entry{Group: "g", Name: "n", Int: &n}, Entry{Group: "g", Name: "last", Int: new(Int)})
	var got []string
	for _, e := range r.All() {
		got = append(got, e.Group+"."+e.Name+"="+e.Text())
	}
	if want := []string{"g.n=9", "g.a=abc", "g.last=0", "b.fixed=0"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
	if names, err := r.Names("g[3]"); err != nil || fmt.Sprint(names) != "[n a last]" {
		t.Errorf("names %v %v", names, err)
	}
}

func TestDelayed(t *testing.T) {
	r, changed := registry()
	steps := []error{r.SetDelayed("g", "n", int64(7)), r.SetDelayed("g", "a", "x"), r.SetDelayed("g", "n", int64(8))}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	want := []Change{{Group: "g", Name: "n", Old: int64(5), New: int64(7)}, {Group: "g", Name: "a", Old: "abc", New: "x"}, {Group: "g", Name: "n", Old: int64(5), New: int64(8)}}
	if got := r.Delayed(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
	if v, _ := r.Value("g", "n"); v != int64(5) || *changed != 0 {
		t.Errorf("changed before Commit: %v", v)
	}
	r.Commit()
	if v, _ := r.Value("g", "n"); v != int64(8) || *changed != 2 {
		t.Errorf("after Commit: %v, %d calls of Changed", v, *changed)
	}
	r.SetDelayed("g", "n", int64(9))
	r.Rollback()
	r.Commit()
	if v, _ := r.Value("g", "n"); v != int64(8) || len(r.Delayed()) != 0 {
		t.Errorf("after Rollback: %v", v)
	}
}

func TestReset(t *testing.T) {
	r, changed := registry()
	r.Set("g", "n", int64(7))
	r.Set("g", "a", "x")
	if err := r.Reset("g"); err != nil {
		t.Fatal(err)
	}
	n, _ := r.Value("g", "n")
	if a, _ := r.Value("g", "a"); n != int64(5) || a != "abc" || *changed != 2 {
		t.Errorf("got %v %v, %d calls of Changed", n, a, *changed)
	}
	for group, want := range map[string]error{"x": ErrUnknown, "g[1]": ErrInstance, "g[": ErrGroup, "b": nil} {
		if err := r.Reset(group); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", group, err, want)
		}
	}
}

func TestInstances(t *testing.T) {
	r, changed := registry()
	for group, want := range map[string]error{"g": ErrGroup, "g[]": ErrGroup, "[1]": ErrGroup, "x[1]": ErrUnknown, "g[1]": nil} {
		if err := r.AddInstance(group); !errors.Is(err, want) {
			t.Errorf("add %s: got %v, want %v", group, err, want)
		}
	}
	value := func(group string) any { v, _ := r.Value(group, "n"); return v }
	if err := r.Set("g[1]", "n", int64(77)); err != nil || value("g[1]") != int64(77) || value("g") != int64(5) || *changed != 0 {
		t.Errorf("set: %v, instance %v, group %v", err, value("g[1]"), value("g"))
	}
	if err := r.AddInstance("g[1]"); err != nil || value("g[1]") != int64(77) {
		t.Errorf("added again: %v %v", err, value("g[1]"))
	}
	if err := r.DeleteDelayed("g[1]", "n"); err != nil {
		t.Error(err)
	}
	if got, want := r.Delayed(), []Change{{Group: "g", Name: "n", ID: 1, Instance: true, Old: int64(77), New: int64(5)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v want %v", got, want)
	}
	r.Commit()
	r.Set("g", "n", int64(6))
	if value("g[1]") != int64(6) {
		t.Errorf("the instance does not follow its group: %v", value("g[1]"))
	}
	if err := r.Delete("g", "n"); !errors.Is(err, ErrGroup) {
		t.Errorf("delete of a group's value: %v", err)
	}
	// What was prepared for an instance that is gone is forgotten.
	r.SetDelayed("g[1]", "n", int64(9))
	if err := r.DeleteInstance("g[1]"); err != nil {
		t.Error(err)
	}
	r.Commit()
	if err := r.DeleteInstance("g[1]"); !errors.Is(err, ErrInstance) {
		t.Errorf("deleted twice: %v", err)
	}
}

// TestChangedMayAsk: a module's Changed may use the registry.
func TestChangedMayAsk(t *testing.T) {
	r := New()
	var n Int
	var seen any
	r.Declare(Entry{Group: "g", Name: "n", Int: &n, Changed: func() { seen, _ = r.Value("g", "n") }})
	r.SetDelayed("g", "n", int64(3))
	r.Commit()
	if seen != int64(3) {
		t.Errorf("got %v", seen)
	}
}

func TestConcurrentUse(t *testing.T) {
	r, _ := registry()
	r.AddInstance("g[1]")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				r.Set("g[1]", "n", int64(i))
				r.SetDelayed("g", "a", "x")
				r.Value("g[1]", "n")
				r.Delayed()
				r.All()
				r.Commit()
			}
		})
	}
	wg.Wait()
}
