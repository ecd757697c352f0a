#!/usr/bin/env python3
"""cancelled.py - what becomes of an answer that is broken into, for bench-cancel.sh

  cancelled.py DIR

How long after an interruption the vendor of the voice was told: a trail counts from the call's beginning, the vendor's
log on CLOCK_MONOTONIC; the server's log line of the call's end ties the two together, to a millisecond. Whether anything
of that answer was played afterwards: by the recording, until the next answer is begun. Whether what was heard is the
beginning of what was being said. Fails when nobody was told, one later than in 20 ms, or any of the others is not so.
"""
import datetime
import glob
import json
import re
import sys
import time

LATEST = 1_000_000  # microseconds behind an interruption that a cancel may still be its own
CLOCKS = 2_000  # and by so much the two clocks may differ
TOLD = 20  # milliseconds
ON_ITS_WAY = 40_000  # microseconds of sound that have left already: a packet, and the tick that is being made
AUDIBLE = 180  # -45 dB of full scale


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


def loudness(byte):
    """Of a sample in mu-law (ITU-T G.711)."""
    byte = ~byte & 0x7F
    return (((byte & 15) << 3) + 0x84 << (byte >> 4)) - 0x84


LOUD = bytes(loudness(byte) > AUDIBLE for byte in range(256))


def agent(path):
    """Where in a recording of ours the agent is audible: a byte a sample of 8 kHz."""
    with open(path, "rb") as f:
        return f.read()[44:][1::2].translate(LOUD)


def said(trail, until):
    """What the answer that was going on then had to say."""
    since = max((e["usec"] for e in trail if e["event"] == "turn" and e["usec"] <= until), default=0)
    return "".join(e["text"] for e in trail if e["event"] == "say" and since <= e["usec"] <= until)


def played_on(trail, sound, at):
    """Milliseconds of sound between an interruption and the next answer."""
    zero = next(e["usec"] for e in trail if e["event"] == "answered")
    until = next((e["usec"] for e in trail if e["usec"] > at and e["event"] in ("say", "ended")), at)
    first, last = ((t - zero) // 125 for t in (at + ON_ITS_WAY, until))
    return sound[first:last].count(1) / 8


def is_beginning(heard, text):
    squeeze = lambda s: "".join(s.split())
    return squeeze(text).startswith(squeeze(heard))


def main(folder):
    ended = ends(folder + "/server.log")
    cancels = [e["usec"] for e in lines(folder + "/vendors.log") if e.get("note") == "cancel"]
    told, untold, played, misheard = [], 0, 0, 0
    for path in glob.glob(folder + "/calls/*/*.jsonl"):
        trail, sound = lines(path), agent(path[:-len("jsonl")] + "wav")
        start = ended[trail[0]["call"]] - next(e["usec"] for e in trail if e["event"] == "ended")
        for event in trail:
            if event["event"] != "interrupted":
                continue
            gaps = [c - start - event["usec"] for c in cancels if -CLOCKS <= c - start - event["usec"] < LATEST]
            if gaps:
                told.append(max(0, min(gaps)) / 1000)
            else:
                untold += 1
            played += played_on(trail, sound, event["usec"]) > 0
            misheard += not is_beginning(event["heard"], said(trail, event["usec"]))
    told.sort()
    at = lambda share: told[min(len(told) - 1, int(len(told) * share))]
    if told:
        print(f"  interrupted to told {len(told)}   p50 {at(.5):.1f}   p95 {at(.95):.1f}   most {told[-1]:.1f} ms")
    print(f"{untold} interruptions of which the vendor was not told: it had spoken to the end")
    print(f"{played} answers of which something was played after the cut, "
          f"{misheard} of which the history holds anything but their beginning")
    return not told or told[-1] > TOLD or played > 0 or misheard > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
