// SPDX-License-Identifier: Apache-2.0

// Package testport gives ports of the loopback address to servers that tests start.
//
// A port that is looked for, found to be free and closed again may be somebody else's when the server wants it, or wants it again after
// a restart. So these lie below the ones that the system gives to connections, and each belongs to this process until it ends: ports come in
// blocks, and whoever listens on the first port of a block, as this process does, has the rest.
package testport

import (
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
)

// BlockSize is how many ports a block has; the first is its lock.
const BlockSize = 100

// All ports have five digits: then the length of a message does not depend on the port.
const lowest, highest = 18000, 32000

// RecordServer and RecordClient are ports that stand in what tools/reference has recorded. Nobody is given their block.
const RecordServer, RecordClient = 25460, 25490

// written are odd numbers that stand in the messages of RFC 4475 and in the records of tools/difftest, which would mask them.
var written = []int{21817, 22625, 23523, 29739, 30239, 31415, 31417}

var errNone = errors.New("no free port on the loopback address")

// pairs are what Free gives out: blocks of this process, in the order in which they were taken.
var pairs struct {
	sync.Mutex
	blocks []int
	next   int // index of the next pair, counted over all blocks
}

// perBlock are the pairs of a block. A process takes no more than maxBlocks: the others need some, too.
const (
	perBlock  = BlockSize/2 - 1
	maxBlocks = 20
)

// Free returns a port that is free for UDP and TCP, with the one above it, which many programs take for TLS. It is odd: never a round number of a
// test case, for which a masked port would be taken. No port is given out twice, until nearly a thousand were.
func Free() (int, error) {
	pairs.Lock()
	defer pairs.Unlock()
	for range maxBlocks * perBlock {
		i := pairs.next % (maxBlocks * perBlock)
		if i/perBlock == len(pairs.blocks) {
			first, err := Block()
			if err != nil {
				return 0, err
			}
			pairs.blocks = append(pairs.blocks, first)
		}
		pairs.next++
		if port := pairs.blocks[i/perBlock] + 1 + 2*(i%perBlock); !slices.Contains(written, port) && free(port) && free(port+1) {
			return port, nil
		}
	}
	return 0, errNone
}

// MayBe tells whether a number is one that Free may return.
func MayBe(number int) bool {
	return number >= lowest && number < highest && number%2 == 1 && number/BlockSize != RecordServer/BlockSize && !slices.Contains(written, number)
}

// locks are the listeners that keep the blocks of this process.
var locks struct {
	sync.Mutex
	taken []net.Listener
}

// Block returns the first port of BlockSize ones that belong to this process until it ends. That one is in use, by this package.
func Block() (int, error) {
	l, err := lock("127.0.0.1", rand.IntN(blocks)) // by chance: then two processes seldom try the same ones
	if err != nil {
		return 0, err
	}
	locks.Lock()
	defer locks.Unlock()
	locks.taken = append(locks.taken, l)
	return l.Addr().(*net.TCPAddr).Port, nil
}

// blocks is how many there are.
const blocks = (highest - lowest) / BlockSize

// lock takes the first block from start on that is nobody's.
func lock(host string, start int) (net.Listener, error) {
	for i := range blocks {
		first := lowest + (start+i)%blocks*BlockSize
		if first == RecordServer/BlockSize*BlockSize {
			continue
		}
		if l, err := net.Listen("tcp4", net.JoinHostPort(host, strconv.Itoa(first))); err == nil {
			return l, nil
		}
	}
	return nil, errNone
}

// free tells whether nobody has a port, of those who know nothing of blocks.
func free(port int) bool {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp4", addr)
	if err != nil {
		return false
	}
	u.Close()
	return true
}
