# bench-vendors.sh - services on this machine, for the measurements that source it
#
# play_vendors OPTION... starts build/tests/vendors/vendors; then $play is a folder that is gone in the end, with
# authority.pem in it, and $vendors_port is where they listen. They want the key "key-of-tests".
play=$(mktemp -d) vendors=
leave_vendors() { [ -z "$vendors" ] || kill "$vendors" 2>/dev/null || true; rm -rf "$play"; }
trap leave_vendors EXIT

play_vendors() {
	: >"$play/out"
	build/tests/vendors/vendors --listen 0 --tls --authority "$play/authority.pem" "$@" >"$play/out" 2>&1 &
	vendors=$!
	for ((i = 0; i < 100; i++)); do grep -q ':[0-9]' "$play/out" && break; sleep 0.1; done
	vendors_port=$(grep -om1 '[0-9]*$' "$play/out")
}
