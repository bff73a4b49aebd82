# SPDX-License-Identifier: Apache-2.0

GO      ?= go
PREFIX  ?= /usr/local
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X github.com/kahea-sip/kahea/tools/release.Version=$(VERSION)
# Packages of the servers and clients that tests run against (Debian's names).
DEPS     = kamailio kamailio-lua-modules kamailio-mysql-modules kamailio-postgres-modules kamailio-sqlite-modules \
           kamailio-redis-modules kamailio-tls-modules kamailio-websocket-modules kamailio-presence-modules \
           kamailio-xml-modules kamailio-utils-modules kamailio-outbound-modules kamailio-extra-modules kamailio-lwsc-modules \
           mariadb-server postgresql redis-server sqlite3 openssl sip-tester sipsak baresip-core rtpengine-daemon iproute2 nftables curl chromium

.PHONY: build run test test-servers deps docs corpus reference fuzz bench bench-baseline bench-vs install clean

# Static binaries: kahea, the server, and kaheactl, its control client.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./tools/kahea ./tools/kaheactl

# Registers phones and connects their calls on loopback, with the embedded
# default configuration. Ends with Ctrl-C.
run: build
	bin/kahea run

# All that needs no other program.
test:
	$(GO) vet ./...
	$(call tests,./...,)

# All tests once more, with those against Kamailio, sipp, baresip, kamcmd,
# kamctl and JsSIP: what they need must be there, and nothing may be skipped but the
# scenes of TestCalls and TestKEMICalls that a reliable transport does not have (retransmissions).
test-servers: export KAHEA_REQUIRE_SERVERS = 1
test-servers: build
	$(call tests,./cfg/... ./modules/... ./rpc/... ./tools/...,-count=1)
	@if grep '"Action":"skip"' bin/tests.json | grep '"Test":' | grep -vE '"Test":"Test(KEMI)?Calls/[a-z_]*tcp[a-z_]*/'; then \
	  echo 'skipped tests: install what they ask for'; exit 1; fi

# Runs the tests of packages. RERUNS=N runs each one that fails up to N times
# more, and names it as one that passes now and then; where more than ten fail,
# with the tests that they are parts of, none is run again.
RERUNS ?= 0
define tests
@mkdir -p bin; : >bin/reruns.txt
$(GO) tool gotestsum --format pkgname --hide-summary=skipped --jsonfile bin/tests.json --rerun-fails=$(RERUNS) --rerun-fails-max-failures=10 \
  --rerun-fails-report=bin/reruns.txt --packages='$(1)' -- -timeout 20m $(2)
@if test -s bin/reruns.txt; then echo 'passed when run again, to be mended:'; cat bin/reruns.txt; fi
endef

# Installs the servers that the tests above use. Needs root on a Debian system.
deps:
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(DEPS) $(if $(shell command -v npm),,npm)
	npm ci --prefix tools/browser --ignore-scripts --no-audit --no-fund

# The tables of the module READMEs and docs/reference, from the exports.
docs:
	$(GO) run ./tools/docgen

# Takes the records of what Kamailio does from the installed one. Read the diff.
reference:
	$(GO) run ./tools/reference -update
	$(GO) test -count=1 ./tools/difftest -run TestReference -update
	$(GO) test -count=1 ./tools/kahea -run TestReferenceSpellings -update

# The verdicts of both servers over every configuration that Kamailio's
# packages install: docs/reference/corpus.md. Needs them (make deps).
corpus:
	$(GO) run ./tools/corpus

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 20s
fuzz:
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep ^Fuzz); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

# The Go benchmarks against the stored baseline. Times are printed, and differ
# from hour to hour; more memory per operation is an error. Benchmarks of system
# calls and of whole heaps say nothing here: they are run by hand.
BENCHES    = ./core/... ./script/... ./modules/... ./tools/kahea
BENCHFLAGS = -run '^$$' -bench . -skip 'Memory|IdleConnection|Echo|UDP|Collect' -benchmem -benchtime 50ms -count 6
bench:
	@mkdir -p bin
	$(GO) test $(BENCHFLAGS) $(BENCHES) >bin/bench.txt || { cat bin/bench.txt; exit 1; }
	$(GO) tool benchstat tools/bench/baseline.txt bin/bench.txt
	$(GO) run ./tools/bench compare tools/bench/baseline.txt bin/bench.txt

# Stores what make bench compares with. Say in the commit why it has changed.
bench-baseline:
	$(GO) test $(BENCHFLAGS) $(BENCHES) >tools/bench/baseline.new || { cat tools/bench/baseline.new; exit 1; }
	grep -E '^(goos|goarch|pkg|cpu|Benchmark)' tools/bench/baseline.new >tools/bench/baseline.txt
	rm tools/bench/baseline.new

# The comparison with an installed Kamailio, written into docs/performance.md.
# BENCH is the folder of the harness. MAX=relay,call looks for the highest rates,
# MEMORY=100000,300000 measures memory per contact, HOLD=1000000 the latency with
# that many contacts, FLOOD=5 pairs of a flood; SCENARIO= leaves the costs out. MORE=1 adds to the results
# of an earlier run (bin/versus.jsonl).
BENCH    ?= ../shared/bench
SCENARIO ?= options,forward,relay,kemi,call,dispatcher,dialog,register,stock-call,stock-register
REPEATS  ?= 5
DURATION ?= 10
bench-vs: build
	@mkdir -p bin/harness
	BENCH_BIN='$(CURDIR)/bin/harness' $(GO) run ./tools/bench versus --bench '$(BENCH)' --scenario '$(SCENARIO)' --repeats $(REPEATS) --duration $(DURATION) \
	  --max '$(MAX)' --memory '$(MEMORY)' $(if $(HOLD),--hold $(HOLD)) $(if $(FLOOD),--flood $(FLOOD)) $(if $(MORE),--more)

install: build
	install -d $(DESTDIR)$(PREFIX)/sbin
	install -m 755 bin/kahea bin/kaheactl $(DESTDIR)$(PREFIX)/sbin/

clean:
	rm -rf bin
