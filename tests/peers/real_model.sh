#!/usr/bin/env bash
# real_model.sh - whole calls in which a real open language model answers: in this process, and by llama.cpp's server
#
# A phone asks for a room; what it hears is held against what the trail says, and what the meter says against the server's
# own counters. The model is TinyLlama (models/models.list). What cannot be had is said aloud: SKIPPED.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/fetch.sh"
. "$(dirname "$0")/phone.sh"
need flite flite python3 python3
gguf=$models/tinyllama/tinyllama-1.1b-chat.gguf library=$models/llama/libllama.so
weights llama mind || { skip 'a real language model'; finish; }
say() { python3 "$here/real_model.py" "$@"; }

cat >"$room/hotel.yaml" <<-YAML
	agent_name: Hotel
	tenant_id: peers
	brain: model
	greeting: Hotel Belvedere, good morning.
	persona: You answer the telephone of the Hotel Belvedere. Every room is free tonight.
	language: en-GB
	model: {temperature: 0, tokens: 40, first_token_ms: 60000}
	limits: {silence_ms: 60000}
YAML
cat >"$room/prices.yaml" <<-YAML
	currency: USD
	date: "2026"
	prices:
	  - {kind: llm, type: llama-cpp, free: true}
	  - {kind: llm, type: llama-server, charges: [{of: tokens_in, per: million, price: 1}, {of: tokens_cached, per: million, price: 1}, {of: tokens_out, per: million, price: 10}]}
	  - {kind: stt, type: local, free: true}
	  - {kind: tts, type: local, free: true}
	  - {kind: telephony, free: true}
	  - {kind: host, free: true}
YAML
flite -voice slt -t 'Have you got a room for tonight?' -o "$room/asked.wav"
sox "$room/asked.wav" -r 8000 -b 16 -c 1 "$room/words.wav" pad 4 40
sox "$room/words.wav" "$room/said.wav" repeat 3

# settings PROVIDER - of a server with that language model, on standard output
settings() {
	config | sed "s|^agents:.*|agents: ['$room/hotel.yaml']|"
	printf 'routes: [{agent: hotel}]\nproviders:\n%s\npipeline: {llm: [mind]}\nprices: "%s"\n' "$1" "$room/prices.yaml"
}

was_heard() { local t; t=$(last_trail); [ -n "$t" ] && [ "$(say heard "$t")" = yes ]; }

# call NAME PROVIDER - one call, looked at from all sides; $trail is its trail afterwards
call() {
	local answer wav
	[ ! -d "$room/calls" ] || mv "$room/calls" "$room/calls-before-$1"
	settings "$2" >"$room/$1.yaml"
	serve "$room/$1.yaml"
	phone "$room/$1" udp was_heard
	ok "$1: the call is over" within 60 calls_over
	trail=$(last_trail)
	[ -n "$trail" ] || { fail "$1: there is no trail"; return; }
	answer=$(say answer "$trail") wav=${trail%.jsonl}.wav
	echo "        it said: $answer"
	matches "$1: the model speaks of what it was asked" '[Rr]oom|[Tt]onight|[Bb]elvedere' "$answer"
	stop; same "$1: the server stops with status 0" 0 $?
	ok "$1: what is heard in the recording is what the model wrote" [ "$(say alike "$answer" "$(text "$wav" 2)")" -ge 60 ]
	matches "$1: the call has an end with a name" '^[a-z]' "$(say ended "$trail")"
}

# llama_server OPTION... - the other suite's program, with that suite's loader and libraries
llama_server() {
	local libs=$llama/usr/lib/x86_64-linux-gnu
	cd "$libs/ggml/backends0" && exec "$libs/ld-linux-x86-64.so.2" --library-path "$libs:$libs/llama" \
		"$llama/usr/bin/llama-server" "$@"
}

# ---- in this process ----
call here "  mind: {type: llama-cpp, model: '$gguf', window: 2048, first_ms: 60000, stall_ms: 60000, extra: ['library=$library', tools=no]}"
read -r in cached out cost _ < <(say bill "$trail" llama-cpp)
ok "here: tokens are counted: $out said" [ "$out" -gt 3 ]
ok "here: most was read before the call: $cached of $((in + cached))" [ "$cached" -gt "$in" ]
matches 'here: and cost nothing' '^0(\.0)?$' "$cost"

# ---- llama.cpp's own server ----
debs llama || { skip "llama.cpp's own server"; finish; }
: >"$room/llama.log"
(llama_server -m "$gguf" --host 127.0.0.1 --port 0 -t 1 -c 2048 --parallel 1 --metrics) >"$room/llama.log" 2>&1 &
started_pid $!
model_server() { grep -om1 'listening on http://127.0.0.1:[0-9]*' "$room/llama.log"; }
within 120 model_server >/dev/null || { fail 'llama-server does not start'; tail -n 5 "$room/llama.log"; finish; }
at=$(model_server | grep -o '127.*')
# counter NAME - one of its own
counter() { curl -s "http://$at/metrics" | awk -v n="llamacpp:$1" '$1 == n { print int($2) }'; }
provider="  mind: {type: llama-server, url: 'http://$at/v1', window: 2048, first_ms: 60000, stall_ms: 60000}"

# A first call, for as long as it reads what all calls begin with. Nobody waits for the answer.
settings "$provider" >"$room/first.yaml"
serve "$room/first.yaml"
has_read() { [ "$(counter tokens_predicted_total)" -gt 0 ] && [ "$(counter requests_processing)" -eq 0 ]; }
phone "$room/first" udp has_read
stop

before=($(counter prompt_tokens_total) $(counter prompt_tokens_cached_total) $(counter tokens_predicted_total))
call server "$provider"
read -r in cached out cost cancelled < <(say bill "$trail" llama-server)
theirs="$(($(counter prompt_tokens_total) - before[0])) $(($(counter prompt_tokens_cached_total) - before[1])) $(($(counter tokens_predicted_total) - before[2]))"
if [ "$cancelled" -eq 0 ]; then
	same 'server: its counters say what our meter says, tokens read, known and said' "$theirs" "$in $cached $out"
else
	echo "        some of it was cancelled, so that nobody knows how much it was: ours $in $cached $out, theirs $theirs"
fi
ok "server: the cost is theirs at our prices, $cost" awk -v i="$in" -v c="$cached" -v o="$out" -v cost="$cost" \
	'BEGIN { d = (i + c + 10 * o) / 1e6 - cost; exit !(d < 1e-9 && d > -1e-9) }'
finish
