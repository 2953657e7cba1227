# daemon-keeper: every target also works with BSD make. make help lists them.

PREFIX = /usr/local
DESTDIR =
GOFLAGS_BUILD = -trimpath -ldflags "-s -w"
# Of dist and packages; empty: that of the git tag.
VERSION =
# Of fuzz: how long each target runs, and a part of the names of those that do.
FUZZTIME = 30s
FUZZ =
# Of dist, such as linux/amd64,freebsd/386; empty: all.
TARGETS =
DIST = build/dist
PACKAGES = build/packages
TOOL = go tool -modfile=.ci/tools/go.mod

build: ## build build/daemon-keeper
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o build/daemon-keeper .

demo: build ## a toy daemon dies and is brought back; needs no root, leaves nothing behind
	@sh testdata/demo.sh build/daemon-keeper

test: ## all tests; on Linux as root also on a real systemd, cron and rsyslog
	@sh .ci/test

test-packages: ## the packages, the Ansible role, the alert rules and the completions, for real
	@sh .ci/test-packages

test-real: ## of these, only the keeper beside the real daemons of docs/real-daemons.md
	@sh .ci/test-packages ./packaging/real

lint: ## format, vet, staticcheck, types for every system, the man page
	@sh .ci/lint "$(TOOL)"

fuzz: ## each fuzz target for FUZZTIME, 30s; of those whose names match FUZZ
	@FUZZTIME="$(FUZZTIME)" FUZZ="$(FUZZ)" sh .ci/fuzz

bench: build ## this tool beside ps|grep, pgrep, pidof and a bare loop (Linux)
	@sh testdata/bench.sh build/daemon-keeper

cover: ## how much of the code the tests run
	@mkdir -p build
	go test -coverprofile=build/cover.out -coverpkg=./... ./...
	go tool cover -func=build/cover.out | tail -n 1

dist: ## static programs for eight systems and the sources, in build/dist; VERSION=1.2.3
	go run ./packaging/dist -version "$(VERSION)" -out "$(DIST)" -target "$(TARGETS)" archives

packages: ## deb, rpm, apk and Arch packages, in build/packages; VERSION=1.2.3
	go run ./packaging/dist -version "$(VERSION)" -out "$(PACKAGES)" packages

INSTALLED = sbin/daemon-keeper share/man/man8/daemon-keeper.8 share/man/man5/daemon-keeper.yaml.5 \
	share/bash-completion/completions/daemon-keeper share/zsh/site-functions/_daemon-keeper \
	share/fish/vendor_completions.d/daemon-keeper.fish etc/daemon-keeper.yaml.sample \
	share/daemon-keeper/hooks/matrix share/daemon-keeper/hooks/ntfy share/daemon-keeper/hooks/pagerduty \
	share/daemon-keeper/hooks/slack share/daemon-keeper/hooks/telegram share/daemon-keeper/hooks/webhook \
	share/daemon-keeper/hooks/with-pings

# Root may have no Go, and is not to build in somebody's folder.
build/daemon-keeper:
	$(MAKE) build

install: build/daemon-keeper ## install what was built below $(DESTDIR)$(PREFIX)
	umask 022; for file in $(INSTALLED); do mkdir -p "$(DESTDIR)$(PREFIX)/$${file%/*}"; done
	install -m 755 build/daemon-keeper $(DESTDIR)$(PREFIX)/sbin/daemon-keeper
	install -m 644 docs/daemon-keeper.8 $(DESTDIR)$(PREFIX)/share/man/man8/daemon-keeper.8
	install -m 644 docs/daemon-keeper.yaml.5 $(DESTDIR)$(PREFIX)/share/man/man5/daemon-keeper.yaml.5
	install -m 644 packaging/completions/daemon-keeper.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/daemon-keeper
	install -m 644 packaging/completions/_daemon-keeper $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_daemon-keeper
	install -m 644 packaging/completions/daemon-keeper.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/daemon-keeper.fish
	install -m 644 packaging/daemon-keeper.yaml $(DESTDIR)$(PREFIX)/etc/daemon-keeper.yaml.sample
	install -m 755 packaging/hooks/matrix packaging/hooks/ntfy packaging/hooks/pagerduty packaging/hooks/slack \
		packaging/hooks/telegram packaging/hooks/webhook packaging/hooks/with-pings $(DESTDIR)$(PREFIX)/share/daemon-keeper/hooks/

uninstall: ## remove what install has installed
	for file in $(INSTALLED); do rm -f "$(DESTDIR)$(PREFIX)/$$file"; done
	for folder in hooks .; do \
		if [ -d "$(DESTDIR)$(PREFIX)/share/daemon-keeper/$$folder" ]; then rmdir "$(DESTDIR)$(PREFIX)/share/daemon-keeper/$${folder#.}" || :; fi; done

clean: ## remove what was built, and the Debian tree of the tests
	rm -rf build .cache

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

.PHONY: build demo test test-packages test-real fuzz lint bench cover dist packages install uninstall clean help
