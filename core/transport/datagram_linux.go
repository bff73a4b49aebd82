// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/kahea-sip/kahea/core/timer"
)

// Hot path: UDP past Go's network poller. The plain form is netSocket. A
// reader waits in a blocking recvmmsg that the scheduler is not told of
// (RawSyscall), so a packet wakes one thread and nothing else; the poller wakes
// a thread to find a goroutine to wake. Such a thread keeps its P, therefore
// Serve raises GOMAXPROCS.
//
// The runtime must still be able to stop the world. Its preemption signal ends
// the wait with EINTR, because a socket with SO_RCVTIMEO is not waited for
// again after a signal whatever SA_RESTART says; then the reader passes a
// scheduling point. A signal that comes just before the wait is no loss: the
// runtime repeats it until the thread has stopped.
//
// The runtime's monitor also sends that signal each 10 ms to whoever did not
// pass a scheduling point, which costs 50 us or more. A reader with traffic passes
// one by itself each schedulePeriod, by yield (yield_linux.go): runtime.Gosched
// wakes a thread that looks for work, finds none and sleeps again, 4 system calls
// and 2 switches of context each time. One that was interrupted idleAfter times
// waits by Syscall, which gives its P away: an idle server does nothing.
//
// The kernel wakes those who wait in turn, so with two of them each message finds
// the caches of a processor cold, and both must be kept scheduled. Therefore one
// reader waits, the others rest in user space, as long as the traffic is calm: a
// reader that comes back to find another waiting rests. One is called when a full
// batch tells that datagrams come faster than one reader takes them, or when all
// are at work at a look, so that a message that takes long does not stall the
// socket. A look wakes two threads: as long as batches follow each other fast it is
// put off, else it comes each lookPeriod.
//
// Gained (BenchmarkUDPWake, two-core virtual machine, 2026-11-20): 6.3 us of
// processor time for a packet and its answer, both ends, against 12.7 over the
// net package. Against a server in C that only echoes, from outside: 1.03 times
// its processor time at 8,000/s with 2 workers, 1.08 with 8, where the net
// package takes 3.25 times. One reader that waits instead of two: 0.80 of the
// processor time of a stateful relay at 3,000/s. Passing scheduling points by
// yield, and looks put off: 0.95 of the processor time of 2,000 REGISTER/s, in 11
// pairs of servers that ran side by side (0.90 to 1.00; 2026-11-29, 2 EPYC cores);
// futex calls for each of them from 0.14 to 0.00, switches of context from 1.14 to
// 1.06, of which 0.06 are the runtime's monitor.
//
// Tried and dropped: locking the goroutine to its thread (8.4 against 6.8 us at
// 8,000/s: each preemption then changes threads twice); batches of 1 and 32 (the
// same as 8 from 2,000 to 40,000/s); SO_REUSEPORT (a busy worker keeps packets
// from idle ones); all readers waiting at all times (1.1 ms instead of 0.11 ms per
// packet at 100/s with 8 workers); waiting by Syscall also with traffic (1.5 times:
// the monitor takes the P away and then looks each 20 us); a profile given to the
// compiler (no difference).

// fastUDP tells whether newUDPSocket works.
const fastUDP = true

const (
	// batch is how many datagrams are fetched at once at most.
	batch = 8
	// See above. Each fairEvery-th pass of a scheduling point is one that lets
	// the queue of all go first. The batch before one in calmPeriod was served
	// fast. calmAfter is how many batches in a row that are not full are calm
	// traffic, restAfter how many interruptions without a packet are.
	schedulePeriod = 8 * time.Millisecond
	fairEvery      = 16
	lookPeriod     = 80 * time.Millisecond
	calmPeriod     = 5 * time.Millisecond
	calmAfter      = 8
	restAfter      = 2
	idleAfter      = 10
	// sendTries is how often send waits for room in the kernel's buffer, and
	// sendPatience how long each time, in milliseconds. A network card empties
	// it in less.
	sendTries    = 3
	sendPatience = 100
)

// udpSocket is a bound UDP socket with a blocking descriptor.
type udpSocket struct {
	layer    *Layer
	socket   *Socket
	fd       int
	local    netip.AddrPort
	wildcard bool
	stopped  atomic.Bool
	room     int32 // how many readers may wait in the kernel

	waiting atomic.Int32 // readers in the kernel, or about to
	resting atomic.Int32 // readers parked; parked has them
	calm    atomic.Int32 // batches since the last full one, up to calmAfter

	look    timer.Alarm
	looking atomic.Bool // look is set
	active  atomic.Bool // there was a packet since the last look

	mu     sync.Mutex
	parked []*udpReader // guarded by mu
}

func newUDPSocket(l *Layer, s *Socket, addr netip.AddrPort) (packetSocket, error) {
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	u := &udpSocket{layer: l, socket: s, fd: fd, wildcard: addr.Addr().IsUnspecified()}
	u.room = int32(min(l.children(s), runtime.NumCPU()))
	u.look = l.clock.Alarm(u.relieve)
	if err := u.bind(family, addr); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return u, nil
}

