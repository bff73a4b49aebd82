// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// quiet answers nothing.
type quiet struct{}

func (quiet) Exports() module.Exports                               { return module.Exports{} }
func (quiet) SendReply(*module.Call, int, string, string) error     { return nil }
func (quiet) SendStateless(*module.Call, int, string, string) error { return nil }

func load(t testing.TB, params string) (*scripttest.Env, *Auth) {
	t.Helper()
	env := scripttest.MustLoad(t, "loadmodule \"sl\"\nloadmodule \"pv\"\nloadmodule \"auth\"\n"+params+`
request_route {
	if (!pv_www_authenticate("example.org", "secret", "0")) {
		www_challenge("example.org", "1");
	}
}`, scripttest.Options{Modules: map[string]module.New{"sl": func() module.Module { return quiet{} }}})
	for _, m := range env.Modules {
		if a, ok := m.Module.(*Auth); ok {
			return env, a
		}
	}
	t.Fatal("auth is not loaded")
	return nil, nil
}

// withCredentials is a REGISTER with credentials.
func withCredentials(cred *digest.Credentials) string {
	h := cred.Expected(cred.Algorithm.HA1(cred.Username, cred.Realm, "secret"), "REGISTER", "")
	cred.Response = h.String()
	return strings.NewReplacer("INVITE", "REGISTER", "Content-Length", "Authorization: "+string(cred.Append(nil))+"\r\nContent-Length").Replace(scripttest.Invite)
}

func credentials(nonce string) *digest.Credentials {
	return &digest.Credentials{Username: "alice", Realm: "example.org", Nonce: nonce, URI: "sip:example.org", QOP: digest.Auth, QOPName: "auth",
		NC: "00000001", CNonce: "abc"}
}

// TestForgedNonce changes each bit of a nonce, its length and its key.
func TestForgedNonce(t *testing.T) {
	for _, params := range []string{"", "modparam(\"auth\", \"nonce_count\", 1)\nmodparam(\"auth\", \"auth_checks_register\", 15)\n"} {
		env, a := load(t, params)
		c := env.Call(t, withCredentials(credentials("x")))
		nonce := string(a.appendNonce(nil, c))
		raw, err := base64.StdEncoding.DecodeString(nonce)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(raw) {
			raw[i/8] ^= 1 << (i % 8)
			want := failed
			if params != "" && i/8 >= len(raw)-bootSize {
				want = stale // as if it were of an earlier process
			}
			if got := a.use(c, base64.StdEncoding.EncodeToString(raw), 1); got != want {
				t.Errorf("bit %d changed: got %d, want %d", i, got, want)
			}
			raw[i/8] ^= 1 << (i % 8)
		}
		for _, text := range []string{"", nonce[:24], nonce + "AAAA", nonce[4:], strings.Repeat("A", 1000), nonce[:len(nonce)-4] + "===="} {
			if got := a.use(c, text, 1); got != failed {
				t.Errorf("nonce %q: got %d, want %d", text, got, failed)
			}
		}
		_, other := load(t, params+"modparam(\"auth\", \"secret\", \"another\")\n")
		if got := other.use(c, nonce, 1); got != failed {
			t.Errorf("with another key: got %d, want %d", got, failed)
		}
		if got := a.use(c, nonce, 1); got != module.True {
			t.Errorf("the nonce itself: got %d", got)
		}
	}
}

// TestEarlierProcess: a nonce with a number of another process with the same secret is stale, so that no phone asks for its password.
func TestEarlierProcess(t *testing.T) {
	for params, want := range map[string]module.Result{"": module.True, "modparam(\"auth\", \"nonce_count\", 1)\n": stale, "modparam(\"auth\", \"one_time_nonce\", 1)\n": stale} {
		params += "modparam(\"auth\", \"secret\", \"one\")\n"
		env, before := load(t, params)
		_, after := load(t, params)
		after.nonces.boot = [16]byte{1}
		c := env.Call(t, withCredentials(credentials("x")))
		if got := after.use(c, string(before.appendNonce(nil, c)), 1); got != want {
			t.Errorf("%q: got %d, want %d", params, got, want)
		}
	}
}

