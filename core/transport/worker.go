// SPDX-License-Identifier: Apache-2.0

package transport

import "sync"

// reader fetches packets from one UDP socket for one worker at a time. Lend
// passes it from worker to worker, with those packets that it has already
// fetched.
type reader interface {
	// read waits for the next packet; false says that the socket was closed.
	read(p *Packet) bool
	// close gives the memory back.
	close()
}

// worker takes packets from a reader through its receiver.
type worker struct {
	pool     *workers
	receiver Receiver
	out      Out
	packet   Packet
	reader   reader      // nil while lent
	wake     chan reader // brings a parked worker its next reader
}

// workers are all workers of a layer. As many are active as there are
// readers; others have lent their reader and wait for something, or are parked.
type workers struct {
	layer   *Layer
	make    func() Receiver
	maxLent int
	wg      sync.WaitGroup

	mu     sync.Mutex
	lent   int       // guarded by mu
	parked []*worker // guarded by mu
	closed bool      // guarded by mu
}

// maxParked bounds the workers that are kept for the next Lend.
const maxParked = 64

// start lets a parked worker, else a new one, serve a reader.
func (p *workers) start(r reader) {
	p.mu.Lock()
	var w *worker
	if n := len(p.parked); n > 0 {
		w, p.parked = p.parked[n-1], p.parked[:n-1]
	}
	p.mu.Unlock()
	if w != nil {
		w.wake <- r
		return
	}
	w = &worker{pool: p, receiver: p.make(), wake: make(chan reader, 1)}
	w.out = Out{layer: p.layer, worker: w}
	p.wg.Add(1)
	go w.run(r)
}

// run serves readers until the socket closes or nobody needs the worker.
func (w *worker) run(r reader) {
	defer w.pool.wg.Done()
	for ok := true; ok; r, ok = w.park() {
		w.reader = r
		for w.reader != nil && w.reader.read(&w.packet) {
			if f := w.pool.layer.filter; f != nil {
				w.packet.Data = f.Received(w.packet)
			}
			if len(w.pool.layer.watchers) != 0 {
				w.pool.layer.received(w.packet)
			}
			w.receiver.Receive(w.packet, &w.out)
		}
		if w.reader != nil {
			w.reader.close()
			return
		}
	}
}

// lend hands the reader to another worker, unless too many are lent already.
func (w *worker) lend() {
	r := w.reader
	if r == nil || !w.pool.mayLend() {
		return
	}
	w.reader = nil
	w.pool.start(r)
}

func (p *workers) mayLend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lent >= p.maxLent {
		return false
	}
	p.lent++
	return true
}

// park waits for the next reader; false when the worker is not needed.
func (w *worker) park() (reader, bool) {
	p := w.pool
	w.packet = Packet{}
	p.mu.Lock()
	p.lent--
	if p.closed || len(p.parked) >= maxParked {
		p.mu.Unlock()
		return nil, false
	}
	p.parked = append(p.parked, w)
	p.mu.Unlock()
	r, ok := <-w.wake
	return r, ok
}

// stop lets the parked workers go; no reader is active any more, or each ends
// by itself.
func (p *workers) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.parked {
		close(w.wake)
	}
	p.parked = nil
}
