# Everything that can be done with this project. `make` alone lists it.
# A fresh clone on Debian needs Go and Node; what a target needs beyond that it installs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CGO_ENABLED ?= 0
# With one set of flags for everything, no package is compiled twice. nodynamic is for internal/kit/webp and avif, goolm for
# encrypted chat rooms (internal/kit/matrix).
export GOFLAGS := $(strip $(GOFLAGS) -trimpath -tags=nodynamic,goolm)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES = $$(go list ./... | grep -v /e2e)
# Linking more than a hundred test binaries takes as long as many of the tests: with memory to spare, the garbage collectors of
# the linker and of the tests run less often. What go vet looks at, make vet does.
GO_TEST = GOGC=400 go test -vet=off
# scripts/test-servers starts a private PostgreSQL and MariaDB and hands their addresses to the command.
WITH_SERVERS := $(wildcard scripts/test-servers)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

.PHONY: run
run: build ## build and serve an invented town at http://localhost:8008, with its data below ./data
	@bin/grouprise demo --if-empty
	@echo 'The town opens at http://localhost:8008/ - sign in as anna, bert, carla or demo-admin with the password demo.'
	@echo 'Its mails stay here: http://localhost:8008/stadt/outbox/'
	@GROUPRISE_LMTP_LISTEN=$${GROUPRISE_LMTP_LISTEN:-127.0.0.1:8024} bin/grouprise serve

.PHONY: build
build: generate ## build the static program bin/grouprise
	@go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/grouprise

# --- what is made from sources and not committed: typed pages, bundled styles and scripts ----------

TEMPL := $(shell find internal -name '*.templ' 2>/dev/null)
GENERATED := $(shell find internal -name '*_templ.go' 2>/dev/null)
ORPHANS := $(filter-out $(TEMPL:.templ=_templ.go),$(GENERATED))
MISSING := $(filter-out $(GENERATED),$(TEMPL:.templ=_templ.go))

ASSETS := $(shell find assets -path assets/node_modules -prune -o -type f -print 2>/dev/null)
DIST := internal/core/site/dist

.PHONY: generate
generate: .cache/templ .cache/dist .cache/parts ## make the generated sources (pages, styles, scripts, the licences of all parts)
	@$(if $(ORPHANS),rm -f $(ORPHANS))

