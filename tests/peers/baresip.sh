#!/usr/bin/env bash
# baresip.sh - a softphone dials, says a sentence and records what it hears; a recogniser reads the recording
. "$(dirname "$0")/lib.sh"
need baresip baresip-core sox sox soxi sox curl curl
recognise=$BUILD/tests/peers/recognise
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
[ -x "$recognise" ] || { fail "there is no $recognise: build it first"; finish; }
[ -e "$sounds/vm-intro.wav" ] || { fail 'there are no recorded people: install asterisk-core-sounds-en-wav'; finish; }

# A person's sentence, after the greeting, and again whenever there was time for an answer.
sox "$sounds/vm-intro.wav" -r 8000 -b 16 -c 1 "$room/words.wav" pad 8 4
sox "$room/words.wav" "$room/said.wav" repeat 9

# phone DIR TRANSPORT COMMAND... - dials, and hangs up when the command succeeds, at the latest after two minutes
phone() {
	local dir=$1 transport=$2 pid; shift 2
	mkdir -p "$dir"
	cat >"$dir/config" <<-CONF
	sip_listen 127.0.0.1:0
	audio_player aubridge,nil
	audio_source aufile,$room/said.wav
	audio_alert aubridge,nil
	ausrc_srate 8000
	auplay_srate 8000
	module_path /usr/lib/baresip/modules
	module g711.so
	module aufile.so
	module aubridge.so
	module sndfile.so
	module_app account.so
	module_app menu.so
	snd_path $dir
	CONF
	printf '<sip:phone@127.0.0.1;transport=%s>;regint=0\n' "$transport" >"$dir/accounts"
	: >"$dir/contacts"
	baresip -f "$dir" -e "/dial sip:clinic@127.0.0.1:$sip;transport=$transport" >"$dir/log" 2>&1 </dev/null &
	pid=$!
	started_pid $pid
	within 120 "$@"
	kill -TERM $pid
	wait $pid
}

# has_heard DIR SECONDS - the phone in this folder has recorded so much
has_heard() { [ "$(find "$1" -name '*-dec.wav' -size "+$(($2 * 16))k" | wc -l)" -eq 1 ]; }

# answered - the last call has words of the caller, and an answer to them
answered() {
	local trail; trail=$(last_trail)
	[ -n "$trail" ] && [[ $("$offhook" trail "$trail") =~ caller\ +[A-Z][^.]*message.*' ms to the answer' ]]
}

# text FILE CHANNEL - what is said there
text() { "$recognise" "$models" "$1" "$2" 2>&1 | tr 'A-Z' 'a-z'; }

# near SECONDS SECONDS - no more than one apart
near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a - b <= 1 && b - a <= 1) }'; }

serve
phone "$room/udp" udp answered
ok 'the call ends with the phone' within 60 calls_over
heard=$(find "$room/udp" -name '*-dec.wav' | head -n 1)
[ -n "$heard" ] || { fail 'baresip has recorded nothing:'; tail -n 20 "$room/udp/log"; finish; }
matches 'the phone heard the greeting' 'clinic.*automated.*help' "$(text "$heard" 1)"

trail=$(last_trail) wav=${trail%.jsonl}.wav
shown=$("$offhook" trail "$trail")
matches 'the trail has the greeting' 'agent +Good.*Clinic' "$shown"
matches 'the trail has what the caller said' 'caller +[A-Z][^.]*message' "$shown"
matches 'the trail has a turn with its stages' 'ms' "$(grep -i 'turn' <<<"$shown")"
matches 'our recording has the agent on the right' 'clinic' "$(text "$wav" 2)"
matches 'our recording has the caller on the left' 'message.*tone' "$(text "$wav" 1)"
lasted=$(sed -n 's/.* call  *ended: .* \([0-9.]*\) s, .*/\1/p' <<<"$shown")
ok "it is as long as the call: $lasted s" near "$lasted" "$(soxi -D "$wav")"

phone "$room/tcp" tcp has_heard "$room/tcp" 7
ok 'a call over TCP ends with the phone' within 60 calls_over
heard=$(find "$room/tcp" -name '*-dec.wav' | head -n 1)
matches 'the phone heard the greeting over TCP' 'clinic' "$(text "$heard" 1)"
stop
same 'the server stops with status 0' 0 $?
finish
