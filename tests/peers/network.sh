#!/usr/bin/env bash
# network.sh - whole calls over SIP with recogniser, language model and voice on a network
#
# The vendors are played by $BUILD/tests/vendors/vendors, behind TLS; the callers speak real speech. Looked at: what was
# understood, what it cost, where keys turn up, and what happens when services die.
. "$(dirname "$0")/lib.sh"
need curl curl python3 python3 sox sox
vendors=$BUILD/tests/vendors/vendors callers=$BUILD/bench/callers
for program in "$vendors" "$callers"; do
	[ -x "$program" ] || { fail "there is no $program: build it first"; finish; }
done
export MARKED_KEY=marked-key-5b1c9d47f2 WRONG_KEY=wrong-key-5b1c9d47f2
"$BUILD/bench/known" "$room" || { fail "what the callers will say cannot be read"; finish; }
known=()
for sound in "$room"/*.wav; do known+=(--recording "$sound"); done

# play NAME OPTION... - a server of vendors; its port in the variable NAME
play() {
	local name=$1; shift
	: >"$room/$name.out"
	"$vendors" --listen 0 --tls --authority "$room/$name.pem" --key "$MARKED_KEY" --log "$room/$name.log" --seed 7 \
		--jitter 20 --final 170 --first-token 81 --first-audio 84 --pace 1.2 "${known[@]}" \
		--answer 'Number {n} is written down.' "$@" >"$room/$name.out" 2>&1 &
	printf -v "pid_$name" %s $!
	started_pid $!
	within 10 grep -q ':[0-9]' "$room/$name.out" || { fail "the vendors do not start"; finish; }
	printf -v "$name" %s "$(grep -om1 '[0-9]*$' "$room/$name.out")"
}

# service NAME TYPE PORT - a provider's line
service() {
	local path="" scheme=wss
	[ "$2" != openai ] || { scheme=https path=/v1; }
	printf '  %s: {type: %s, url: "%s://localhost:%s%s", key: "${MARKED_KEY}", first_ms: 1000, stall_ms: 1000, connect_ms: 1000}\n' \
		"$1" "$2" "$scheme" "$3" "$path"
}

modeller=$top/bench/agents/modeller.yaml
# configure NAME PROVIDERS PIPELINE [COST] - a server's file: $room/NAME/offhook.yaml
configure() {
	local calls=$room/$1 agent=$modeller
	mkdir -p "$calls"
	{
		config | sed "s|^calls:.*|calls: '$calls/calls'|; s|^store:.*|store: '$calls/var/offhook.db'|
			s|^  trunks:|  trunks:\n    bench: {from: [127.0.0.3]}|; s|^limits: {|limits: {cost: {${4:-}}, |"
		printf 'routes: [{agent: %s}]\nproviders:\n%s\npipeline: %s\n' "$(basename "$agent" .yaml)" "$2" "$3"
		printf 'network: {authority: "%s"}\nprices: "%s"\n' "$room/authority.pem" "$room/prices.yaml"
	} >"$calls/offhook.yaml"
}

# dial NAME CALLS - so many callers speak at once, or AT_ONCE (a build that is slow); a failure when any was hung up on
dial() {
	"$callers" --sip "127.0.0.1:$sip" --kind sentences --out "$room/$1/said.jsonl" --at-once "${AT_ONCE:-$2}" --calls "$2" \
		--seed 3
}

# calls NAME CALLS PROVIDERS PIPELINE [COST] - serves, lets so many callers speak at once, and stops: $room/NAME/...
calls() {
	local calls=$room/$1
	configure "$1" "${@:3}"
	serve "$calls/offhook.yaml"
	ok "$1: the callers had their say" dial "$1" "$2"
	ok "$1: every call is over" within 20 calls_over
	curl -s "http://$metrics/metrics" >"$calls/metrics"
	matches "$1: no core file may hold a key" 'Max core file size +0 +0' "$(cat "/proc/$server/limits")"
	stop
	same "$1: the server stops with status 0" 0 $?
	cp "$room/server.log" "$calls/"
}

# loud WAV FROM SECONDS CHANNEL - whether there is more than noise (1 the caller, 2 the agent)
loud() {
	sox "$1" -n remix "$4" trim "$2" "$3" stat 2>&1 | awk '/RMS.*amplitude/ { found = $3 > 0.01 } END { exit !found }'
}

say() { python3 "$here/network.py" "$@"; }

cat >"$room/prices.yaml" <<-YAML
	currency: USD
	date: "2026"
	prices:
	  - {kind: stt, type: deepgram, charges: [{of: audio_in_seconds, per: minute, price: 0.0077}]}
	  - {kind: llm, type: openai, charges: [{of: tokens_in, per: million, price: 0.4}, {of: tokens_out, per: million, price: 1.6}]}
	  - {kind: tts, type: cartesia, charges: [{of: characters, per: thousand, price: 0.035}]}
	  - {kind: stt, type: local, free: true}
	  - {kind: tts, type: local, free: true}
	  - {kind: telephony, free: true}
	  - {kind: host, free: true}
YAML

# ---- each service is tried before the first call ----
play asked
cp "$room/asked.pem" "$room/authority.pem"
tried() {
	out=$(timeout 60 "$offhook" check --live "$@" -c "$room/tried.yaml" 2>&1 </dev/null); rc=$?
}
{
	config
	printf 'providers:\n'
	service ears deepgram "$asked"; service mind openai "$asked"; service mouth cartesia "$asked"
	service stray deepgram "$asked" | sed 's/MARKED_KEY/WRONG_KEY/'
	printf 'pipeline: {stt: [ears], llm: [mind], tts: [mouth]}\nnetwork: {authority: "%s"}\n' "$room/authority.pem"
} >"$room/tried.yaml"
tried; same 'tried: what is named works' 0 $rc
matches 'tried: with its times' 'llm +mind +openai +- +[0-9]+ ms +[0-9]+ ms +Number' "$out"
matches 'tried: and no other was asked' 'all 3 work$' "$out"
same 'tried: a pipe is told nothing that steers a terminal' 0 "$(grep -c $'\e' <<<"$out")"
tried --all; same 'tried: --all tries the others, and one does not work' 1 $rc
matches 'tried: in words' 'stt +stray +deepgram .*FAILED: the key is refused' "$out"
same 'tried: without a key' 0 "$(grep -cF -e "$MARKED_KEY" -e "$WRONG_KEY" <<<"$out")"
tried --all --json
same 'tried: for programs' '2 auth auth' \
	"$(python3 -c 'import json, sys; r = json.load(sys.stdin); print(r["failed"], *[e["fault"] for e in r["exchanges"] if not e["ok"]])' <<<"$out")"
wait_gone() { kill "$1"; within 5 gone "$1"; }
wait_gone "$pid_asked"

# ---- all is well ----
play well
cp "$room/well.pem" "$room/authority.pem"
calls plain 8 "$(service ears deepgram "$well"; service mind openai "$well"; service mouth cartesia "$well")" \
	'{stt: [ears], llm: [mind], tts: [mouth], prepare: false}'
read -r asked unanswered < <(say answers "$room/plain/said.jsonl" "$room/plain/calls")
same 'plain: every line was answered' '24 0' "$asked $unanswered"
same 'plain: the vendors found nothing wrong' 0 "$(grep -c '"log":"wrong"' "$room/well.log")"
read -r theirs ours gap _ < <(say cost "$room/well.log" "$room/plain/calls")
ok "plain: our meter says what their bill says, $ours and $theirs picodollars" [ "$gap" -lt 10000000 ]
matches 'plain: the cost stands in the metrics' 'offhook_cost' "$(cat "$room/plain/metrics")"
wait_gone "$pid_well"

# ---- the recogniser dies in the middle of it ----
play dying --fault-one-in 1 --within 8000 --only deepgram
play well2
cat "$room/dying.pem" "$room/well2.pem" >"$room/authority.pem"
calls replayed 8 "$(service ears deepgram "$dying"; service spare deepgram "$well2"; service mind openai "$well2"
	service mouth cartesia "$well2")" '{stt: [ears, spare], llm: [mind], tts: [mouth], prepare: false}'
wait_gone "$pid_dying"; wait_gone "$pid_well2"
cp "$room/dying.log" "$room/replayed/vendors.log"
ok 'replayed: to the letter what was said' python3 "$top/tools/replayed.py" 1 "$room/plain" "$room/replayed"
matches 'replayed: recognisers did die' 'offhook_provider_switches_total\{kind="stt",from="ears",to="spare"' \
	"$(cat "$room/replayed/metrics")"

# ---- the recogniser falls silent behind the first words that it tells ----
play stalling --fault 'stall~2' --only deepgram
play well3
cat "$room/stalling.pem" "$room/well3.pem" >"$room/authority.pem"
calls stalled 8 "$(service ears deepgram "$stalling"; service spare deepgram "$well3"; service mind openai "$well3"
	service mouth cartesia "$well3")" '{stt: [ears, spare], llm: [mind], tts: [mouth]}'
wait_gone "$pid_stalling"; wait_gone "$pid_well3"
cp "$room/stalling.log" "$room/stalled/vendors.log"
ok 'stalled: to the letter what was said' python3 "$top/tools/replayed.py" 1 "$room/plain" "$room/stalled"
matches 'stalled: the spare heard it' 'offhook_provider_switches_total\{kind="stt",from="ears",to="spare",[^}]*stalled' \
	"$(cat "$room/stalled/metrics")"

# ---- everything fails now and then ----
play shaky --fault-one-in 5 --tell-key
cp "$room/shaky.pem" "$room/authority.pem"
calls shaken 8 "$(for n in 1 2; do service ears$n deepgram "$shaky"; service mind$n openai "$shaky"
	service mouth$n cartesia "$shaky"; done)" \
	'{stt: [ears1, ears2, local], llm: [mind1, mind2], tts: [mouth1, mouth2, local], prepare: false}'
same 'shaken: every call has a disposition' 8 \
	"$(grep -l '"disposition":"[^"]' "$room"/shaken/calls/*/*.jsonl | wc -l)"
