#!/usr/bin/env bash
# sipp.sh - sipp and raw SIP against the program: calls, holds, logins, refusals, and what goes wrong in between
. "$(dirname "$0")/lib.sh"
need sipp sip-tester soxi sox curl curl python3 python3

# heard CHANNEL FILE - the loudest sample of a recording's channel
heard() { sox "$2" -n remix "$1" stat 2>&1 | awk '/^Maximum amplitude/ { print $3 }'; }
loud() { awk -v a="$(heard "$1" "$2")" 'BEGIN { exit !(a > 0.02) }'; }

speaks() {
	local trail wav
	ok "a call with recorded sound and a key, $1" sipp_run speech -t "$2"
	within 60 calls_over
	trail=$(last_trail) wav=${trail%.jsonl}.wav
	matches "its trail has the greeting and the key" 'agent +Good.*"text":"5"' "$("$offhook" trail --all "$trail" | tr '\n' ' ')"
	ok 'its recording has the caller' loud 1 "$wav"
	ok 'its recording has the agent' loud 2 "$wav"
}

calls_and_holds() {
	ok 'OPTIONS by sipp' sipp_run options
	ok 'hold and back: sendonly is answered recvonly, inactive inactive' sipp_run hold
	ok 'the same over TCP' sipp_run hold -t t1
	ok 'an offer in the 200, its answer in the ACK' sipp_run late_offer
	ok 'nothing in common: 488' sipp_run no_codec
	ok 'ten calls over one TCP connection' sipp_run call -t t1 -m 10 -r 20 -d 300
}

# The first answer to these callers is SHA-256, which sipp does not know: a server that asks for MD5 alone.
logins() {
	ok 'a login with the right password' sipp_run auth -i 127.0.0.2 -au alice -ap "$PEERS_PASSWORD"
	ok 'a login with a wrong password: 403' sipp_run refused -i 127.0.0.2 -au alice -ap 'open sesame'
}

# Two calls fill it; a third is refused and they do not notice.
full() {
	local before; before=$(trail_count)
	stay 2
	absorb python3 "$here/raw.py" "$sip" - full
	same 'refused calls leave no trail' $((before + 2)) "$(trail_count)"
	hang_up; same 'the calls that filled it go on and end well' 0 $?
	same 'they are counted' 4 "$(figure 'offhook_calls_refused_total{why="full"}')"
	within 60 calls_over
	ok 'then there is room again' sipp_run call -d 200
}

serve
speaks UDP u1
speaks TCP t1
calls_and_holds
before=$(trail_count)
absorb python3 "$here/raw.py" "$sip" "$top/tests/data/rfc4475"
ok 'all calls are over' within 60 calls_over
ok 'the server lives' alive
stop; same 'it stops with status 0' 0 $?

media_timeout=3000 ring=3000 digest=md5 serve
logins
ok 'CANCEL while it rings: 487' sipp_run cancel
ok 'a caller from whom no packet comes is hung up on' sipp_run silent
stop; same 'it stops with status 0' 0 $?

calls_max=2 serve
full
stop; same 'it stops with status 0' 0 $?
same 'nothing is left alive' 0 "$(grep -c 'left alive' "$room/server.log")"
finish
