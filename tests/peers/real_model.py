#!/usr/bin/env python3
"""real_model.py - what a trail says of a language model's part in a call, for real_model.sh

  real_model.py answer TRAIL        the first answer that the caller has heard, fillers aside
  real_model.py heard TRAIL         whether there is one: yes or no
  real_model.py bill TRAIL TYPE     of that type of service: tokens in, cached and out, their cost, requests cancelled
  real_model.py ended TRAIL         the disposition
  real_model.py alike TEXT OTHER    percent of TEXT's words that OTHER has too
"""
import json
import re
import sys

FILLER = "One moment."


def events(path):
    with open(path) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]


def first(path):
    """The first answer that was heard, or in want of one what was said last: its text, and whether it was heard."""
    turn, said = False, ""
    for e in events(path):
        if e["event"] == "turn":
            turn, said = True, ""
        elif turn and e["event"] == "say":
            said = (said + " " + e["text"].replace(FILLER, "")).strip()
        elif said and e["event"] == "spoken" and e["heard"].replace(FILLER, "").strip():
            return said, "yes"
    return said, "no"


def answer(path):
    return first(path)[0]


def heard(path):
    return first(path)[1]


def bill(path, kind):
    for e in events(path):
        if e["event"] == "cost" and e.get("final"):
            for s in e["services"]:
                if s["type"] == kind:
                    keys = ("tokens_in", "tokens_cached", "tokens_out", "cost", "cancelled")
                    return " ".join(str(s.get(k, 0)) for k in keys)
    return "none"


def ended(path):
    return next((e["disposition"] for e in events(path) if e["event"] == "ended"), "not ended")


def alike(text, other):
    words, theirs = (re.findall(r"[a-z]+", t.lower()) for t in (text, other))
    return 100 * sum(w in theirs for w in words) // max(1, len(words))


if __name__ == "__main__":
    print({"answer": answer, "heard": heard, "bill": bill, "ended": ended, "alike": alike}[sys.argv[1]](*sys.argv[2:]))
