#!/usr/bin/env bash
# wire.sh - how we speak HTTP and WebSocket, by servers and proxies of others: nginx, tinyproxy, python3-websockets
#
#   echo --(CONNECT with a password)--> tinyproxy --> nginx --(TLS off, tunnel)--> python3-websockets
#   offhook check --live ------ the same way, HTTP/2 and WebSocket ------------> simulated vendors
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/fetch.sh"
need curl curl openssl openssl python3 python3
vendors=$BUILD/tests/vendors/vendors echo=$BUILD/tests/peers/echo
for program in "$vendors" "$echo"; do
	[ -x "$program" ] || { fail "there is no $program: build it first"; finish; }
done
export WIRE_KEY=wire-key-93ad

# listens PORT
listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ---- the peers ----

# start_nginx - TLS with HTTP/2 at $front: /ws/ leads to $cases, /slow/ holds answers back until they are whole,
# everything else leads to the vendors at $back
start_nginx() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$room/key.pem" -out "$room/authority.pem" 2>"$room/openssl.log"
	mkdir "$room/nginx"
	cat >"$room/nginx.conf" <<-CONF
	daemon off; master_process off; pid $room/nginx/pid; error_log $room/nginx/error.log;
	events { worker_connections 256; }
	http {
		client_body_temp_path $room/nginx/body; proxy_temp_path $room/nginx/proxy; fastcgi_temp_path $room/nginx/f;
		uwsgi_temp_path $room/nginx/u; scgi_temp_path $room/nginx/s;
		log_format short '\$server_protocol \$status \$uri';
		access_log $room/nginx/access.log short;
		gzip on; gzip_types *;
		map \$http_upgrade \$hop { default upgrade; '' ''; }
		server {
			listen 127.0.0.1:$front ssl http2;
			server_name localhost;
			ssl_certificate $room/authority.pem; ssl_certificate_key $room/key.pem;
			proxy_http_version 1.1;
			proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection \$hop;
			proxy_set_header Host \$host;
			proxy_read_timeout 60s;
			location / { proxy_pass http://127.0.0.1:$back; proxy_buffering off; }
			location /slow/ { proxy_pass http://127.0.0.1:$back/; proxy_buffering on; }
			location /nobody/ { proxy_pass http://127.0.0.1:1/; }
			location /ws/ { proxy_pass http://127.0.0.1:$cases/; }
		}
	}
	CONF
	"$nginx/usr/sbin/nginx" -c "$room/nginx.conf" -e "$room/nginx/error.log" >"$room/nginx.log" 2>&1 &
	started_pid $!
	ok 'nginx starts' within 10 listens "$front"
}

start_tinyproxy() {
	cat >"$room/tinyproxy.conf" <<-CONF
	Port $gate
	Listen 127.0.0.1
	Timeout 60
	MaxClients 50
	LogFile "$room/tinyproxy.log"
	LogLevel Connect
	BasicAuth caller rabbit-hole
	ConnectPort $front
	CONF
	"$tinyproxy/usr/bin/tinyproxy" -d -c "$room/tinyproxy.conf" >"$room/tinyproxy.out" 2>&1 &
	started_pid $!
	ok 'tinyproxy starts' within 10 listens "$gate"
}

start_vendors() {
	"$vendors" --listen "$back" --key "$WIRE_KEY" --log "$room/vendors.log" --seed 7 --ear voiced \
		--transcript 'the quick brown fox' --answer 'This answer came through.' >"$room/vendors.out" 2>&1 &
	started_pid $!
	ok 'the vendors start' within 10 listens "$back"
}

# ---- the tests ----

# cases COMMAND... - every case of websocket.py for this client
cases() {
	PYTHONPATH=$websockets/usr/lib/python3/dist-packages absorb python3 "$here/websocket.py" "$cases" "$@"
}

# check PROXY - what `check --live` says in $checked
check() {
	{
		config
		printf 'routes: [{agent: clinic}]\nproviders:\n'
		printf '  ears: {type: deepgram, key: "${WIRE_KEY}", url: "wss://localhost:%s"}\n' "$front"
		for n in 1 2 3 4 5; do
			printf '  mind%s: {type: openai, key: "${WIRE_KEY}", url: "https://localhost:%s/v1", model: any}\n' $n "$front"
		done
		printf '  held: {type: openai, key: "${WIRE_KEY}", url: "https://localhost:%s/slow/v1", model: any}\n' "$front"
		printf '  gone: {type: openai, key: "${WIRE_KEY}", url: "https://localhost:%s/nobody/v1", model: any}\n' "$front"
		printf 'pipeline: {stt: [ears], llm: [mind1, mind2, mind3, mind4, mind5, held, gone]}\n'
		printf 'network: {authority: "%s"%s}\n' "$room/authority.pem" "${1:+, proxy: \"$1\"}"
	} >"$room/check.yaml"
	: >"$room/nginx/access.log"
	checked=$("$offhook" check --live -c "$room/check.yaml" 2>&1)
}

# says WAY NAME PATTERN - the line about a service
says() { matches "$1: $2" "$3" "$(grep " $2 " <<<"$checked")"; }

all_is_well() { # WAY
	local n
	says "$1" ears 'quick brown fox'
	for n in 1 2 3 4 5; do says "$1" mind$n 'This answer came through'; done
	says "$1" held 'This answer came through'
	says "$1" gone 'FAILED: .*502'
	same "$1: answers came by HTTP/2" 7 "$(grep -c '^HTTP/2.0 ... .*/chat/completions' "$room/nginx/access.log")"
}

if ! debs websockets nginx tinyproxy; then
	skip 'nginx, tinyproxy, python3-websockets'
	finish
fi
front=$(free_port) back=$(free_port) cases=$(free_port) gate=$(free_port)
start_nginx
start_tinyproxy
start_vendors
by_proxy=http://caller:rabbit-hole@127.0.0.1:$gate

cases "$echo" "ws://127.0.0.1:$cases/{name}" '' '' telephone
cases "$echo" "wss://localhost:$front/ws/{name}" "$room/authority.pem" "$by_proxy" telephone

check
all_is_well 'through nginx'
check "$by_proxy"
all_is_well 'through tinyproxy and nginx'
ok 'the proxy was asked for all of it' grep -q "CONNECT localhost:$front" "$room/tinyproxy.log"
check "http://caller:wrong@127.0.0.1:$gate"
says 'with a wrong password for the proxy' ears 'FAILED: .*401|FAILED: .*407'
says 'with a wrong password for the proxy' mind1 'FAILED: .*401|FAILED: .*407'
same 'with a wrong password for the proxy: nobody is reached' 0 "$(wc -l <"$room/nginx/access.log")"
same 'the vendors found nothing wrong' 0 "$(grep -c '"log":"wrong"' "$room/vendors.log")"
same 'the password is in nothing that was said' '' "$(grep -l 'rabbit-hole' "$room"/*.log "$room"/*.out | grep -v tinyproxy)"
finish
