#!/usr/bin/env bash
# bench-replay.sh - whether a word is lost when the recogniser dies at a random moment of a call
#
#   tools/bench-replay.sh DIR [SEEDS [AT_ONCE]]
#
# Places 50 real calls with real speech over services without a fault, then the same calls SEEDS times with a first
# recogniser of which every second session fails in some way at some moment (if all did, it would soon be left alone),
# and compares what was understood, call by call.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly dir=$1 seeds=${2:-5} at_once=${3:-25}
readonly words='one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'

# place NAME SEED [OPTION...] - the calls; with options the first recogniser is played with these
place() {
	local name=$1 well
	local usual=(--seed "$2" --jitter 20 --final 170 --first-token 81 --first-audio 84 --pace 1.2 --ear counted
		--transcript "$words" --answer 'Number {n} is written down.')
	shift 2
	. tools/bench-vendors.sh
	play_vendors "${usual[@]}"
	well=$vendors_port
	[ $# -eq 0 ] || play_vendors "${usual[@]}" "$@"
	cat >"$play/extra.yaml" <<-YAML
		providers:
		  ears: {type: deepgram, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}"}
		  spare: {type: deepgram, url: "wss://localhost:$well", key: "\${BENCH_KEY}"}
		  mind: {type: openai, url: "https://localhost:$well/v1", key: "\${BENCH_KEY}"}
		  mouth: {type: cartesia, url: "wss://localhost:$well", key: "\${BENCH_KEY}"}
		pipeline: {stt: [ears, spare], llm: [mind], tts: [mouth]}
		network: {authority: "$play/authority.pem"}
	YAML
	BENCH_KEY=key-of-tests EXTRA=$play/extra.yaml tools/bench-calls.sh errands modeller "$dir/$name" flite "$at_once" 50
	grep '^offhook_provider_switches_total{kind="stt"' "$dir/$name/metrics" || true
}

mkdir -p "$dir"
(place plain 1)
dying=()
for ((seed = 1; seed <= seeds; seed++)); do
	(place "dying-$seed" "$seed" --fault-one-in 2 --only deepgram)
	dying+=("$dir/dying-$seed")
done
python3 tools/replayed.py "$dir/plain" "${dying[@]}"
