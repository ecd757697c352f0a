#!/usr/bin/env python3
"""replayed.py - whether calls whose recogniser died were understood to the letter, for bench-replay.sh and network.sh

  replayed.py DEATHS PLAIN DYING...   compares each call with what its caller said, and with the same call without a fault
  replayed.py deaths DYING...         prints in how many calls a recogniser has died

A folder has said.jsonl, calls/, server.log, and vendors.log of the recognisers that die. The transcript of a call is the
text of its turns, blanks between them. It has to be what was said, byte by byte; whether the turns are the caller's lines
is told beside it. Fails when a transcript differs, a trail is missing, or fewer than DEATHS recognisers have died.
"""
import collections
import glob
import sys

from cancelled import ends, lines

OPENED = 1_500_000  # a recogniser is opened at most so many microseconds from the beginning of its call


class Call:
    def __init__(self, trail, said, ended):
        self.lines = [" ".join(line["text"].split()) for line in said["lines"]]
        self.turns = [e["text"] for e in trail if e["event"] == "turn"]
        over = next((e["usec"] for e in trail if e["event"] == "ended"), 0)
        self.began = ended.get(trail[0]["call"], 0) - over
        answered = self.began + next((e["usec"] for e in trail if e["event"] == "answered"), 0)
        self.spoken = [(answered + s["usec"], answered + s["usec"] + s["samples"] * 125) for s in said["lines"]]
        self.fault = None

    def speaks(self, at):
        return any(start <= at <= end for start, end in self.spoken)


def read(folder):
    """The calls of a folder, by the Call-ID."""
    said = {c["id"]: c for c in lines(folder + "/said.jsonl")}
    ended = ends(folder + "/server.log")
    found = {}
    for path in glob.glob(folder + "/calls/*/*.jsonl"):
        trail = lines(path)
        if trail[0]["remote_id"] in said:
            found[trail[0]["remote_id"]] = Call(trail, said[trail[0]["remote_id"]], ended)
    return found, len(said) - len(found)


def note_deaths(folder, calls):
    """Of each call the fault that its recogniser had, and whether the caller was speaking then."""
    log = lines(folder + "/vendors.log")
    struck = {e["session"]: e["usec"] for e in log if e.get("note") == "struck"}
    for session in log:
        if session["log"] != "session" or session["session"] not in struck or session["status"] != 101:
            continue
        opened = session["usec"] - session["connected_usec"]
        near = min(calls.values(), key=lambda c: abs(opened - c.began))
        if abs(opened - near.began) < OPENED and not near.fault:
            near.fault = session["fault"], near.speaks(struck[session["session"]])


def dying(folder):
    calls, missing = read(folder)
    note_deaths(folder, calls)
    return calls, missing


def compare(call, plain):
    """What is wrong with a call, or nothing."""
    said, understood = " ".join(call.lines), " ".join(call.turns)
    if understood != said:
        return f"  said        {said}\n  understood  {understood}\n  its recogniser: {call.fault or 'had no fault'}"
    if plain is not None and plain.get(said, understood) != understood:
        return f"  understood  {understood}\n  without a fault  {plain[said]}"
    return None


def judge(calls, plain):
    """How many differ, and how many have other turns than the caller had lines."""
    wrong = [w for w in (compare(c, plain) for c in calls) if w]
    print("\n".join(wrong), end="\n" if wrong else "")
    return len(wrong), sum(c.turns != c.lines for c in calls)


def main(wanted, plain_folder, *folders):
    plain, missing = read(plain_folder)
    differ, turns = judge(plain.values(), None)
    print(f"without a fault: {len(plain)} calls, {differ} transcripts differ from what was said, {turns} have other turns")
    known = {" ".join(c.lines): " ".join(c.turns) for c in plain.values()}
    died, spoke, total, by_fault = 0, 0, 0, collections.Counter()
    for folder in folders:
        calls, gone = dying(folder)
        wrong, other = judge(calls.values(), known)
        missing, differ, turns, total = missing + gone, differ + wrong, turns + other, total + len(calls)
        hit = [c.fault for c in calls.values() if c.fault]
        by_fault.update(fault for fault, _ in hit)
        died, spoke = died + len(hit), spoke + sum(speaking for _, speaking in hit)
    print(f"with recognisers that die: {total} calls, {died} of them died in ({spoke} while the caller spoke): "
          + ", ".join(f"{n} {fault}" for fault, n in by_fault.most_common()))
    print(f"{differ} transcripts differ, {turns} have other turns than the caller had lines, {missing} calls have no trail")
    return differ > 0 or missing > 0 or died < int(wanted)


def count(*folders):
    print(sum(bool(c.fault) for folder in folders for c in dying(folder)[0].values()))
    return 0


if __name__ == "__main__":
    sys.exit(count(*sys.argv[2:]) if sys.argv[1] == "deaths" else main(*sys.argv[1:]))
