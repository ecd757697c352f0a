#!/usr/bin/env bash
# bench-turn.sh - how soon the answer starts when ears, mind and mouth are services on a network
#
#   tools/bench-turn.sh DIR [AT_ONCE [FINAL FIRST_TOKEN FIRST_AUDIO]]
#
# Plays the services on this machine (build/tests/vendors/vendors) at the given delays in ms, each drawn anew from
# 20 % around, and places real calls with real speech against them. No model runs in our process but the one that
# detects speech.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly dir=$1 at_once=${2:-50} final=${3:-170} token=${4:-81} audio=${5:-84}
. tools/bench-vendors.sh
play_vendors --seed 1 --jitter 20 --final "$final" --first-token "$token" --first-audio "$audio" --pace 1.2 \
	--ear voiced --transcript 'I would like to talk about my back pain.' \
	--answer 'Number {n} is written down for the doctor. What else can I do for you?'

cat >"$play/extra.yaml" <<YAML
providers:
  ears: {type: deepgram, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}", spares: 4}
  mind: {type: openai, url: "https://localhost:$vendors_port/v1", key: "\${BENCH_KEY}"}
  mouth: {type: cartesia, url: "wss://localhost:$vendors_port", key: "\${BENCH_KEY}", spares: 4}
pipeline: {stt: [ears], llm: [mind], tts: [mouth], prepare: false}
network: {authority: "$play/authority.pem"}
YAML

echo "recogniser's final $final ms, first token $token ms, first audio $audio ms, each +-20 %; $at_once calls at once"
BENCH_KEY=key-of-tests EXTRA=$play/extra.yaml \
	tools/bench-calls.sh matters modeller "$dir" flite "$at_once" 50
build/bench/response turns "$dir"
