// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// Ref is one place where a variable is written, with its index and
// transformations.
type Ref struct {
	source string
	name   string
	get    func(c *module.Call) module.Value // of a plain variable
	acc    module.Accessor                   // of a class
	set    func(c *module.Call, i module.Index, v module.Value) error
	index  module.Index
	// indexRef is the variable that gives the index, or nil.
	indexRef *Ref
	steps    []step
}

// step is one transformation.
type step struct {
	run func(c *module.Call, v module.Value) module.Value
	// takesNull is Transformation.TakesNull.
	takesNull bool
}

var (
	_ module.Accessor   = (*Ref)(nil)
	_ module.Assignable = assignable{}
)

// Value returns the value for a message.
func (r *Ref) Value(c *module.Call) module.Value {
	var v module.Value
	switch {
	case r.get != nil:
		v = r.get(c)
	case r.indexRef == nil:
		v = r.acc.Get(c, r.index)
	default:
		i, ok := r.indexOf(c)
		if !ok {
			return module.Value{}
		}
		v = r.acc.Get(c, i)
	}
	return r.transformed(c, v)
}

// transformed applies the transformations.
func (r *Ref) transformed(c *module.Call, v module.Value) module.Value {
	for i := range r.steps {
		if s := &r.steps[i]; !v.IsNull() || s.takesNull {
			v = s.run(c, v)
		}
	}
	return v
}

func (r *Ref) indexOf(c *module.Call) (module.Index, bool) {
	if r.indexRef == nil {
		return r.index, true
	}
	n, ok := Int(r.indexRef.Value(c))
	return module.Index{Given: true, N: int(n)}, ok
}

// Set assigns. The Ref must be settable.
func (r *Ref) Set(c *module.Call, v module.Value) error {
	i, ok := r.indexOf(c)
	if !ok {
		return errIndex
	}
	return r.set(c, i, v)
}

// Settable tells whether the variable may stand on the left of an assignment.
func (r *Ref) Settable() bool { return r.set != nil && len(r.steps) == 0 }

// Get implements module.Accessor. An index that is written with the variable
// counts; a plain variable has one value.
func (r *Ref) Get(c *module.Call, i module.Index) module.Value {
	switch {
	case !i.Given || r.index.Given || r.indexRef != nil:
		return r.Value(c)
	case r.acc != nil:
		return r.transformed(c, r.acc.Get(c, i))
	case i.N == 0:
		return r.Value(c)
	}
	return module.Value{}
}

// Plain returns the variable of a class itself, for who has an index of his own;
// nil where an index or a transformation is written with it.
func (r *Ref) Plain() module.Accessor {
	if len(r.steps) > 0 || r.index.Given || r.indexRef != nil {
		return nil
	}
	return r.acc
}

// Name is the variable's name without the dollar sign.
func (r *Ref) Name() string { return r.name }

// IsNull tells that this is $null.
func (r *Ref) IsNull() bool { return r.name == "null" && len(r.steps) == 0 }

// Index returns the index where it is a constant.
func (r *Ref) Index() module.Index { return r.index }

// Transformed tells whether there are transformations.
func (r *Ref) Transformed() bool { return len(r.steps) > 0 }

// String returns the variable as written.
func (r *Ref) String() string { return r.source }

// Accessor returns the Ref as modules see it: Assignable where it can be set.
func (r *Ref) Accessor() module.Accessor {
	if r.Settable() {
		return assignable{r}
	}
	return r
}

// assignable is a Ref that can be set.
type assignable struct{ *Ref }

// Set implements module.Assignable.
func (a assignable) Set(c *module.Call, _ module.Index, v module.Value) error {
	return a.Ref.Set(c, v)
}

var errIndex = &Error{Message: "the index of the variable is not a number"}

// Int returns the value as a number; ok is false where it has none. Null
// counts as 0.
func Int(v module.Value) (n int64, ok bool) { return v.Number() }

// ParseInt reads a number as the script converts strings.
func ParseInt(s string) (n int64, ok bool) { return avp.ParseInt(s) }