func (u *udpSocket) bind(family int, addr netip.AddrPort) error {
	if err := setUDPOptions(u.fd, addr, u.wildcard, &u.layer.opt); err != nil {
		return err
	}
	// A wait with a timeout is not resumed after a signal, see above.
	if err := unix.SetsockoptTimeval(u.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return err
	}
	var to unix.Sockaddr
	if family == unix.AF_INET6 {
		to = &unix.SockaddrInet6{Addr: addr.Addr().As16(), Port: int(addr.Port()), ZoneId: zoneID(addr.Addr().Zone())}
	} else {
		to = &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}
	}
	if err := unix.Bind(u.fd, to); err != nil {
		return err
	}
	bound, err := unix.Getsockname(u.fd)
	if err != nil {
		return err
	}
	switch b := bound.(type) {
	case *unix.SockaddrInet4:
		u.local = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	case *unix.SockaddrInet6:
		u.local = netip.AddrPortFrom(addr.Addr(), uint16(b.Port))
	}
	return nil
}

func (u *udpSocket) addr() netip.AddrPort { return u.local }
func (u *udpSocket) threads() int         { return int(u.room) }
func (u *udpSocket) close()               { unix.Close(u.fd) }
func (u *udpSocket) keep() error          { return keepFD(u.fd) }

func (u *udpSocket) closeRead() {
	u.stopped.Store(true)
	u.look.Stop()
	for u.unpark() {
	}
	// On a socket without peer shutdown returns ENOTCONN, but it does wake
	// all that wait, and they find nothing to wait for any more.
	_ = unix.Shutdown(u.fd, unix.SHUT_RD)
}

// send sends a datagram without waiting, which is the rule; only when the
// kernel's buffer is full it waits for room where the scheduler knows of it.
func (u *udpSocket) send(data []byte, dst netip.AddrPort) error {
	var sa unix.RawSockaddrInet6
	size := encodeAddr(&sa, dst)
	if len(data) == 0 {
		return unix.EINVAL
	}
	for tries := 0; ; tries++ {
		_, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(u.fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))),
			uintptr(len(data)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&sa)), uintptr(size))
		switch e {
		case 0:
			return nil
		case unix.EINTR:
		case unix.EAGAIN, unix.ENOBUFS:
			if tries >= sendTries {
				u.layer.count.sendFull.Inc()
				return e
			}
			fds := [1]unix.PollFd{{Fd: int32(u.fd), Events: unix.POLLOUT}}
			_, _ = unix.Poll(fds[:], sendPatience)
		default:
			return e
		}
	}
}

// encodeAddr writes an address as the kernel reads it and returns its size. An
// IPv4 address lies in the first bytes of sa.
func encodeAddr(sa *unix.RawSockaddrInet6, a netip.AddrPort) uint32 {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], a.Port())
	if ip := a.Addr(); ip.Is4() || ip.Is4In6() {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		sa4.Family = unix.AF_INET
		sa4.Addr = ip.As4()
		return unix.SizeofSockaddrInet4
	}
	sa.Family = unix.AF_INET6
	sa.Addr = a.Addr().As16()
	if z := a.Addr().Zone(); z != "" {
		sa.Scope_id = zoneID(z)
	}
	return unix.SizeofSockaddrInet6
}

// decodeAddr reads an address that the kernel wrote.
func decodeAddr(sa *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(sa)).Addr), port)
	}
	ip := netip.AddrFrom16(sa.Addr)
	if sa.Scope_id != 0 {
		ip = ip.WithZone(strconv.Itoa(int(sa.Scope_id)))
	}
	return netip.AddrPortFrom(ip, port)
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// slot is the room for one datagram: the first BufferSize bytes land in a
// Buffer of their own, the rest in spill.
type slot struct {
	buffer *Buffer
	iov    [2]unix.Iovec
	from   unix.RawSockaddrInet6
	spill  []byte
	// control is room for one IP_PKTINFO or IPV6_PKTINFO; the kernel wants it
	// aligned.
	control [8]uint64
}

// udpReader fetches batches of datagrams.
type udpReader struct {
	*udpSocket
	hdr   [batch]mmsghdr
	slots [batch]slot
	next  int // of those fetched, the first not yet handed out
	n     int // fetched
	quiet int // interruptions since the last packet
	wake  chan struct{}
	// answer is memory for the answers to probes.
	answer []byte

	fetched   time.Duration // when
	scheduled time.Duration // when the scheduler was passed last, about
	yields    uint8         // how often it was, modulo 256
	lookSet   time.Duration // when this reader put the look off last
}

