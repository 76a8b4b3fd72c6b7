# Everything that can be done with this project. `make` alone lists it.
# A fresh clone on Debian needs Go and Node; what a target needs beyond that it installs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export CGO_ENABLED ?= 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PACKAGES = $$(go list ./... | grep -v /e2e)
# scripts/test-servers starts a private PostgreSQL and MariaDB and hands their addresses to the command.
WITH_SERVERS := $(wildcard scripts/test-servers)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: run
run: build ## build and serve a demonstration town at http://localhost:8008
	@bin/grouprise demo --if-empty
	@GROUPRISE_LMTP_LISTEN=127.0.0.1:8024 GROUPRISE_EMAIL_SUBMISSION_BACKEND=folder bin/grouprise serve

.PHONY: build
build: generate ## build the static program bin/grouprise
	@go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/grouprise

# --- what is made from sources and not committed: typed pages, bundled styles and scripts ----------

TEMPL := $(shell find internal -name '*.templ' 2>/dev/null)
GENERATED := $(shell find internal -name '*_templ.go' 2>/dev/null)
ORPHANS := $(filter-out $(TEMPL:.templ=_templ.go),$(GENERATED))
MISSING := $(filter-out $(GENERATED),$(TEMPL:.templ=_templ.go))

BUNDLER := $(wildcard internal/kit/bundle/cmd)
ASSETS := $(shell find assets -path assets/node_modules -prune -o -type f -print 2>/dev/null)
DIST := internal/core/site/dist

.PHONY: generate
generate: $(if $(TEMPL),.cache/templ) $(if $(BUNDLER),.cache/dist) ## make the generated sources (pages, styles, scripts)
	@$(if $(ORPHANS),rm -f $(ORPHANS))

.cache/templ: $(TEMPL) go.mod $(if $(MISSING),always)
	@go tool templ generate -path internal -include-version=false -lazy -log-level warn
	@mkdir -p .cache && touch $@

.cache/dist: $(ASSETS) $(shell find internal/kit/bundle -name '*.go' 2>/dev/null) $(if $(wildcard assets/package-lock.json),.cache/npm) $(if $(filter-out $(DIST)/.keep,$(wildcard $(DIST)/*)),,always)
	@go run ./internal/kit/bundle/cmd
	@mkdir -p .cache && touch $@

.cache/npm: assets/package.json assets/package-lock.json $(if $(wildcard assets/node_modules),,always)
	@npm ci --prefix assets --no-audit --no-fund --loglevel error
	@mkdir -p .cache && touch $@

.PHONY: always
always:

# --- tests and checks ------------------------------------------------------------------------------

.PHONY: test
test: generate ## run all tests but the black-box ones, on SQLite, PostgreSQL and MariaDB
	@$(WITH_SERVERS) go test $(PACKAGES)

.PHONY: clean
clean: ## remove what was built and generated; the data of `make run` stays
	@rm -rf bin dist .cache assets/node_modules $(GENERATED)
	@find $(DIST) -type f ! -name .keep -delete