.cache/templ: $(TEMPL) go.mod $(wildcard internal/kit/bundle/pages/*.go) $(if $(MISSING),always)
	@go run ./internal/kit/bundle/pages
	@mkdir -p .cache && touch $@

.cache/dist: $(ASSETS) $(wildcard internal/kit/bundle/cmd/*.go) $(if $(wildcard assets/package-lock.json),.cache/npm) $(if $(filter-out $(DIST)/.keep,$(wildcard $(DIST)/*)),,always)
	@go run ./internal/kit/bundle/cmd
	@mkdir -p .cache && touch $@

PARTS := internal/kit/parts/collected/parts.json.gz

.cache/parts: go.mod go.sum .cache/npm $(wildcard internal/kit/bundle/parts/*) $(if $(wildcard $(PARTS)),,always)
	@go run ./internal/kit/bundle/parts
	@mkdir -p .cache && touch $@

.cache/npm: assets/package.json assets/package-lock.json $(if $(wildcard assets/node_modules),,always)
	@npm ci --prefix assets --no-audit --no-fund --loglevel error
	@mkdir -p .cache && touch $@

.PHONY: always
always:

# --- tests and checks ------------------------------------------------------------------------------

.PHONY: test
test: generate ## run all tests but the black-box ones, on SQLite, PostgreSQL and MariaDB
	@$(WITH_SERVERS) env $(GO_TEST) -timeout 20m $(PACKAGES)

.PHONY: test-db
test-db: generate ## run the tests that use a database, anew, on SQLite, PostgreSQL and MariaDB
	@$(WITH_SERVERS) env $(GO_TEST) -count=1 $$(go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./internal/... | awk '/testkit\/dbtest/ { print $$1 }')

.PHONY: check
check: generate format vet lint house ## format, vet, linters, house rules, tests on SQLite
	@CI= GROUPRISE_TEST_POSTGRESQL= GROUPRISE_TEST_MARIADB= $(GO_TEST) $(PACKAGES)

.PHONY: format
format: .cache/bin/gofumpt ## name the files that gofumpt would change
	@files=$$(git ls-files '*.go' | xargs .cache/bin/gofumpt -l); if [ -n "$$files" ]; then echo "gofumpt -w:" $$files; exit 1; fi

.PHONY: vet
vet: generate ## go vet, the black-box tests too
	@go vet -tags e2e,packages,synapse,bench,nodynamic,goolm ./...

.PHONY: lint
lint: generate .cache/bin/golangci-lint .cache/bin/deadcode ## all linters but those that .golangci.yml gives a reason against, and dead code
	@.cache/bin/golangci-lint run
	@tools/deadcode .cache/bin/deadcode -tags nodynamic,goolm ./...

.PHONY: house
house: ## the rules of the house (internal/testkit/arch)
	@go test ./internal/testkit/arch

# SQLite is C that was translated: a connection of it is used by one goroutine at a time, which database/sql sees to, and
# watching each of its steps would take most of the time.
NOT_WATCHED := -gcflags='github.com/ncruces/go-sqlite3-wasm/...=-race=false'

.PHONY: race
race: generate ## run the tests on SQLite with the race detector, which needs a C compiler
	@scripts/install 'gcc=gcc libc6-dev'
	@CI= GROUPRISE_TEST_POSTGRESQL= GROUPRISE_TEST_MARIADB= CGO_ENABLED=1 $(GO_TEST) -race -short $(NOT_WATCHED) -timeout 20m $(PACKAGES)

WORLDS ?= 2000

.PHONY: worlds
worlds: generate ## look for leaks in WORLDS random towns (2000); the tests look at 60
	@GROUPRISE_TEST_WORLDS=$(WORLDS) go test -count=1 -timeout 120m -run TestNobodyGetsToSeeWhatIsNotForThem ./internal/app

FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: generate ## run each fuzz target for FUZZTIME (30s)
	@grep -rlE '^func Fuzz' --include='*_test.go' internal | xargs -n1 dirname | sort -u | while read -r folder; do \
		for target in $$(grep -hoE '^func Fuzz\w+' $$folder/*_test.go | cut -d' ' -f2); do \
			echo "$$folder $$target"; go test ./$$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME); done; done

.PHONY: e2e
e2e: build .cache/bin/versitygw ## run the black-box tests: real databases, mail and web servers as the guides set them up, a store of files, Chromium
	@e2e/setup
	@go test -tags e2e,nodynamic,goolm -timeout 20m -skip Lighthouse ./e2e/...
	@go test -tags e2e,nodynamic,goolm -timeout 20m -run Lighthouse ./e2e/browser # alone: it measures how fast pages show

.PHONY: deb
deb: generate ## build the Debian packages in dist, for amd64 and arm64, without root and to the same bytes each time
	@packaging/build

.PHONY: release
release: generate ## make everything that is published in dist, signed by the key KEY of gpg: packages, their archive for apt, a container image, checksums
	@packaging/release "$(KEY)"

# Names of Debian's releases.
SUITES ?= bookworm trixie

.PHONY: e2e-packages
e2e-packages: generate ## try the packages on clean Debians: install, open, restart under load, upgrade, remove, purge; and the container image (20 minutes)
	@for suite in $(SUITES); do e2e/packages/setup $$suite; done
	@DPKG_DEB_COMPRESSOR_TYPE=gzip packaging/build amd64
	@DPKG_DEB_COMPRESSOR_TYPE=gzip packaging/check
	@packaging/image && packaging/check-image
	@e2e/packages/matrix
	@e2e/packages/publish
	@DPKG_DEB_COMPRESSOR_TYPE=gzip e2e/packages/newer
	@for suite in $(SUITES); do \
		GROUPRISE_TEST_SUITE=$$suite go test -tags e2e,packages,nodynamic,goolm -count=1 -timeout 30m -run '^TestPackages' ./e2e/machine; done

.PHONY: e2e-synapse
e2e-synapse: build ## try the rooms of groups on a Matrix homeserver (the first time, it is installed)
	@e2e/synapse/install
	@go test -tags e2e,synapse,nodynamic,goolm -count=1 -parallel 6 -timeout 30m ./e2e/synapse

.PHONY: screens
screens: build ## photograph the main pages at three widths, in both themes and languages, into dist/screens
	@e2e/setup
	@rm -rf dist/screens && mkdir -p dist/screens
	@SCREENS=$(CURDIR)/dist/screens go test -tags e2e,nodynamic,goolm -count=1 -run TestPagesLookWell ./e2e/browser

.PHONY: texts
texts: generate ## list everything that people see, room by room, in dist/texts.de.md and dist/texts.en.md
	@go run ./internal/locale/extract texts

.PHONY: bench
bench: build .cache/bin/vegeta ## measure pages, lists, mails and memory in uneven towns, on the three databases
	@scripts/install initdb=postgresql wrk=wrk taskset=util-linux strace=strace
	@go test -tags bench,nodynamic,goolm -v -count=1 -timeout 60m ./e2e/bench | grep -v 'level='

.PHONY: vulncheck
vulncheck: generate .cache/bin/govulncheck ## look for known vulnerabilities in what the program calls
	@tools/vulncheck .cache/bin/govulncheck ./...

# --- tools, pinned in a module of their own ---------------------------------------------------------

.cache/bin/gofumpt .cache/bin/golangci-lint .cache/bin/govulncheck .cache/bin/deadcode &: tools/go.mod tools/go.sum
	@mkdir -p .cache/bin && go -C tools build -o ../.cache/bin/ tool
	@touch .cache/bin/*

.cache/bin/versitygw: tools/s3/go.mod tools/s3/go.sum
	@mkdir -p .cache/bin && go -C tools/s3 build -o ../../.cache/bin/ tool
	@touch $@

.cache/bin/vegeta: tools/load/go.mod tools/load/go.sum
	@mkdir -p .cache/bin && go -C tools/load build -o ../../.cache/bin/ tool
	@touch $@

.PHONY: clean
clean: ## remove what was built and generated; the data of `make run` stays
	@rm -rf bin dist .cache assets/node_modules e2e/node_modules $(GENERATED)
	@find $(DIST) -type f ! -name .keep -delete
	@rm -f $(PARTS)