func TestAgeOfNonce(t *testing.T) {
	env, a := load(t, "modparam(\"auth\", \"nonce_expire\", 60)\n")
	c := env.Call(t, scripttest.Invite)
	for age, want := range map[int]module.Result{-4: stale, -3: module.True, 0: module.True, 60: module.True, 61: stale, 1 << 30: stale} {
		body := make([]byte, headSize)
		binary.BigEndian.PutUint32(body[1:], a.now()-uint32(age))
		mac := a.nonces.mac(body)
		if got := a.use(c, base64.StdEncoding.EncodeToString(append(body, mac[:]...)), noCount); got != want {
			t.Errorf("%d seconds old: got %d, want %d", age, got, want)
		}
	}
}

// TestNoAllocation: neither a challenge nor a check of credentials allocates.
func TestNoAllocation(t *testing.T) {
	for _, params := range []string{"", "modparam(\"auth\", \"algorithm\", \"SHA-256\")\nmodparam(\"auth\", \"one_time_nonce\", 1)\n"} {
		env, a := load(t, params)
		cred := credentials(string(a.appendNonce(nil, env.Call(t, scripttest.Invite))))
		cred.Algorithm = a.algorithm
		for name, text := range map[string]string{"challenge": scripttest.Invite, "check": withCredentials(cred)} {
			c := env.Call(t, text)
			msg, p := c.Msg, c.Packet
			if n := testing.AllocsPerRun(100, func() {
				c.Reset(msg, p)
				env.Run(t, c, module.RequestRoute, "")
			}); n > 0.1 {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
	}
}

// TestHashOfNobody: whoever looks for users compares in any case, so that
// a hash of nobody must not count.
func TestHashOfNobody(t *testing.T) {
	env, a := load(t, "")
	cred := credentials(string(a.appendNonce(nil, env.Call(t, scripttest.Invite))))
	c := env.Call(t, withCredentials(cred))
	found, result := a.Begin(c, false, "example.org")
	if found == nil || result != module.True {
		t.Fatal(found, result)
	}
	if got := a.Finish(c, found, digest.Hex{}, "REGISTER"); got != wrongPassword || c.Authorized != "" {
		t.Errorf("got %d, user %q", got, c.Authorized)
	}
	if got := a.Finish(c, found, digest.MD5.HA1("alice", "example.org", "secret"), "REGISTER"); got != module.True || c.Authorized != "alice" || c.AuthorizedRealm != "example.org" {
		t.Errorf("got %d, user %q of %q", got, c.Authorized, c.AuthorizedRealm)
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]string{"00000001": "1 true", "000000fF": "255 true", "ffffffff": "4294967295 true", "": "0 false", "1": "0 false", "0000000g": "0 false", "000000001": "0 false", "0000000@": "0 false"} {
		n, ok := count(text)
		if got := fmt.Sprint(n, ok); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// FuzzNonce: no text is a nonce that was not made.
func FuzzNonce(f *testing.F) {
	env, a := load(f, "modparam(\"auth\", \"one_time_nonce\", 1)\n")
	c := env.Call(f, scripttest.Invite)
	good := string(a.appendNonce(nil, c))
	f.Add(good)
	f.Add(good[:28])
	f.Add("AAAA====")
	f.Fuzz(func(t *testing.T, text string) {
		if a.use(c, text, noCount) != failed && strings.NewReplacer("\r", "", "\n", "").Replace(text)[:35] != good[:35] {
			t.Errorf("%q is a nonce", text)
		}
	})
}

func BenchmarkRegister(b *testing.B) {
	env, a := load(b, "")
	cred := credentials(string(a.appendNonce(nil, env.Call(b, scripttest.Invite))))
	for name, text := range map[string]string{"challenge": scripttest.Invite, "check": withCredentials(cred)} {
		b.Run(name, func(b *testing.B) {
			c := env.Call(b, text)
			msg, p := c.Msg, c.Packet
			b.ReportAllocs()
			for b.Loop() {
				c.Reset(msg, p)
				env.Run(b, c, module.RequestRoute, "")
			}
			if (c.Authorized != "") != (name == "check") {
				b.Fatalf("%q is authorized", c.Authorized)
			}
		})
	}
}
