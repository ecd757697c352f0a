#!/bin/sh
# build.sh DIR [MESON_OPTION...] - configures DIR if it is new, and builds it; CC chooses the compiler
set -e
cd "$(dirname "$0")/.."
dir=$1
shift
cc=${CC:-gcc}
! command -v ccache >/dev/null || cc="ccache $cc"
[ -f "$dir/build.ninja" ] || CC="$cc" meson setup "$dir" "$@"
exec ninja -C "$dir"
