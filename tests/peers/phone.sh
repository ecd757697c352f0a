# phone.sh - for the tests that hear: baresip, a softphone that says what a person has recorded
#
# Read after lib.sh.
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
recognise=$BUILD/tests/peers/recognise
need baresip baresip-core sox sox soxi sox curl curl
[ -x "$recognise" ] || { fail "there is no $recognise: build it first"; finish; }
[ -e "$sounds/vm-intro.wav" ] || { fail 'there are no recorded people: install asterisk-core-sounds-en-wav'; finish; }

# say_after SECONDS - the phones' words from now on: a person's sentence after so long, and again whenever there was
# time for an answer
say_after() {
	sox "$sounds/vm-intro.wav" -r 8000 -b 16 -c 1 "$room/words.wav" pad "$1" 4
	sox "$room/words.wav" "$room/said.wav" repeat 9
}

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

# text FILE CHANNEL - what is said there
text() { "$recognise" "$models" "$1" "$2" 2>&1 | tr 'A-Z' 'a-z'; }
