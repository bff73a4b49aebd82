// SPDX-License-Identifier: Apache-2.0

package cfgrpc

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

// names reads the group and the name of a setting.
func names(r *module.Request) (group, name string, err error) {
	if group, err = r.Str(0); err != nil {
		return "", "", err
	}
	name, err = r.Str(1)
	return group, name, err
}

func get(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return module.Faultf(500, "Failed to get the parameters")
	}
	if r.Len() == 1 {
		return getGroup(r, group)
	}
	name, err := r.Str(1)
	if err != nil {
		return err
	}
	v, err := r.Host.Settings().Value(group, name)
	if err != nil {
		return fault(err, "Failed to get the variable")
	}
	r.Add(v)
	return nil
}

func getGroup(r *module.Request, group string) error {
	settings := r.Host.Settings()
	list, err := settings.Names(group)
	if err != nil {
		return fault(err, "Failed to get the variable")
	}
	s := r.Struct()
	for _, name := range list {
		if v, err := settings.Value(group, name); err == nil {
			s.Add(name, v)
		}
	}
	return nil
}

func help(r *module.Request) error {
	group, name, err := names(r)
	if err != nil {
		return err
	}
	e := r.Host.Settings().Lookup(group, name)
	if e == nil {
		return module.Faultf(400, "Failed to get the variable description")
	}
	r.Add(e.Doc)
	if e.Int != nil {
		r.Add("(parameter type is integer)")
	} else {
		r.Add("(parameter type is string)")
	}
	return nil
}

func list(r *module.Request) error {
	only := ""
	if r.Len() > 0 {
		var err error
		if only, err = r.Str(0); err != nil {
			return err
		}
	}
	for _, e := range r.Host.Settings().All() {
		if only == "" || e.Group == only {
			r.Printf("%s: %s", e.Group, e.Name)
		}
	}
	return nil
}

// The ways to read the new value of a setting.
func anyValue(r *module.Request) (any, error) {
	if r.Len() > 2 {
		if _, ok := r.Args[2].(int64); ok {
			return r.Int(2)
		}
	}
	return r.Str(2)
}

func intValue(r *module.Request) (any, error) { return r.Int(2) }

// strValue refuses a number, as Kamailio does: kamcmd sends what looks like one
// as one unless it is written s:5.
func strValue(r *module.Request) (any, error) {
	if r.Len() > 2 {
		if _, ok := r.Args[2].(string); !ok {
			return nil, module.Faultf(400, "error at parameter 2: expected string type but record doesn't match type")
		}
	}
	return r.Str(2)
}

// The ways to make a change.
func now(s *setting.Registry, group, name string, v any) error   { return s.Set(group, name, v) }
func later(s *setting.Registry, group, name string, v any) error { return s.SetDelayed(group, name, v) }

func setter(value func(*module.Request) (any, error), set func(s *setting.Registry, group, name string, v any) error) func(*module.Request) error {
	return func(r *module.Request) error {
		group, name, err := names(r)
		if err != nil {
			return err
		}
		v, err := value(r)
		if err != nil {
			return err
		}
		if err := set(r.Host.Settings(), group, name, v); err != nil {
			return fault(err, "Failed to set the variable")
		}
		return nil
	}
}

func del(r *module.Request) error        { return remove(r, (*setting.Registry).Delete) }
func delDelayed(r *module.Request) error { return remove(r, (*setting.Registry).DeleteDelayed) }

func remove(r *module.Request, f func(s *setting.Registry, group, name string) error) error {
	group, name, err := names(r)
	if err != nil {
		return err
	}
	if err := f(r.Host.Settings(), group, name); err != nil {
		return instanceFault(err, "Failed to delete the value")
	}
	return nil
}

func reset(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return err
	}
	if err := r.Host.Settings().Reset(group); err != nil {
		return fault(err, "Failed to reset the group")
	}
	return nil
}

func commit(r *module.Request) error {
	r.Host.Settings().Commit()
	return nil
}

func rollback(r *module.Request) error {
	r.Host.Settings().Rollback()
	return nil
}

func diff(r *module.Request) error {
	for _, c := range r.Host.Settings().Delayed() {
		s := r.Struct().Add("group name", c.Group)
		if c.Instance {
			s.Add("group id", c.ID)
		}
		s.Add("variable name", c.Name).Add("old value", c.Old).Add("new value", c.New)
	}
	return nil
}

func addInstance(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return err
	}
	if err := r.Host.Settings().AddInstance(group); err != nil {
		return instanceFault(err, "Failed to add the group instance")
	}
	return nil
}

func delInstance(r *module.Request) error {
	group, err := r.Str(0)
	if err != nil {
		return err
	}
	if err := r.Host.Settings().DeleteInstance(group); err != nil {
		return instanceFault(err, "Failed to delete the group instance")
	}
	return nil
}
