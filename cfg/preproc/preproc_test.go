// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"os"
	"testing"

	"github.com/kahea-sip/kahea/cfg/source"
)

func TestStockNoDefine(t *testing.T) {
	b, err := os.ReadFile("/etc/kamailio/kamailio.cfg")
	if err != nil {
		t.Skip("no stock configuration here")
	}
	r := Process("kamailio.cfg", Options{Reader: source.Memory{"kamailio.cfg": string(b)}})
	r.Errors.Format(os.Stderr)
	t.Log(len(r.Tokens), r.Tokens[:10])
}
