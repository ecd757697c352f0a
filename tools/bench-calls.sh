#!/usr/bin/env bash
# bench-calls.sh - a measurement by real calls: a server of its own, callers, and nothing left running
#
#   tools/bench-calls.sh KIND AGENT DIR [VOICE [AT_ONCE [CALLS]]]
#
# Starts build/offhook with bench/agents/AGENT.yaml on free ports of the loopback, an empty phrase cache and an
# empty store, lets build/bench/callers place the calls of KIND, and stops it. DIR then holds said.jsonl,
# calls/ (trails and recordings), metrics and server.log for the judges. EXTRA names a file whose lines join the
# configuration. ROUNDS repeats it with as many seeds, two rounds at a time; callers may then fail, if only calls end.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly kind=$1 agent=$2 dir=$3 voice=${4:-flite} at_once=${5:-2} calls=${6:-64}
readonly ready_within=300

rm -rf "$dir"
mkdir -p "$dir"
cat >"$dir/offhook.yaml" <<YAML
agents: ["$PWD/bench/agents/$agent.yaml"]
calls: "$PWD/$dir/calls"
store: "$PWD/$dir/store.db"
sip: {listen: "127.0.0.1:0", trunks: {bench: {from: [127.0.0.0/8]}}}
media: {port_min: 0, port_max: 0}
routes: [{agent: $agent}]
speech: {models: "$PWD/models", voice: $voice, phrases: "$PWD/$dir/phrases"}
metrics: {listen: "127.0.0.1:0"}
YAML
[ -z "${EXTRA:-}" ] || cat "$EXTRA" >>"$dir/offhook.yaml"

build/offhook serve -c "$dir/offhook.yaml" >"$dir/server.out" 2>"$dir/server.log" &
readonly server=$!
trap 'kill $server 2>/dev/null || true' EXIT

for ((i = 0; i < ready_within * 5; i++)); do
	grep -q '^ready ' "$dir/server.out" && break
	kill -0 $server 2>/dev/null || { tail -5 "$dir/server.log" >&2; exit 1; }
	sleep 0.2
done
sip=$(sed -n 's/^ready sip=\([^ ]*\).*/\1/p' "$dir/server.out")
[ -n "$sip" ] || { echo "bench-calls: the server is not ready after $ready_within s" >&2; exit 1; }

metrics=$(sed -n 's/.* metrics=\([0-9.:]*\).*/\1/p' "$dir/server.out")

# speak SEED FILE - the calls of one round
speak() {
	build/bench/callers --sip "$sip" --kind "$kind" --out "$2" --at-once "$at_once" --calls "$calls" --seed "$1" \
		2>>"$dir/callers.log"
}

rounds() {
	local seed before=
	for ((seed = 1; seed <= ROUNDS; seed++)); do
		speak "$seed" "$dir/said-$seed.jsonl" &
		[ -z "$before" ] || wait "$before" || true
		[ -n "$before" ] || sleep 10
		before=$!
	done
	wait "$before" || true
}

# progress - says now and then how far it has got
progress() {
	while sleep 20; do
		echo "  $(grep -cs '^call ' "$dir/callers.log") of $((${ROUNDS:-1} * calls)) calls are over"
	done
}

progress &
readonly teller=$!
trap 'kill $server $teller 2>/dev/null || true' EXIT
echo "load before: $(cat /proc/loadavg)"
if [ -n "${ROUNDS:-}" ]; then rounds; else speak 1 "$dir/said.jsonl" || { tail -5 "$dir/callers.log" >&2; exit 1; }; fi
echo "load after:  $(cat /proc/loadavg)"
for ((i = 0; i < 150; i++)); do
	curl -sf "http://$metrics/metrics" >"$dir/metrics"
	! grep -q '^offhook_live_objects{type="call"} [1-9]' "$dir/metrics" || { sleep 0.2; continue; }
	break
done
kill $server
wait $server || { echo "bench-calls: the server did not end well" >&2; exit 1; }