same 'shaken: nothing is left alive' '' \
	"$(grep '^offhook_live' "$room/shaken/metrics" | grep -E 'type="(call|stt|tts|llm|ws|http_ask|leg)' | grep -v ' 0$')"

wait_gone "$pid_shaky"
read -r theirs ours gap broken < <(say cost "$room/shaky.log" "$room/shaken/calls")
ok "shaken: the same bill, with $broken failures in it, $ours and $theirs picodollars" [ "$gap" -lt $((10000000 * (1 + broken))) ]

# ---- an agent has services of its own ----
play own
cp "$room/own.pem" "$room/authority.pem"
{ cat "$top/bench/agents/modeller.yaml"; printf 'stt: [ears]\ntts: [mouth]\nmodel: {fast: [mind]}\n'; } >"$room/own.yaml"
modeller=$room/own.yaml
calls own 2 "$(service ears deepgram "$own"; service mind openai "$own"; service mouth cartesia "$own")" '{prepare: false}'
modeller=$top/bench/agents/modeller.yaml
read -r asked unanswered < <(say answers "$room/own/said.jsonl" "$room/own/calls")
same 'own: every line was answered' 0 "$unanswered"
same 'own: by the services that the agent names' 'cartesia deepgram openai' \
	"$(grep '"log":"session"' "$room/own.log" | grep -o '"sim":"[a-z]*' | cut -d'"' -f4 | sort -u | xargs)"
