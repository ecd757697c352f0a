#!/bin/sh
# demo.sh - Offhook, its clinic agent and callers of its own, on this machine
cd "$(dirname "$0")/.." || exit 1
exec build/offhook rehearse agents/clinic/rehearsals/*.yaml
