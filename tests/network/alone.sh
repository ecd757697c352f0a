#!/bin/sh
# alone.sh LIBRARY OBJECT: the vendors' simulators as one object that shows its own names only. They are
# written without a look at the client, so that both may call a thing the same.
set -e
ld -r --whole-archive "$1" -o "$2"
objcopy --wildcard --keep-global-symbol='vendor_*' --keep-global-symbol='tones_*' "$2"
