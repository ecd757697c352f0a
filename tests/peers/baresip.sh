#!/usr/bin/env bash
# baresip.sh - a softphone dials, says a sentence and records what it hears; a recogniser reads the recording
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/phone.sh"

# After the greeting of the clinic.
say_after 8

# has_heard DIR SECONDS - the phone in this folder has recorded so much
has_heard() { [ "$(find "$1" -name '*-dec.wav' -size "+$(($2 * 16))k" | wc -l)" -eq 1 ]; }

# answered - the last call has words of the caller, and an answer to them
answered() {
	local trail; trail=$(last_trail)
	[ -n "$trail" ] && [[ $("$offhook" trail "$trail") =~ caller\ +[A-Z][^.]*message.*' ms to the answer' ]]
}

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
