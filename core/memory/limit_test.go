// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"testing"
	"testing/fstest"
)

func TestLook(t *testing.T) {
	const meminfo = "MemTotal:       16000000 kB\nMemFree:  1 kB\n"
	const total = 16000000 << 10
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  Machine
		size  int64
	}{
		{"nothing is known", nil, Machine{}, 1 << 30},
		{"no cgroup", map[string]string{"proc/meminfo": meminfo}, Machine{Total: total}, total},
		{"version 2, in its own name space", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, Machine{512 << 20, total}, 512 << 20},
		{"version 2 without a limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}, Machine{Total: total}, total},
		{"version 2, a service of systemd", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/system.slice/kahea.service\n",
			"sys/fs/cgroup/system.slice/kahea.service/memory.max": "max\n",
			"sys/fs/cgroup/system.slice/memory.max":               "1073741824\n",
		}, Machine{1 << 30, total}, 1 << 30},
		{"version 2, the lowest counts", map[string]string{
			"proc/self/cgroup":             "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "2000\n", "sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/memory.max": "3000",
		}, Machine{Container: 1000}, 1000},
		{"version 2, the path is that of the host", map[string]string{
			"proc/self/cgroup": "0::/docker/abc\n", "sys/fs/cgroup/memory.max": "268435456\n",
		}, Machine{Container: 256 << 20}, 256 << 20},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n1:name=systemd:/x\n0::/\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "134217728\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":            "9223372036854771712\n",
		}, Machine{128 << 20, total}, 128 << 20},
		{"version 1 without a limit", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, Machine{Total: total}, total},
		{"more than the machine has", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "999999999999\n",
		}, Machine{Total: total}, total},
		{"rubbish", map[string]string{
			"proc/meminfo": "MemTotal: much\n", "proc/self/cgroup": "0\n:::\n0::/../../etc\n4:memory:x", "sys/fs/cgroup/memory.max": "-1",
		}, Machine{}, 1 << 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range tt.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			m := Look(root)
			if m != tt.want || m.Size() != tt.size {
				t.Errorf("Look() = %+v of size %d, want %+v of size %d", m, m.Size(), tt.want, tt.size)
			}
		})
	}
}
