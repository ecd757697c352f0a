# lib.sh - for the tests of peers: a room, servers with two shards in it, callers, checks
#
# Read by the scripts beside it. Each has a temporary folder of its own ($room), ends what it started, and closes
# with `N passed, N failed`. BUILD names the build directory; KEEP_ROOM=1 keeps the folder.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$top/build}")
offhook=$BUILD/offhook
here=$top/tests/peers
room=$(mktemp -d)
export PEERS_PASSWORD='rabbit hole' LSAN_OPTIONS=suppressions=$top/tests/unit/lsan.supp
phrases=$top/build/peers-phrases # shared: what is spoken once need not be spoken again
started=() passed=0 failed=0 out='' rc=0

fail() { failed=$((failed + 1)); printf 'FAILED  %s\n' "$1"; }
pass() { passed=$((passed + 1)); printf 'ok      %s\n' "$1"; }

# ok WHAT COMMAND... - passes when the command succeeds; what it said is shown when it does not
ok() {
	local what=$1; shift
	out=$("$@" 2>&1 </dev/null); rc=$?
	if [ $rc -eq 0 ]; then pass "$what"; else fail "$what (status $rc)"; tail -n 15 <<<"$out" | sed 's/^/        /'; fi
}

# same WHAT WANTED GOT
same() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: wanted '$2', got '$3'"; fi
}

# matches WHAT PATTERN TEXT
matches() {
	if [[ $3 =~ $2 ]]; then pass "$1"; else fail "$1: no match for '$2' in"; tail -n 8 <<<"$3" | sed 's/^/        /'; fi
}

# absorb COMMAND... - a script that counts for itself
absorb() {
	local good bad
	out=$("$@" 2>&1 </dev/null)
	sed '$d' <<<"$out"
	read -r good _ bad _ < <(tail -n 1 <<<"$out")
	if [[ $good$bad =~ ^[0-9]+$ ]]; then
		passed=$((passed + good)) failed=$((failed + bad))
	else
		fail "$*"; tail -n 15 <<<"$out"
	fi
}

# within SECONDS COMMAND... - until it succeeds
within() {
	local until=$((SECONDS + $1)); shift
	until "$@"; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
}

started_pid() { started+=("$1"); }

leave() {
	local pid
	for pid in "${started[@]}"; do
		if kill -KILL "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null; fi
	done
	[ -n "${KEEP_ROOM:-}" ] || rm -rf "$room"
}
trap leave EXIT

finish() {
	printf '%d passed, %d failed\n' $passed $failed
	[ $failed -eq 0 ]
	exit
}

