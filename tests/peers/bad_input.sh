#!/usr/bin/env bash
# bad_input.sh - what is wrong is said clearly, with a status, and a call in progress is not harmed
. "$(dirname "$0")/lib.sh"
need sipp sip-tester curl curl python3 python3

# told WHAT PATTERN FILE [COMMAND] - the program ends with a status and says why, soon
told() {
	out=$(timeout 120 "$offhook" "${4:-serve}" -c "$3" 2>&1 </dev/null); rc=$?
	if [ $rc -eq 0 ] || [ $rc -ge 124 ]; then fail "$1 (status $rc)"; tail -n 5 <<<"$out"; else matches "$1" "$2" "$out"; fi
}

config_with() { config | sed "$1" >"$room/bad.yaml"; }

# ---- files ----

config_with 's/timeout_ms/timeuot_ms/'
told 'an unknown key: file, line, and the nearest key' 'bad.yaml:12:[0-9]+:.*timeuot_ms.*timeout_ms' "$room/bad.yaml"
told '... and by check' 'bad.yaml:12:[0-9]+:.*timeuot_ms.*timeout_ms' "$room/bad.yaml" check
config_with 's/calls: 100/calls: many/'
told 'a number that is none' 'bad.yaml:14:[0-9]+:.*many' "$room/bad.yaml"
config_with 's/shards: 2/shards: 2\nshards: 3/'
told 'a key that stands twice' 'bad.yaml:2:.*shards' "$room/bad.yaml"
config_with 's/{from: \[127.0.0.1\]}/{}/'
told 'a trunk that anybody could use' 'bad.yaml:10:.*anybody' "$room/bad.yaml"
config_with 's/PEERS_PASSWORD/PEERS_NO_PASSWORD/'
told 'a secret that is not there' 'PEERS_NO_PASSWORD' "$room/bad.yaml"
printf 'shards: [1\n' >"$room/bad.yaml"
told 'a file that is no YAML' 'bad.yaml:[12]:' "$room/bad.yaml"
told 'a configuration that is not there' 'missing.yaml.*No such file' "$room/missing.yaml"
agent=$room/missing.yaml config >"$room/bad.yaml"
told 'an agent that is not there' 'missing.yaml.*No such file' "$room/bad.yaml"
: >"$room/empty.yaml"
agent=$room/empty.yaml config >"$room/bad.yaml"
told 'an agent file with nothing in it' 'empty.yaml' "$room/bad.yaml"
sed 's/^goals/gaols/; s/^states/statse/; s/^name/nmae/' "$agent" >"$room/agent.yaml"
agent=$room/agent.yaml config >"$room/bad.yaml"
told 'an agent with an unknown key: file and line' 'agent.yaml:[0-9]+:[0-9]+:.*(nmae|statse|gaols)' "$room/bad.yaml"
{ config; printf 'routes:\n  - {called: "*", agent: clinik}\n'; } >"$room/bad.yaml"
told 'a route to an unknown agent' 'clinik' "$room/bad.yaml"
told '... and by check' 'clinik' "$room/bad.yaml" check

# ---- places ----

mkdir "$room/models"
for part in "$models"/*; do
	[ "$(basename "$part")" = silero ] || ln -s "$part" "$room/models/"
done
models=$room/models config >"$room/bad.yaml"
told 'a model that is missing: its name, and what fetches it' "$room/models/silero.*tools/models.sh" "$room/bad.yaml"
models=$room/nowhere config >"$room/bad.yaml"
told 'no models at all: what fetches them' 'nowhere.*tools/models.sh' "$room/bad.yaml"
: >"$room/file"
config_with "s|$room/calls|$room/file|"
told 'a folder of calls that is none' "$room/file" "$room/bad.yaml"
config_with "s|$room/calls|/proc/calls|"
told 'a folder of calls that cannot be made' '/proc/calls' "$room/bad.yaml"
config_with "s|$room/var/offhook.db|$room/file/offhook.db|"
told 'a store that cannot be opened' "$room/file/offhook.db" "$room/bad.yaml"

# ---- a server that runs, and a call in it that none of this may harm ----

media_timeout=0 serve
stay 1
sip_listen=127.0.0.1:$sip config >"$room/bad.yaml"
told 'a busy SIP port: which, and what to change' "port $sip .*sip.listen" "$room/bad.yaml"
metrics_listen=$metrics config >"$room/bad.yaml"
told 'a busy metrics port: which, and what to change' "port ${metrics#*:} .*metrics.listen" "$room/bad.yaml"
ok 'malformed SIP, no common codec and noise meanwhile' python3 "$here/raw.py" "$sip" "$top/tests/data/rfc4475" \
	malformed no_common_codec garbage torture
same 'the call in progress goes on' 1 "$(live call)"

# It is told to stop: that call may end, a new one is refused.
kill -TERM $server
within 60 grep -q 'stopping' "$room/server.log"
ok 'a server that was told to stop refuses new calls' python3 "$here/raw.py" "$sip" - draining
same 'the call in progress still goes on' 1 "$(live call)"
hang_up; same 'it ends well' 0 $?
wait $server; same 'then the server stops with status 0' 0 $?

# Told twice: at once.
serve
sipp_run silent >"$room/long.log" 2>&1 &
long=$!
within 60 calls_are 1
began=$SECONDS
kill -TERM $server
within 60 eval '[ "$(grep -c stopping "$room/server.log")" -ge 2 ]' # of the server before, and of this one
kill -TERM $server
wait $server; same 'told twice, it stops with status 0' 0 $?
[ $((SECONDS - began)) -le 20 ]; same '... long before the caller would have gone' 0 $?
wait $long; same '... and hangs up on the caller' 0 $?
same 'nothing is left alive' 0 "$(grep -c 'left alive' "$room/server.log")"
finish
