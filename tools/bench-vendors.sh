# bench-vendors.sh - services on this machine, for the measurements that source it
#
# play_vendors OPTION... starts build/tests/vendors/vendors, as often as is needed; then $vendors_port is where the
# newest listen, and $play a folder with authority.pem in it, which is gone in the end. They want the key
# "key-of-tests".
play=$(mktemp -d) vendors=()
leave_vendors() { for v in "${vendors[@]}"; do kill "$v" 2>/dev/null || true; done; rm -rf "$play"; }
trap leave_vendors EXIT

play_vendors() {
	local n=${#vendors[@]}
	: >"$play/out$n"
	build/tests/vendors/vendors --listen 0 --tls --authority "$play/authority$n.pem" "$@" >"$play/out$n" 2>&1 &
	vendors+=($!)
	for ((i = 0; i < 100; i++)); do grep -qs ':[0-9]' "$play/out$n" && break; sleep 0.1; done
	vendors_port=$(grep -om1 '[0-9]*$' "$play/out$n")
	cat "$play/authority$n.pem" >>"$play/authority.pem"
}