# need PROGRAM PACKAGE ... - without them nothing can be tested, which is a failure
need() {
	while [ $# -gt 0 ]; do
		command -v "$1" >/dev/null || fail "there is no $1: install the package $2"
		shift 2
	done
	[ -x "$offhook" ] || fail "there is no $offhook: build it first"
	[ -e "$top/models/onnxruntime" ] || fail "there are no speech models: run tools/models.sh speech"
	[ $failed -eq 0 ] || finish
}

# ---- a server ----

# config - what the variables say, as YAML; `local` them to change one
calls_max=100 media_timeout=30000 drain=60000 digest=both ring=0 agent=$top/agents/clinic/agent.yaml
sip_listen=127.0.0.1:0 metrics_listen=127.0.0.1:0 models=$top/models core_dumps=false
config() {
	cat <<-YAML
	shards: 2
	agents: ['$agent']
	calls: '$room/calls'
	store: '$room/var/offhook.db'
	sip:
	  listen: $sip_listen
	  digest: $digest
	  ring_ms: $ring
	  trunks:
	    open: {from: [127.0.0.1]}
	    login: {from: [127.0.0.2], user: alice, password: '\${PEERS_PASSWORD}'}
	media: {port_min: 0, port_max: 0, timeout_ms: $media_timeout}
	speech: {voice: flite, models: '$models', phrases: '$phrases'}
	limits: {calls: $calls_max, drain_ms: $drain, retry_after_s: 7}
	metrics: {listen: $metrics_listen}
	core_dumps: $core_dumps
	YAML
}

# serve [FILE] - starts a server and waits until it is ready: sets $server, $sip and $metrics
serve() {
	local file=${1:-$room/offhook.yaml}
	[ $# -gt 0 ] || config >"$file"
	: >"$room/ready"
	"$offhook" serve -c "$file" >"$room/ready" 2>>"$room/server.log" &
	server=$!
	started_pid $server
	within 240 ready_or_gone
	if ! grep -q '^ready' "$room/ready"; then
		fail "the server does not start:"
		tail -n 20 "$room/server.log"
		finish
	fi
	sip=$(sed -n 's/.* sip=127.0.0.1:\([0-9]*\).*/\1/p' "$room/ready")
	metrics=$(sed -n 's/.* metrics=\([0-9.:]*\).*/\1/p' "$room/ready")
}

ready_or_gone() { grep -q '^ready' "$room/ready" || gone $server; }
alive() { kill -0 "$server" 2>/dev/null; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# stop - politely; its exit status
stop() {
	kill -TERM $server
	wait $server
}

page() { curl -sf --max-time 5 "http://$metrics/metrics"; }

# figure 'NAME{label="x"}' - one value of the metrics; 0 when there is none
figure() { page | awk -v name="$1" '$1 == name { v = $2 } END { print v + 0 }'; }

# live TYPE... - how many objects of these types there are
live() {
	local t n=0
	for t in "$@"; do n=$((n + $(figure "offhook_live_objects{type=\"$t\"}"))); done
	echo $n
}

none_live() { [ "$(live "$@")" -eq 0 ]; }
calls_over() { none_live call sip_leg stream flow_brain recorder; }

# trails - of all calls, oldest first
trails() { find "$room/calls" -name '*.jsonl' -printf '%T@ %p\n' 2>/dev/null | sort -n | cut -d' ' -f2; }
last_trail() { trails | tail -n 1; }
trail_count() { trails | wc -l; }

# ---- callers ----

# stay N - so many calls that go on until `hang_up`; `held` has their processes
held=()
stay() {
	mkfifo "$room/stay"
	for _ in $(seq "$1"); do
		python3 "$here/raw.py" "$sip" - stays <"$room/stay" >>"$room/stay.log" 2>&1 &
		held+=($!)
		started_pid $!
	done
	exec 9>"$room/stay"
	within 60 calls_are "$1"
	rm "$room/stay"
}

calls_are() { [ "$(live call)" -eq "$1" ]; }

# hang_up - all of them; succeeds when they could: nobody had ended them before
hang_up() {
	local pid bad=0
	exec 9>&-
	for pid in "${held[@]}"; do wait "$pid" || bad=1; done
	held=()
	return $bad
}

# sipp_run SCENARIO OPTION... - from tests/peers/sipp or the room, one call unless told otherwise
sipp_run() { (sipp_exec "$@"); }

# sipp_exec SCENARIO OPTION... - the same in place of this shell: what is started with & can be killed
sipp_exec() {
	local file=$here/sipp/$1.xml as_root=()
	[ "$1" != speech ] || [ "$(id -u)" -eq 0 ] || as_root=(sudo -n) # it writes packets by a raw socket
	shift
	cd "$room" && exec "${as_root[@]}" sipp -sf "$file" -s clinic -i 127.0.0.1 -m 1 -l 1000 -nostdin \
		-timeout 180 -timeout_error -mp "$(media_port)" "$@" "127.0.0.1:$sip"
}

# media_port - one that is free, and the next but one too: sipp takes both, and gives up when it cannot
media_port() {
	local port=
	until [ -n "$port" ] && port_free "$port" && port_free $((port + 2)); do port=$((20000 + RANDOM % 5000 * 2)); done
	echo "$port"
}

port_free() { ! grep -q "$(printf ':%04X ' "$1")" /proc/net/udp; }
