#!/bin/sh
# build.sh DIR [MESON_OPTION...] - configures DIR if it is new, and builds it; CC chooses the compiler
set -e
cd "$(dirname "$0")/.."
for tool in meson ninja "${CC:-gcc}"; do
	command -v "$tool" >/dev/null || { echo "build: $tool is missing; tools/setup.sh installs it" >&2; exit 1; }
done
dir=$1
shift
cc=${CC:-gcc}
! command -v ccache >/dev/null || cc="ccache $cc"
[ -f "$dir/build.ninja" ] || CC="$cc" meson setup "$dir" "$@"
exec ninja -C "$dir"
