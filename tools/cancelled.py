#!/usr/bin/env python3
"""cancelled.py - how long after an interruption the vendor of the voice was told, for bench-cancel.sh

  cancelled.py DIR

A trail counts from the call's beginning, the vendor's log on CLOCK_MONOTONIC; the server's log line of the call's end
ties the two together, to a millisecond.
"""
import datetime
import glob
import json
import re
import sys
import time

LATEST = 1_000_000  # microseconds behind an interruption that a cancel may still be its own
CLOCKS = 2_000  # and by so much the two clocks may differ


def ends(path):
    """Of each call, when its end was logged, on CLOCK_MONOTONIC in microseconds."""
    ahead = time.time_ns() - time.monotonic_ns()
    found = {}
    for line in open(path):
        match = re.search(r'^time=(\S+)Z .*msg="call ended" call=(\w+)', line)
        if match:
            at = datetime.datetime.fromisoformat(match[1] + "+00:00")
            found[match[2]] = (int(at.timestamp() * 1000) * 1_000_000 - ahead) // 1000
    return found


def lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def main(folder):
    ended = ends(folder + "/server.log")
    cancels = [e["usec"] for e in lines(folder + "/vendors.log") if e.get("note") == "cancel"]
    told, untold = [], 0
    for path in glob.glob(folder + "/calls/*/*.jsonl"):
        trail = lines(path)
        start = ended[trail[0]["call"]] - next(e["usec"] for e in trail if e["event"] == "ended")
        for event in trail:
            if event["event"] != "interrupted":
                continue
            gaps = [c - start - event["usec"] for c in cancels if -CLOCKS <= c - start - event["usec"] < LATEST]
            if gaps:
                told.append(max(0, min(gaps)) / 1000)
            else:
                untold += 1
    told.sort()
    at = lambda share: told[min(len(told) - 1, int(len(told) * share))]
    if told:
        print(f"  interrupted to told {len(told)}   p50 {at(.5):.1f}   p95 {at(.95):.1f}   most {told[-1]:.1f} ms")
    print(f"{untold} interruptions of which the vendor was not told: it had spoken to the end")
    return 0 if told else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
