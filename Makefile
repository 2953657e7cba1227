# daemon-keeper: every target also works with BSD make. make help lists them.

PREFIX = /usr/local
DESTDIR =
GOFLAGS_BUILD = -trimpath -ldflags "-s -w"
TOOL = go tool -modfile=.ci/tools/go.mod

build: ## build build/daemon-keeper
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o build/daemon-keeper .

demo: build ## a toy daemon dies and is brought back; needs no root, leaves nothing behind
	@sh testdata/demo.sh build/daemon-keeper

test: ## all tests; on Linux as root also on a real systemd, cron and rsyslog
	@sh .ci/test

test-packages: ## the packages, the Ansible role, the alert rules and the completions, for real
	@sh .ci/test-packages

lint: ## format, vet for every system, staticcheck, the man page
	@sh .ci/lint "$(TOOL)"

bench: build ## this tool beside ps|grep, pgrep, pidof and a bare loop (Linux)
	go run ./internal/bench -keeper build/daemon-keeper

cover: ## how much of the code the tests run
	@mkdir -p build
	go test -coverprofile=build/cover.out -coverpkg=./... ./...
	go tool cover -func=build/cover.out | tail -n 1

install: build ## install below $(DESTDIR)$(PREFIX)
	mkdir -p $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 build/daemon-keeper $(DESTDIR)$(PREFIX)/sbin/daemon-keeper
	install -m 644 docs/daemon-keeper.8 $(DESTDIR)$(PREFIX)/share/man/man8/daemon-keeper.8
	install -m 644 docs/daemon-keeper.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/daemon-keeper.yaml.5

uninstall: ## remove what install has installed
	rm -f $(DESTDIR)$(PREFIX)/sbin/daemon-keeper $(DESTDIR)$(PREFIX)/share/man/man8/daemon-keeper.8 \
		$(DESTDIR)$(PREFIX)/share/man/man5/daemon-keeper.yaml.5

clean: ## remove what was built, and the Debian tree of the tests
	rm -rf build .cache

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

.PHONY: build demo test test-packages lint bench cover install uninstall clean help
