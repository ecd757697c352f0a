#!/usr/bin/env bash
# services.sh - real servers on the other end: whisper.cpp's, Vosk's recogniser, Wyoming's library
#
# A phone says a person's sentence in a whole call, a real recogniser understands it and a voice behind Wyoming's own
# library answers. Who cannot be had is named in a line SKIPPED.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/fetch.sh"
. "$(dirname "$0")/phone.sh"
need python3 python3 gcc gcc nm binutils
agent=$top/bench/agents/listener.yaml
providers=() # lines of the configuration

# ---- whisper.cpp ----

# silent_ffmpeg PROGRAM FOLDER - Debian links it with ffmpeg, for files that are not WAVE: who sends it WAVE can do
# with libraries in its place that abort when one of their functions is called
silent_ffmpeg() {
	local name lib version
	for name in AVFORMAT AVCODEC AVUTIL SWRESAMPLE; do
		lib=$(objdump -p "$1" | awk -v l="lib${name,,}.so" '$1 == "NEEDED" && index($2, l) { print $2 }')
		version=$(nm -D "$1" | sed -n "s/.*@\(LIB${name}_[0-9]*\)$/\1/p" | head -n 1)
		{
			printf 'void abort(void);\n'
			nm -D "$1" | sed -n "s/^ *U \(.*\)@$version$/void \1(void) { abort(); }/p"
		} >"$2/stand_in.c"
		printf '%s { global: *; };\n' "$version" >"$2/stand_in.map"
		gcc -w -shared -fPIC -Wl,-soname,"$lib" -Wl,--version-script,"$2/stand_in.map" -o "$2/$lib" "$2/stand_in.c" ||
			return
	done
}

# whisper_server PORT OPTION... - the other suite's program, with that suite's loader and libraries
whisper_server() {
	local libs=$whisper/usr/lib/x86_64-linux-gnu port=$1; shift
	(cd "$libs/ggml/backends0" && exec "$libs/ld-linux-x86-64.so.2" --library-path "$libs:$room/silent" \
		"$whisper/usr/bin/whisper-server" -m "$models/whisper/ggml-tiny-q5_1.bin" --port "$port" -t 1 -ac 512 -nf "$@") \
		>"$room/whisper.$port.log" 2>&1 &
	started_pid $!
	ok "whisper.cpp: its server starts, below ${2:-}/" within 30 curl -sf -o "$room/health" --max-time 2 \
		"http://127.0.0.1:$port${2:-}/health"
}

# ---- Vosk ----

# vosk_server TYPE [older] - the library behind a server of ours, one that knows no reset if older, and a line of the
# configuration for it
vosk_server() {
	local port; port=$(free_port)
	PYTHONPATH=$websockets/usr/lib/python3/dist-packages python3 "$here/vosk.py" "$models/vosk/libvosk.so" \
		"$models/vosk/small-en-us" "$port" "${@:2}" >"$room/$1.log" 2>&1 &
	started_pid $!
	providers+=("$1: {type: $1, url: \"ws://127.0.0.1:$port\", first_ms: 19000}")
	ok "Vosk: its recogniser starts as a server for $1" within 30 grep -qs listening "$room/$1.log"
}

# ---- what is configured ----

# configured FILE PIPELINE - a server with the services that there are
configured() {
	{
		config
		printf 'routes: [{agent: listener}]\nproviders:\n'
		printf '  %s\n' "${providers[@]}"
		printf 'pipeline: %s\n' "$2"
	} >"$1"
}

# understands NAME STT - a call whose sentence this service has to understand
understands() {
	local trail
	rm -rf "$room/calls"
	configured "$room/$1.yaml" "{stt: [$1], tts: [${voice:-local}], prepare: false}"
	serve "$room/$1.yaml"
	phone "$room/$1" udp answered
	ok "$1: the call ends with the phone" within 20 calls_over
	stop
	same "$1: the server stops with status 0" 0 $?
	trail=$(last_trail)
	matches "$1: a person's sentence is understood" 'caller +.*[Mm]essage.*[Tt]one' "$("$offhook" trail "$trail")"
	[ -z "${voice:-}" ] || matches "$1: the voice is heard on the line" 'weasel' "$(text "${trail%.jsonl}.wav" 2)"
}

# answered - the caller's sentence has an answer
answered() {
	local trail; trail=$(last_trail)
	[ -n "$trail" ] && [[ $("$offhook" trail "$trail") =~ caller.*[Mm]essage.*' ms to the answer' ]]
}

# checks NAME KIND PATTERN - the line of `check --live` about a service
checks() { matches "check --live: $1" "$2 +$1 .*$3" "$(grep " $1 " <<<"$checked")"; }

# ---- the peers that there are ----

ears=() voice=''
say_after 3
if debs wyoming; then
	sox "$sounds/tt-weasels.wav" -r 22050 -b 16 -c 1 "$room/voice.wav"
	port=$(free_port)
	PYTHONPATH=$wyoming/usr/lib/python3/dist-packages python3 "$here/wyoming_voice.py" "$port" "$room/voice.wav" \
		>"$room/wyoming.log" 2>&1 &
	started_pid $!
	voice=mouth
	providers+=("mouth: {type: wyoming, url: \"tcp://127.0.0.1:$port\"}"
		"nobody: {type: wyoming, url: \"tcp://127.0.0.1:$port\", voice: nobody}")
else
	skip "Wyoming's library"
fi

if debs whisper && weights whisper && mkdir "$room/silent" &&
	out=$(silent_ffmpeg "$whisper/usr/bin/whisper-server" "$room/silent" 2>&1); then
	port=$(free_port)
	whisper_server "$port"
	other=$(free_port)
	whisper_server "$other" --request-path /v1 --inference-path /audio/transcriptions
	ears+=(whisper)
	providers+=("whisper: {type: whisper-server, url: \"http://127.0.0.1:$port\", first_ms: 19000}"
		"astray: {type: whisper-server, url: \"http://127.0.0.1:$port/astray\", first_ms: 19000}"
		"like_openai: {type: openai-transcriptions, url: \"http://127.0.0.1:$other/v1\", first_ms: 19000}")
else
	skip 'whisper.cpp'
fi

if debs websockets && weights vosk; then
	vosk_server vosk
	vosk_server vosk-older older
	ears+=(vosk)
else
	skip 'Vosk'
fi

[ ${#providers[@]} -gt 0 ] || finish

# ---- what they say ----

configured "$room/live.yaml" '{stt: [local], tts: [local]}'
checked=$("$offhook" check --live --all -c "$room/live.yaml" 2>&1)
[ -z "$voice" ] || {
	checks mouth tts '[0-9.]+ s of speech'
	checks nobody tts 'FAILED: .*no such voice: nobody'
}
for ear in "${ears[@]}"; do
	checks "$ear" stt '[^:]*appointment'
	understands "$ear"
done
[[ " ${ears[*]} " != *' vosk '* ]] || checks vosk-older stt '[^:]*appointment'
[[ " ${ears[*]} " != *' whisper '* ]] || {
	checks like_openai stt '[^:]*appointment'
	checks astray stt 'FAILED: .*File Not Found'
}
finish
