#!/usr/bin/env python3
"""replayed.py - whether calls whose recogniser died were understood as those without a fault, for bench-replay.sh

  replayed.py PLAIN DYING...

Prints the calls of which other words were understood, and how many recognisers died. Where nothing fails at all the short
first line, "Yes, please.", may be heard as one piece or two; of that it is only asked that something was heard.
"""
import glob
import json
import re
import sys


def lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def calls(folder):
    """(what was said, what was understood, the recogniser died) of each call."""
    said = {c["id"]: " | ".join(line["text"] for line in c["lines"]) for c in lines(folder + "/said.jsonl")}
    for path in glob.glob(folder + "/calls/*/*.jsonl"):
        trail = lines(path)
        turns = [re.sub(r"[^a-z ]", "", e["text"].lower()) for e in trail if e["event"] == "turn"]
        died = any(s["kind"] == "stt" and s.get("failed") for e in trail if e["event"] == "cost" and e.get("final")
                   for s in e["services"])
        yield said[trail[0]["remote_id"]], (bool(turns and turns[0]), *turns[1:]), died


def main(plain, *others):
    known, all_died, lost = {}, 0, 0
    for said, heard, _ in calls(plain):
        known.setdefault(said, set()).add(heard)
    for folder in others:
        for said, heard, died in calls(folder):
            all_died += died
            if died and heard not in known.get(said, ()):
                lost += 1
                print(f"  {said}\n    {heard[1:]}\n    without a fault: {known.get(said)}")
    print(f"{all_died} calls whose recogniser died, {lost} of them understood otherwise")
    return lost > 0 or all_died == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
