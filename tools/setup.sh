#!/usr/bin/env bash
# setup.sh - what a Debian 12 machine lacks for `make demo` or `make test`, installed
#
#   tools/setup.sh [demo|test]    demo: to build and run; test: that and the test suite's own tools
#
# First says what cannot be mended here (processor, disk), then installs the missing packages, if any, as root or
# by sudo. Packages that are there are left alone, and so is an npm that came from elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly tree_mb=2000 apt_mb=1500 memory_mb=1800

# To build and run. Keep the libraries in step with the dependency() lines of src/*/meson.build.
packages=(
	gcc libc6-dev meson ninja-build pkg-config python3 tzdata
	flite1-dev libc-ares-dev libcurl4-openssl-dev libjansson-dev libmicrohttpd-dev libsqlite3-dev libssl-dev
	libwslay-dev libyaml-dev
)
test_packages=(
	clang-14 clang-format-14 binutils
	asterisk-core-sounds-en asterisk-core-sounds-en-wav baresip-core curl flite
	nghttp2-server sip-tester sox
)

say() { printf 'setup: %s\n' "$*"; }
lacks=0
lack() { printf 'setup: this machine lacks %s\n' "$*" >&2; lacks=1; }

free_mb() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

check_machine() {
	[ "$(uname -m)" = x86_64 ] || lack "an x86-64 processor (it has $(uname -m)): the speech runtime is built for that one"
	for flag in sse4_2 avx2; do
		grep -qw "$flag" /proc/cpuinfo || lack "the processor feature $flag, which the speech models need"
	done
	[ "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" -ge $memory_mb ] ||
		lack "memory: $memory_mb MB are needed"
	[ -e build/offhook ] || [ "$(free_mb .)" -ge $tree_mb ] ||
		lack "disk: $tree_mb MB are needed in $PWD, $(free_mb .) are free"
	[ $lacks -eq 0 ] || exit 1
}

missing() {
	local p
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || printf '%s\n' "$p"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		printf 'setup: not root and no sudo; have this run for you:\n  apt-get update && apt-get install -y %s\n' "${lacking[*]}" >&2
		exit 1
	fi
}

install_missing() {
	command -v apt-get >/dev/null || { say "no apt-get here; install what these Debian packages hold: ${lacking[*]}"; exit 1; }
	[ "$(free_mb /var)" -ge $apt_mb ] || { lack "disk: $apt_mb MB are needed in /var to install packages"; exit 1; }
	say "installing ${lacking[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${lacking[@]}"
}

check_machine
[ "${1:-demo}" = demo ] || packages+=("${test_packages[@]}")
mapfile -t lacking < <(missing "${packages[@]}")
command -v npm >/dev/null || [ -n "${OFFHOOK_MODELS:-}" ] || lacking+=(npm)
[ ${#lacking[@]} -eq 0 ] || install_missing
say "everything is there"
