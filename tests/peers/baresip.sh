#!/usr/bin/env bash
# baresip.sh - a softphone dials, says a sentence and records what it hears; a recogniser reads the recording
. "$(dirname "$0")/lib.sh"
need baresip baresip-core sox sox soxi sox curl curl
recognise=$BUILD/tests/peers/recognise
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
[ -x "$recognise" ] || { fail "there is no $recognise: build it first"; finish; }
[ -e "$sounds/vm-intro.wav" ] || { fail 'there are no recorded people: install asterisk-core-sounds-en-wav'; finish; }

# A person's sentence, after the greeting: six seconds later, and then silence.
sox -n -r 8000 -b 16 -c 1 "$room/before.wav" trim 0 8
sox "$sounds/vm-intro.wav" -r 8000 -b 16 -c 1 "$room/words.wav"
sox -n -r 8000 -b 16 -c 1 "$room/after.wav" trim 0 30
sox "$room/before.wav" "$room/words.wav" "$room/after.wav" "$room/said.wav"

# phone DIR TRANSPORT SECONDS - dials, and hangs up after so long
phone() {
	mkdir -p "$1"
	cat >"$1/config" <<-CONF
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
	snd_path $1
	CONF
	printf '<sip:phone@127.0.0.1;transport=%s>;regint=0\n' "$2" >"$1/accounts"
	: >"$1/contacts"
	timeout $(($3 + 20)) baresip -f "$1" -e "/dial sip:clinic@127.0.0.1:$sip;transport=$2" -t "$3" >"$1/log" 2>&1 </dev/null
}

# text FILE CHANNEL - what is said there
text() {
	sox "$1" -r 8000 -b 16 -c 1 "$room/channel.wav" remix "$2" && "$recognise" "$models" "$room/channel.wav" 2>&1
}

seconds() { soxi -D "$1" | cut -d. -f1; }
lower() { tr 'A-Z' 'a-z' <<<"$1"; }

serve
phone "$room/udp" udp 20
ok 'the call ends with the phone' within 10 calls_over
heard=$(find "$room/udp" -name '*-dec.wav' | head -n 1)
[ -n "$heard" ] || { fail 'baresip has recorded nothing:'; tail -n 20 "$room/udp/log"; finish; }
matches 'the phone heard the greeting' 'clinic.*automated.*help' "$(lower "$(text "$heard" 1)")"

trail=$(last_trail) wav=${trail%.jsonl}.wav
shown=$("$offhook" trail "$trail")
matches 'the trail has the greeting' 'agent +Good.*Clinic' "$shown"
matches 'the trail has what the caller said' 'caller +.*message.*tone' "$shown"
matches 'the trail has a turn with its stages' 'ms' "$(grep -i 'turn' <<<"$shown")"
matches 'our recording has the agent on the right' 'clinic' "$(lower "$(text "$wav" 2)")"
matches 'our recording has the caller on the left' 'message.*tone' "$(lower "$(text "$wav" 1)")"
matches 'it is as long as the call' '^(19|2[0-2])$' "$(seconds "$wav")"

phone "$room/tcp" tcp 7
ok 'a call over TCP ends with the phone' within 10 calls_over
heard=$(find "$room/tcp" -name '*-dec.wav' | head -n 1)
matches 'the phone heard the greeting over TCP' 'clinic' "$(lower "$(text "$heard" 1)")"
stop
same 'the server stops with status 0' 0 $?
finish
