#!/usr/bin/env python3
"""network.py - what trails and the vendors' own logs say, for network.sh

  network.py cost LOG CALLS           the bill by the vendors' logs and by our meter, in picodollars, their gap,
                                      and how many sessions and requests have failed
  network.py crash PROGRAM CONFIG     lets a server crash, and fails when that leaves a core
  network.py messages CALLS           a line a message: its recording, where it begins and how long it is, in seconds
  network.py frugal CALLS             how many calls went on in this process after their limit, and how many answers
                                      were not heard to their end
  network.py farewell CALLS           of the only call: whose limit it was, its disposition, whether the last words were
                                      heard whole
  network.py spent CALLS LIMIT        how many calls had cost so much themselves when they reached a limit
  network.py answers SAID CALLS       how many lines there were, and how many of them got no answer
"""
import glob
import json
import os
import resource
import signal
import subprocess
import sys

PRICES = {  # the fixture's, in picodollars; network.sh writes the same into prices.yaml
    "deepgram": {"audio_in_usec": (7_700_000_000, 60_000_000)},
    "openai": {"tokens_in": (400_000, 1), "tokens_out": (1_600_000, 1)},
    "cartesia": {"characters": (35_000_000, 1)},
}


def lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def trails(calls):
    return [lines(path) for path in sorted(glob.glob(calls + "/*/*.jsonl"))]


def by_sip_id(calls):
    found = {}
    for trail in trails(calls):
        for event in trail:
            if event["event"] == "arrived":
                found[event["remote_id"]] = trail
    return found


def answers(said, calls):
    found = by_sip_id(calls)
    asked = unanswered = 0
    for call in lines(said):
        asked += len(call["lines"])
        turns = sum(1 for e in found[call["id"]] if e["event"] == "response")
        unanswered += max(0, len(call["lines"]) - turns)
    print(asked, unanswered)


def messages(calls):
    for m in lines(calls + "/messages.jsonl"):
        assert m["caller"] and m["tenant"] == "bench", m
        print(f"{calls}/{m['day']}/{m['call']}.wav", m["from_ms"] / 1000, m["length_ms"] / 1000)


def done_here(trail):
    final = next(e for e in trail if e["event"] == "cost" and e.get("final"))
    return {s["kind"] for s in final["services"] if s["type"] == "local" and s.get("done")}


def frugal(calls):
    went_on = broken = 0
    for trail in trails(calls):
        reached = any(e["event"] == "cost_limit" and e["of"] == "call" and e["action"] == "degrade" for e in trail)
        went_on += reached and done_here(trail) == {"stt", "tts"}
        broken += sum(1 for e in trail if e["event"] in ("spoken", "cut", "interrupted") and not e["whole"])
    print(went_on, broken)


def farewell(calls):
    [trail] = trails(calls)
    limit = next(e for e in trail if e["event"] == "cost_limit")
    last = [e for e in trail if e["event"] == "spoken"][-1]
    ended = next(e for e in trail if e["event"] == "ended")
    print(limit["of"], ended["disposition"], last["whole"] and last["heard"].endswith("Goodbye."))


def spent(calls, limit):
    print(sum(1 for t in trails(calls) for e in t if e["event"] == "cost_limit" and e["total"] >= float(limit)))


def cost(log, calls):
    theirs = failed = 0
    for session in lines(log):
        failed += session.get("end") == "failed"
        for field, (price, per) in PRICES.get(session.get("sim"), {}).items():
            if session["log"] == "session":
                theirs += session[field] * price // per
    ours = 0
    for trail in trails(calls):
        for event in trail:
            if event["event"] == "cost" and event.get("final"):
                ours += round(event["total"] * 10**12)
    print(theirs, ours, abs(theirs - ours), failed)


def crash(program, config):
    unlimited = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    server = subprocess.Popen([program, "serve", "-c", config], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              cwd=os.path.dirname(config), preexec_fn=unlimited)
    while not server.stdout.readline().startswith(b"ready"):
        if server.poll() is not None:
            sys.exit("the server does not start")
    server.send_signal(signal.SIGABRT)
    status = os.waitpid(server.pid, 0)[1]
    if not os.WIFSIGNALED(status) or os.WCOREDUMP(status):
        sys.exit(f"it ended with {status:#x}, of which {0x80:#x} is a core")


if __name__ == "__main__":
    {"cost": cost, "answers": answers, "messages": messages, "crash": crash,
     "frugal": frugal, "farewell": farewell, "spent": spent}[sys.argv[1]](*sys.argv[2:])
