#!/usr/bin/env bash
# killed.sh - kill -9 in the middle of ten calls: recordings are mended at the next start and play
. "$(dirname "$0")/lib.sh"
need sipp sip-tester sox sox soxi sox curl curl

moment() { sleep 0.$((RANDOM % 10))$((RANDOM % 10)); }
dial() { sipp_exec call -d 100000 >>"$room/sipp.log" 2>&1 & started_pid $!; callers+=($!); }
taken() { grep 'msg="call taken"' "$room/server.log"; }
two_taken() { [ "$(taken | wc -l)" -eq 2 ]; }

# cut_short - two calls, killed at some moment; adds to $calls: id, seconds from the answer to the kill at least, and
# at most
cut_short() {
	local before after line began id
	callers=()
	serve
	: >"$room/server.log"
	dial; moment; dial
	within 60 two_taken
	moment; moment
	before=$EPOCHREALTIME
	kill -KILL $server
	after=$EPOCHREALTIME
	kill -TERM "${callers[@]}"
	wait $server "${callers[@]}" 2>/dev/null
	while read -r line; do
		began=$(date -d "$(sed 's/^time=\([^ ]*\) .*/\1/' <<<"$line")" +%s.%N)
		id=$(sed 's/.* call=\([^ ]*\) .*/\1/' <<<"$line")
		calls+=("$id $(awk -v a="$began" -v b="$before" -v c="$after" 'BEGIN { printf "%.2f %.2f", b - a, c - a }')")
	done < <(taken)
}

# mended ID SECONDS SECONDS
mended() {
	local wav length
	wav=$(find "$room/calls" -name "$1.wav")
	length=$(soxi -D "$wav" 2>/dev/null || echo 0)
	if awk -v a="$length" -v b="$2" -v c="$3" 'BEGIN { exit !(a <= c + 0.1 && a >= b - 1) }'; then
		pass "killed after $2 s: its recording has $length s"
	else
		fail "killed after $2 s: its recording has $length s"
	fi
	ok '... and plays' sox "$wav" -n stat
	matches '... and its trail reads' 'call +[0-9a-z]+ from' "$("$offhook" trail "${wav%.wav}.jsonl")"
}

calls=()
for _ in 1 2 3 4 5; do
	cut_short
done
same 'ten calls were cut short' 10 ${#calls[@]}
serve # which mends them
stop
same 'the next server stops with status 0' 0 $?
for call in "${calls[@]}"; do
	mended $call
done
finish