func (u *udpSocket) newReader() (reader, error) {
	r := &udpReader{udpSocket: u, wake: make(chan struct{}, 1)}
	spill := make([]byte, batch*(maxDatagram-BufferSize))
	for i := range r.slots {
		s, h := &r.slots[i], &r.hdr[i].hdr
		s.spill, spill = spill[:maxDatagram-BufferSize], spill[maxDatagram-BufferSize:]
		s.iov[1].Base = &s.spill[0]
		s.iov[1].SetLen(len(s.spill))
		h.Iov = &s.iov[0]
		h.SetIovlen(2)
		h.Name = (*byte)(unsafe.Pointer(&s.from))
		if u.wildcard {
			h.Control = (*byte)(unsafe.Pointer(&s.control))
		}
		r.arm(i)
	}
	return r, nil
}

// arm makes a slot ready to receive again.
func (r *udpReader) arm(i int) {
	s, h := &r.slots[i], &r.hdr[i].hdr
	if s.buffer == nil {
		s.buffer = NewBuffer(BufferSize)
		s.iov[0].Base = &s.buffer.Data[0]
		s.iov[0].SetLen(BufferSize)
	}
	h.Namelen = unix.SizeofSockaddrInet6
	if r.wildcard {
		h.SetControllen(int(unsafe.Sizeof(s.control)))
	}
}

func (r *udpReader) close() {
	for i := range r.slots {
		if b := r.slots[i].buffer; b != nil {
			b.Release()
			r.slots[i].buffer = nil
		}
	}
}

func (r *udpReader) read(p *Packet) bool {
	for {
		for r.next < r.n {
			i := r.next
			r.next++
			if r.take(i, p) {
				return true
			}
		}
		if !r.fetch() {
			return false
		}
	}
}

// fetch waits for datagrams; false when the socket was closed.
func (r *udpReader) fetch() bool {
	for i := range r.n {
		r.arm(i)
	}
	if r.n > 0 {
		r.between()
	}
	r.next, r.n = 0, 0
	for !r.stopped.Load() {
		if w := r.waiting.Add(1); w > 1 && (w > r.room || r.calm.Load() >= calmAfter || r.quiet >= restAfter) {
			r.waiting.Add(-1)
			r.park()
			r.waiting.Add(1)
		}
		var n uintptr
		var e unix.Errno
		if r.quiet < idleAfter {
			n, _, e = unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(r.fd), uintptr(unsafe.Pointer(&r.hdr[0])), batch, unix.MSG_WAITFORONE, 0, 0)
		} else {
			n, _, e = unix.Syscall6(unix.SYS_RECVMMSG, uintptr(r.fd), uintptr(unsafe.Pointer(&r.hdr[0])), batch, unix.MSG_WAITFORONE, 0, 0)
		}
		left := r.waiting.Add(-1)
		if e == 0 {
			before := r.fetched
			r.n, r.quiet = int(n), 0
			r.fetched = r.layer.clock.Monotonic()
			r.crowded(left == 0)
			r.putOff(before)
			return true
		}
		r.quiet++
		runtime.Gosched()
	}
	return false
}

// take makes a packet of a filled slot, false when it is none.
func (r *udpReader) take(i int, p *Packet) bool {
	s, h := &r.slots[i], &r.hdr[i]
	n := int(h.n)
	if data := s.buffer.Data[:min(n, BufferSize)]; r.layer.probes(data) {
		if !r.stopped.Load() {
			r.layer.probe(r.socket, decodeAddr(&s.from), data, &r.answer)
		}
		return false
	}
	if n < minDatagram {
		if !r.stopped.Load() { // a closed socket gives empty datagrams
			r.layer.count.short.Inc()
		}
		return false
	}
	if n <= BufferSize {
		p.Buffer, s.buffer = s.buffer, nil
	} else {
		p.Buffer = NewBuffer(n)
		copy(p.Buffer.Data, s.buffer.Data)
		copy(p.Buffer.Data[BufferSize:], s.spill[:n-BufferSize])
	}
	p.Data = p.Buffer.Data[:n]
	p.Src = decodeAddr(&s.from)
	p.Dst, p.Socket, p.Conn = r.socket.Addr, r.socket, 0
	p.Time = r.layer.clock.At(r.fetched)
	if r.wildcard {
		if ip := arrivedAt(&h.hdr, s); ip.IsValid() {
			p.Dst = netip.AddrPortFrom(ip, r.local.Port())
		}
	}
	return true
}

// arrivedAt reads the address that a datagram was sent to.
func arrivedAt(h *unix.Msghdr, s *slot) netip.Addr {
	if h.Controllen < unix.SizeofCmsghdr {
		return netip.Addr{}
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&s.control))
	data := unsafe.Add(unsafe.Pointer(&s.control), unix.CmsgLen(0))
	switch {
	case c.Level == unix.IPPROTO_IP && c.Type == unix.IP_PKTINFO:
		return netip.AddrFrom4((*unix.Inet4Pktinfo)(data).Addr)
	case c.Level == unix.IPPROTO_IPV6 && c.Type == unix.IPV6_PKTINFO:
		return netip.AddrFrom16((*unix.Inet6Pktinfo)(data).Addr)
	}
	return netip.Addr{}
}
