#!/usr/bin/env bash
# bench-faults.sh - calls over services that fail one request in five: does every call end, is nobody left in silence
#
#   tools/bench-faults.sh DIR [services|fallbacks [ROUNDS [AT_ONCE]]]
#
# Plays the services on this machine at the usual delays, with faults of all kinds at random points, two of each kind
# for each stage, all with the limits that a service has by default; "fallbacks" names the engines in our process
# behind them. Places ROUNDS times 50 real calls with real speech, twice AT_ONCE at once, and asks recordings, trails
# and metrics.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly dir=$1 kind=${2:-services} rounds=${3:-20} at_once=${4:-30}
readonly alive='^offhook_live_objects{.*type="(call|sip_leg|stream|recorder|model_brain|[a-z]+_chain|stt_|tts_|llm_|ws|http_ask)'

. tools/bench-vendors.sh
play_vendors --seed 1 --fault-one-in 5 --jitter 20 --final 170 --first-token 81 --first-audio 84 --pace 1.2 \
	--ear voiced --transcript 'I would like to talk about my back pain.' \
	--answer 'Number {n} is written down for the doctor. What else can I do for you?'

{
	echo 'providers:'
	for n in 1 2; do
		echo "  ears$n: {type: deepgram, url: 'wss://localhost:$vendors_port', key: '\${BENCH_KEY}'}"
		echo "  mind$n: {type: openai, url: 'https://localhost:$vendors_port/v1', key: '\${BENCH_KEY}'}"
		echo "  mouth$n: {type: cartesia, url: 'wss://localhost:$vendors_port', key: '\${BENCH_KEY}'}"
	done
	local=
	[ "$kind" = services ] || local=', local'
	echo "pipeline: {stt: [ears1, ears2$local], llm: [mind1, mind2], tts: [mouth1, mouth2$local], prepare: false}"
	echo "network: {authority: '$play/authority.pem'}"
} >"$play/extra.yaml"

BENCH_KEY=key-of-tests EXTRA=$play/extra.yaml ROUNDS=$rounds \
	tools/bench-calls.sh errands modeller "$dir" flite "$at_once" 50
grep '^offhook_provider_switches_total' "$dir/metrics" | sort || true
rc=0
build/bench/silence "$dir" || rc=1
placed=$((rounds * 50)) ended=$(find "$dir/calls" -name '*.jsonl' | wc -l)
if [ "$ended" -ne "$placed" ]; then
	echo "$placed calls were placed, $ended have a trail"
	rc=1
fi
if grep -E "$alive" "$dir/metrics" | grep -v ' 0$'; then
	echo 'these are still alive'
	rc=1
fi
exit $rc
