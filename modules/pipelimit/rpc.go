// SPDX-License-Identifier: Apache-2.0

package pipelimit

import (
	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/module"
)

func (p *PipeLimit) commands() []module.Command {
	return []module.Command{
		{Name: "pl.list", Run: p.rpcList, Array: true, Doc: "Lists the pipes, or the one that is named."},
		{Name: "pl.stats", Run: p.rpcStats, Array: true, Doc: "Lists the pipes with the requests of the interval before, and what the algorithm found: how many times over the limit (TAILDROP, RED), the percentage that does not pass (FEEDBACK), 1 or -1 (NETWORK)."},
		{Name: "pl.get_pipes", Run: p.rpcPipes, Array: true, Doc: "Lists the pipes with algorithm and limit."},
		{Name: "pl.set_pipe", Run: p.rpcSetPipe, Doc: "Changes a pipe: name, algorithm, limit."},
		{Name: "pl.reset_pipe", Run: p.rpcResetPipe, Doc: "Begins to count anew: name."},
		{Name: "pl.rm_pipe", Run: p.rpcRemovePipe, Doc: "Removes a pipe: name."},
		{Name: "pl.get_pid", Run: p.rpcGains, Doc: "Shows the parameters of the controller of FEEDBACK."},
		{Name: "pl.set_pid", Run: p.rpcSetGains, Doc: "Sets them: ki, kp, kd."},
		{Name: "pl.push_load", Run: p.rpcLoad, Doc: "Sets the load by which FEEDBACK goes, from 0 to 1; a negative one goes back to what is measured."},
	}
}

func (p *PipeLimit) rpcList(r *module.Request) error {
	list := p.pipes.list(p.bits)
	if r.Len() > 0 {
		name, pipe, err := p.named(r)
		if err != nil {
			return err
		}
		list = []named{{name, pipe}}
	}
	for _, e := range list {
		r.Struct().Add("name", e.name).Add("algorithm", e.Algorithm().String()).Add("limit", e.Limit()).
			Add("counter", e.Count()).Add("last_counter", e.Last()).Add("unused_intervals", e.Idle())
	}
	return nil
}

// named reads the name of a pipe.
func (p *PipeLimit) named(r *module.Request) (string, *limit.Pipe, error) {
	name, err := r.Str(0)
	if err != nil {
		return "", nil, err
	}
	if pipe := p.pipes.find(name); pipe != nil {
		return name, pipe, nil
	}
	return "", nil, module.Faultf(400, "Unknown pipe id %s", name)
}

func (p *PipeLimit) rpcStats(r *module.Request) error {
	for _, e := range p.pipes.list(p.bits) {
		r.Printf("PIPE: id=%s load=%d counter=%d", e.name, e.Drop(), e.Last())
	}
	return nil
}

func (p *PipeLimit) rpcPipes(r *module.Request) error {
	for _, e := range p.pipes.list(p.bits) {
		r.Printf("PIPE: id=%s algorithm=%s limit=%d counter=%d", e.name, e.Algorithm(), e.Limit(), e.Count())
	}
	return nil
}

func (p *PipeLimit) rpcSetPipe(r *module.Request) error {
	_, pipe, err := p.named(r)
	if err != nil {
		return err
	}
	text, err := r.Str(1)
	if err != nil {
		return err
	}
	max, err := r.Int(2)
	if err != nil {
		return err
	}
	a, ok := limit.ParseAlgorithm(text)
	if !ok {
		return module.Faultf(400, "Unknown algorithm")
	}
	if max < 0 {
		return module.Faultf(400, "Invalid limit")
	}
	pipe.Set(a, int(max))
	p.pipes.noteLoad(a)
	return nil
}

func (p *PipeLimit) rpcResetPipe(r *module.Request) error {
	_, pipe, err := p.named(r)
	if err == nil {
		pipe.Reset()
	}
	return err
}

func (p *PipeLimit) rpcRemovePipe(r *module.Request) error {
	name, _, err := p.named(r)
	if err == nil {
		p.pipes.remove(name)
	}
	return err
}

func (p *PipeLimit) rpcGains(r *module.Request) error {
	_, g := p.source.Load()
	r.Printf("ki[%f] kp[%f] kd[%f] ", g.I, g.P, g.D)
	return nil
}

func (p *PipeLimit) rpcSetGains(r *module.Request) (err error) {
	var g limit.Gains
	for i, f := range []*float64{&g.I, &g.P, &g.D} {
		if *f, err = r.Float(i); err != nil {
			return err
		}
	}
	p.source.SetGains(g)
	return nil
}

func (p *PipeLimit) rpcLoad(r *module.Request) error {
	load, err := r.Float(0)
	if err != nil {
		return err
	}
	if !p.source.Force(load) {
		return module.Faultf(400, "Value out of range")
	}
	return nil
}
