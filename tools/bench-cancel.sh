#!/usr/bin/env bash
# bench-cancel.sh - how soon a voice on a network is told that the caller has interrupted it
#
#   tools/bench-cancel.sh DIR [AT_ONCE [CALLS]]
#
# Plays the services on this machine at the usual delays; a model's long answer is broken into at random points of it.
# No two answers are the same, so that none comes from the cache of phrases. Prints when the vendor was told, by its
# own log.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly dir=$1 at_once=${2:-3} calls=${3:-6}
. tools/bench-vendors.sh
play_vendors --seed 1 --jitter 20 --final 170 --first-token 81 --first-audio 84 --pace 1.2 --log "$play/vendors.log" \
	--ear voiced --transcript 'Sorry, can I stop you there for a moment please?' \
	--answer "House {n} was built beside the harbour more than a hundred years ago, and for most of that time number {n} \
has been open to everybody who came in from the sea. In summer the large windows of house {n} stand open all day long, \
so that people in street {n} can hear the music from the hall, and in winter there is a fire in room {n}."

cat >"$play/extra.yaml" <<YAML
providers:
  ears: {type: deepgram, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}"}
  mind: {type: openai, url: "https://localhost:$vendors_port/v1", key: "\${BENCH_KEY}"}
  mouth: {type: cartesia, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}"}
pipeline: {stt: [ears], llm: [mind], tts: [mouth], prepare: false}
network: {authority: "$play/authority.pem"}
YAML

BENCH_KEY=key-of-tests EXTRA=$play/extra.yaml tools/bench-calls.sh interruptions modeller "$dir" flite "$at_once" "$calls"
cp "$play/vendors.log" "$dir/vendors.log"
python3 tools/cancelled.py "$dir"
