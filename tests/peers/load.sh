#!/usr/bin/env bash
# load.sh - 200 calls at 20 a second without a failure, then a thousand that end in every way; nothing is left behind
. "$(dirname "$0")/lib.sh"
need sipp sip-tester curl curl python3 python3

fds() { find /proc/$server/fd -mindepth 1 2>/dev/null | wc -l; }
rss_mb() { awk '/^VmRSS/ { print int($2 / 1024) }' /proc/$server/status; }
all_calls_over() { none_live call sip_leg stream flow_brain recorder tts_local stt_local take pool_job; }
all_over() { none_live call sip_call sip_leg sip_dialog sip_txn stream flow_brain recorder tts_local stt_local take \
	pool_job writer_file json_doc ort_value tts_local_item; }

# crowd NAME SCENARIO OPTION... - callers in the background
crowd() {
	local name=$1; shift
	sipp_exec "$@" >"$room/$name.log" 2>&1 &
	started_pid $!
	crowds+=("$name $!")
}

calls_max=400 media_timeout=8000 core_dumps=true serve # what it holds open is looked at from outside
sipp_run call -d 300 >/dev/null 2>&1 # what is made once is made now
within 60 calls_over
fds_before=$(fds) rss_before=$(rss_mb)

ok '200 calls at 20 a second: none fails' sipp_run call -m 200 -r 20 -d 1500
matches '... by the count of sipp' 'Successful call *\| *[0-9]+ *\| *200 ' "$out"
ok 'none is alive' within 60 all_calls_over
same 'all have ended well' 201 "$(figure 'offhook_calls_ended_total{agent="clinic"}')"

# 1,000: most hang up; the others cancel, never acknowledge, vanish, or offer what nobody speaks.
crowds=()
crowd plain call -m 500 -r 25 -d 800
crowd vanishing vanishes -m 100 -r 8
crowd unacknowledged no_ack -m 100 -r 8
crowd codec no_codec -m 200 -r 20
ok '100 that are cancelled at once' python3 "$here/raw.py" "$sip" - cancels
for crowd in "${crowds[@]}"; do
	wait "${crowd#* }"
	status=$?
	same "a crowd: ${crowd% *}" 0 $status
	[ $status -eq 0 ] || tail -n 30 "$room/${crowd% *}.log"
done
ended() { cat "$room"/calls/*/*.jsonl | grep -c "$1"; }
same '100 were given up for want of an ACK' 100 "$(ended '"words":"no ACK"')"
same '100 that had vanished were hung up on' 100 "$(ended '"why":"we hung up"')"
ok 'all objects are gone once the timers of the last call have run' within 120 all_over
same 'descriptors are as before' "$fds_before" "$(fds)"
rss_after=$(rss_mb)
printf '        %d MB after the first call, %d MB after 1,301\n' "$rss_before" "$rss_after"
[ $((rss_after - rss_before)) -le 64 ]; same 'memory has not grown by more than 64 MB' 0 $?
ok 'the server takes a call as before' sipp_run call -d 300
stop; same 'it stops with status 0' 0 $?
same 'nothing is left alive' 0 "$(grep -c 'left alive' "$room/server.log")"
finish
