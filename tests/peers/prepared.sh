#!/usr/bin/env bash
# prepared.sh - fixed phrases of a voice on a network: bought while calls are taken, once, and kept over kill -9
. "$(dirname "$0")/lib.sh"
need curl curl python3 python3 sipp sip-tester
vendors=$BUILD/tests/vendors/vendors
[ -x "$vendors" ] || { fail "there is no $vendors: build it first"; finish; }
export VOICE_KEY=key-of-tests
phrases=$room/phrases

# play PACE - a voice, as fast as that; its port in $voice, what it bills in $room/voice.log
play() {
	: >"$room/voice.out" >"$room/voice.log"
	"$vendors" --listen 0 --tls --authority "$room/voice.pem" --key "$VOICE_KEY" --log "$room/voice.log" \
		--first-audio 84 --pace "$1" >"$room/voice.out" 2>&1 &
	player=$!
	started_pid $player
	within 10 grep -q ':[0-9]' "$room/voice.out" || { fail "the vendor does not start"; finish; }
	voice=$(grep -om1 '[0-9]*$' "$room/voice.out")
}

# write_config TYPE SCHEME [PIPELINE...] - a clinic that this voice speaks for
write_config() {
	config
	printf 'providers:\n  mouth: {type: %s, url: "%s://localhost:%s", key: "${VOICE_KEY}"}\n' "$1" "$2" "$voice"
	printf 'pipeline: {tts: [mouth, local]%s}\nnetwork: {authority: "%s"}\n' "${3:-}" "$room/voice.pem"
	printf 'prices: "%s"\n' "$room/prices.yaml"
} >"$room/offhook.yaml"

state() { figure "offhook_prepared_phrases{agent=\"clinic\",service=\"mouth\",state=\"$1\"}"; }
has_begun() { [ "$(state ready)" -gt 3 ]; }
is_over() { [ "$(state ready)" -gt 3 ] && [ "$(state waiting)" -eq 0 ]; }
spoken() { figure 'offhook_prepare_characters_total{service="mouth"}'; }
halves() { find "$phrases" -name '*.tmp' | wc -l; }
bill() { python3 -c 'import json, sys; print(sum(json.loads(l).get("characters", 0) for l in open(sys.argv[1])))' "$room/voice.log"; }

echo 'prices: [{kind: tts, type: "*", charges: [{of: characters, per: thousand, price: 1}]}]
date: today' >"$room/prices.yaml"

for kind in 'openai https' 'cartesia wss'; do
	set -- $kind
	rm -rf "$phrases"
	play 0
	write_config "$1" "$2"
	serve "$room/offhook.yaml"
	ok "$1: all is spoken while calls are taken" within 120 is_over
	total=$(state ready) characters=$(spoken)
	same "$1: nothing is missing" 0 "$(state failed)"
	same "$1: its cost stands in the metrics" "$characters" \
		"$(figure 'offhook_prepare_cost_dollars_total{service="mouth"}' | awk '{ printf "%.0f", $1 * 1000 }')"
	same "$1: and on no call's bill" 0 "$(page | grep -c '^offhook_cost_dollars_total')"
	stop; same "$1: the server stops with status 0" 0 $?
	same "$1: and counted what the vendor bills" "$(bill)" "$characters"
	serve "$room/offhook.yaml"
	ok "$1: the next start finds all of it" within 120 is_over
	same "$1: as much as there was" "$total" "$(state ready)"
	same "$1: and pays nothing" 0 "$(spoken)"
	ok "$1: a caller hears it" sipp_run call -d 8000
	within 20 calls_over
	stop
	matches "$1: from its first word on" '"event":"spoken","heard":"Good ' "$(cat "$(last_trail)")"
	same "$1: and that is not paid again" "$characters" "$(bill)"
	kill $player; within 5 gone $player
done

# ---- killed in the middle of it ----
rm -rf "$phrases"
play 20
write_config cartesia wss
for round in 1 2 3; do
	serve "$room/offhook.yaml"
	within 60 has_begun
	kill -KILL $server
	wait $server 2>/dev/null
done
serve "$room/offhook.yaml"
ok 'killed three times: the next start goes on' within 120 is_over
same 'killed three times: nothing is missing' "$total" "$(state ready)"
same 'killed three times: half a file is left nowhere' 0 "$(halves)"
ok 'killed three times: and what was there is not paid again' [ "$(spoken)" -lt "$characters" ]
stop
kill $player; within 5 gone $player

# ---- a voice that is not there, one that may not be kept ----
rm -rf "$phrases"
write_config cartesia wss
serve "$room/offhook.yaml"
ok 'a voice that is not there is no reason not to start' within 20 grep -q 'missing=' "$room/server.log"
stop; same '... nor not to stop' 0 $?
play 0
write_config cartesia wss ', prepare: false'
serve "$room/offhook.yaml"
stop
same 'prepare: false: nothing was bought' 0 "$(bill)"
finish
