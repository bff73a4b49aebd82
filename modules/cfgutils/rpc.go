// SPDX-License-Identifier: Apache-2.0

package cfgutils

import (
	"crypto/md5"
	"encoding/hex"
	"os"

	"github.com/kahea-sip/kahea/core/module"
)

func (m *CfgUtils) commands() []module.Command {
	return []module.Command{
		{Name: "cfgutils.rand_set_prob", Run: m.rpcSetProbability, Doc: "Sets the percentage of rand_event()."},
		{Name: "cfgutils.rand_reset_prob", Run: m.rpcResetProbability, Doc: "Sets it to initial_probability."},
		{Name: "cfgutils.rand_get_prob", Run: m.rpcGetProbability, Doc: "Shows it."},
		{Name: "cfgutils.check_config_hash", Run: m.rpcCheckHash, Doc: "Tells whether hash_file is as it was at start."},
		{Name: "cfgutils.get_config_hash", Run: m.rpcGetHash, Doc: "Shows the hash of hash_file at start."},
		{Name: "cfgutils.set_gflag", Run: m.rpcSetFlag, Doc: "Sets global flags: bits."},
		{Name: "cfgutils.reset_gflag", Run: m.rpcResetFlag, Doc: "Clears global flags: bits."},
		{Name: "cfgutils.is_gflag", Run: m.rpcIsFlag, Doc: "Tells whether all of the flags are set: bits."},
		{Name: "cfgutils.get_gflags", Run: m.rpcGetFlags, Doc: "Shows the global flags."},
	}
}

var errArgument = module.Faultf(500, "Invalid Parameters")

func (m *CfgUtils) rpcSetProbability(r *module.Request) error {
	n, err := r.Int(0)
	if err != nil {
		return errArgument
	}
	if n < 0 || n > 100 {
		return module.Faultf(500, "Invalid Percent")
	}
	m.probability.Store(n)
	return nil
}

func (m *CfgUtils) rpcResetProbability(*module.Request) error {
	m.probability.Store(int64(m.initialProbability))
	return nil
}

func (m *CfgUtils) rpcGetProbability(r *module.Request) error {
	r.Printf("actual probability: %d percent", m.probability.Load())
	return nil
}

func hashOf(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:]), nil
}

var errNoHash = module.Faultf(404, "No file for hashing configured")

func (m *CfgUtils) rpcCheckHash(r *module.Request) error {
	if m.hashFile == "" {
		return errNoHash
	}
	now, err := hashOf(m.hashFile)
	if err != nil {
		return module.Faultf(500, "Failed to hash the file")
	}
	if now != m.hash {
		return module.Faultf(400, "The actual config file hash is not identical to the stored one.")
	}
	r.Add("Identical hash")
	return nil
}

func (m *CfgUtils) rpcGetHash(r *module.Request) error {
	if m.hashFile == "" {
		return errNoHash
	}
	r.Add(m.hash)
	return nil
}

func bits(r *module.Request) (uint32, error) {
	n, err := r.Int(0)
	if err != nil {
		return 0, errArgument
	}
	return uint32(n), nil
}

func (m *CfgUtils) rpcSetFlag(r *module.Request) error {
	b, err := bits(r)
	if err == nil {
		m.flags.Or(b)
	}
	return err
}

func (m *CfgUtils) rpcResetFlag(r *module.Request) error {
	b, err := bits(r)
	if err == nil {
		m.flags.And(^b)
	}
	return err
}

func (m *CfgUtils) rpcIsFlag(r *module.Request) error {
	b, err := bits(r)
	if err != nil {
		return err
	}
	if m.flags.Load()&b == b {
		r.Add("TRUE")
	} else {
		r.Add("FALSE")
	}
	return nil
}

func (m *CfgUtils) rpcGetFlags(r *module.Request) error {
	r.Printf("0x%X (%d)", m.flags.Load(), m.flags.Load())
	return nil
}
