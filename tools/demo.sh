#!/bin/sh
# demo.sh - Offhook, its clinic agent and callers of its own, on this machine: three calls at once
cd "$(dirname "$0")/.." || exit 1
calls=agents/clinic/rehearsals
exec build/offhook rehearse --parallel 3 $calls/hurried.yaml $calls/questions.yaml $calls/emergency.yaml
