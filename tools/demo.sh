#!/bin/sh
# demo.sh - Offhook, its clinic agent and callers of its own, on this machine: two calls at a time
cd "$(dirname "$0")/.." || exit 1
calls=agents/clinic/rehearsals
exec build/offhook rehearse --parallel 2 $calls/booking.yaml $calls/questions.yaml $calls/emergency.yaml
