#!/usr/bin/env bash
# bench-replay.sh - whether a word is lost when the recogniser dies at a random moment of a call
#
#   tools/bench-replay.sh DIR [SEEDS [AT_ONCE]]
#
# Real speech goes over real calls to a recogniser on this machine that knows a word only by its sound, so that what it
# understands is what it was sent. 50 calls go over services without a fault, and then as many over a first recogniser
# that dies, each time in another way at another moment, as it takes to have SEEDS of those deaths. The transcript of
# each call must be, to the letter, what its caller said.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly dir=$1 seeds=${2:-100} at_once=${3:-25} calls=50 rounds_most=20

# place NAME SEED [OPTION...] - the calls; with options the first recogniser is played with these
place() {
	local name=$1 seed=$2 well known
	shift 2
	. tools/bench-vendors.sh
	build/bench/known "$play"
	local usual=(--seed "$seed" --jitter 20 --final 170 --first-token 81 --first-audio 84 --pace 1.2
		--answer 'Number {n} is written down.')
	for known in "$play"/*.wav; do usual+=(--recording "$known"); done
	play_vendors "${usual[@]}"
	well=$vendors_port
	[ $# -eq 0 ] || play_vendors "${usual[@]}" --log "$play/dying.log" "$@"
	cat >"$play/extra.yaml" <<-YAML
		providers:
		  ears: {type: deepgram, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}"}
		  spare: {type: deepgram, url: "wss://localhost:$well", key: "\${BENCH_KEY}"}
		  mind: {type: openai, url: "https://localhost:$well/v1", key: "\${BENCH_KEY}"}
		  mouth: {type: cartesia, url: "wss://localhost:$well", key: "\${BENCH_KEY}"}
		pipeline: {stt: [ears, spare], llm: [mind], tts: [mouth], prepare: false}
		network: {authority: "$play/authority.pem"}
	YAML
	BENCH_KEY=key-of-tests EXTRA=$play/extra.yaml \
		tools/bench-calls.sh sentences modeller "$dir/$name" flite "$at_once" "$calls"
	[ $# -eq 0 ] || cp "$play/dying.log" "$dir/$name/vendors.log"
}

rm -rf "$dir"
mkdir -p "$dir"
echo "$calls calls without a fault"
(place plain 1)
dying=() died=0
for ((seed = 1; seed <= rounds_most && died < seeds; seed++)); do
	echo "$calls calls with recognisers that die, seed $seed"
	(place "dying-$seed" "$seed" --only deepgram --fault-one-in 2 --within 15000)
	dying+=("$dir/dying-$seed")
	died=$(python3 tools/replayed.py deaths "${dying[@]}")
	echo "$died of $seeds recognisers have died"
done
python3 tools/replayed.py "$seeds" "$dir/plain" "${dying[@]}"