same 'own: what serves nobody is not loaded' 1 "$(grep -c 'voice=none' "$room/ready")"
wait_gone "$pid_own"

# ---- the money is used up ----
play dear
cp "$room/dear.pem" "$room/authority.pem"
dear="$(service ears deepgram "$dear"; service mind openai "$dear"; service mouth cartesia "$dear")"
calls frugal 4 "$dear" '{stt: [ears, local], llm: [mind], tts: [mouth, local], prepare: false}' 'call: 0.002, action: degrade'
read -r asked unanswered < <(say answers "$room/frugal/said.jsonl" "$room/frugal/calls")
same 'frugal: every line was answered' 0 "$unanswered"
same 'frugal: every call goes on with what costs nothing, and no sentence is broken off' '4 0' "$(say frugal "$room/frugal/calls")"
read -r theirs ours gap _ < <(say cost "$room/dear.log" "$room/frugal/calls")
ok "frugal: our meter says what their bill says, $ours and $theirs picodollars" [ "$gap" -lt 10000000 ]
configure thrifty "$dear" '{stt: [ears], llm: [mind], tts: [mouth], prepare: false}' 'tenant_day: 0.002, action: end'
serve "$room/thrifty/offhook.yaml"
dial thrifty 1 >/dev/null 2>&1
ok 'thrifty: the call is over' within 20 calls_over
same 'thrifty: it ends with a farewell that is heard' 'tenant cost limit True' "$(say farewell "$room/thrifty/calls")"
within 10 grep -qa '"picos":[1-9]' "$room"/thrifty/var/offhook.db*
kill -KILL $server
wait $server 2>/dev/null
rm -r "$room/thrifty/calls"
serve "$room/thrifty/offhook.yaml"
dial thrifty 1 >/dev/null 2>&1
ok 'thrifty: killed and started again, it takes a call' within 20 calls_over
same 'thrifty: ... which ends at once: the day is spent' 'tenant cost limit True' "$(say farewell "$room/thrifty/calls")"
same 'thrifty: ... having cost nearly nothing itself' 0 "$(say spent "$room/thrifty/calls" 0.002)"
stop
wait_gone "$pid_dear"

# ---- nobody is left ----
deserted=$well2 # where nobody listens any more
calls deserted 2 "$(service ears deepgram "$deserted"; service mind openai "$deserted"; service mouth cartesia "$deserted")" \
	'{stt: [ears], llm: [mind], tts: [mouth], prepare: false}'
same 'deserted: every caller leaves a message' 2 "$(grep -l '"disposition":"message"' "$room"/deserted/calls/*/*.jsonl | wc -l)"
say messages "$room/deserted/calls" >"$room/messages.txt"
same 'deserted: each is noted, with whom to call back and where to listen' 2 "$(wc -l <"$room/messages.txt")"
while read -r wav from length; do
	ok 'deserted: it was said what is wrong, and asked for a message' loud "$wav" 0 "$from" 2
	ok 'deserted: the message is there' loud "$wav" "$from" "$length" 1
done <"$room/messages.txt"

# ---- the key ----
ok 'a crash leaves no core' python3 "$here/network.py" crash "$offhook" "$room/shaken/offhook.yaml"
same 'the key is nowhere' '' "$(grep -rlaF -e "$MARKED_KEY" -e "$WRONG_KEY" "$room" "$phrases" | grep -v '/[a-z]*\.yaml$')"
finish
