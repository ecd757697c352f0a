# fetch.sh - for the tests of real servers: peers out of packages, used from a scratch folder and never installed
#
# Read after lib.sh. debs.list says what there is. What cannot be had is said aloud and its tests are left out: they
# neither pass nor fail.
fetched=$top/build/peers

# skip PEER - `out` says why it cannot be had
skip() {
	printf 'SKIPPED %s: the real one cannot be had. What was said:\n' "$1"
	tail -n 5 <<<"$out" | sed 's/^/        /'
}

# debs SET... - the folders of these sets in the variables of the same names; fails when one cannot be had
debs() {
	local set list folder
	for set in "$@"; do
		list=$(awk -v set="$set" '$2 == set' "$here/debs.list")
		folder=$fetched/$set-$(sha256sum <<<"$list" | cut -c1-12)
		if [ ! -d "$folder" ]; then
			out=$(take_debs "$folder.new" <<<"$list" 2>&1) || return
			mv "$folder.new" "$folder"
		fi
		printf -v "$set" %s "$folder"
	done
}

# take_debs FOLDER - fetches the packages of the lines that it reads, and takes them apart in the folder
take_debs() {
	local how set what sum mirror
	mirror=$(apt-get indextargets --format '$(SITE)' 'Label: Debian' 'Created-By: Packages' | head -n 1)
	rm -rf "$1"; mkdir -p "$1/deb" && cd "$1/deb" || return
	while read -r how set what sum; do
		if [ "$how" = apt ]; then
			apt-get download "$what" || return
		else
			/usr/lib/apt/apt-helper download-file "$mirror/$what" "${what##*/}" "SHA256:$sum" || return
		fi
	done
	for what in *.deb; do
		dpkg-deb -x "$what" .. && rm "$what" || return
	done
}

# weights SET... - of models/models.list; fails when one cannot be had
weights() { out=$("$top/tools/models.sh" "$@" 2>&1); }

# free_port - one that nobody listens on now
free_port() {
	local port=
	until [ -n "$port" ] && ! grep -q "$(printf ':%04X ' "$port")" /proc/net/tcp; do port=$((20000 + RANDOM % 10000)); done
	echo "$port"
}
