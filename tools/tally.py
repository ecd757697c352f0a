"""tally.py LOG - sums the closing lines of a test log and prints `PASSED FAILED`.

LOG is meson's testlog.json (one test a line) or any program's output. A meson test counts what its last line
`N passed, N failed` says, and one more failure if it ended badly all the same; without such a line it counts as
one. Any other output must hold such a line, or counts as one failure.
"""
import json
import re
import sys

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def closing(output):
    lines = CLOSING.findall(output)
    return tuple(map(int, lines[-1])) if lines else None


def meson_test(test):
    good = test["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
    passed, failed = closing(test.get("stdout", "")) or (int(good), 0)
    return passed, failed if good or failed else failed + 1


def tally(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    if path.endswith(".json"):
        counts = [meson_test(json.loads(line)) for line in text.splitlines()] or [(0, 1)]
    else:
        counts = [closing(text) or (0, 1)]
    return tuple(map(sum, zip(*counts)))


print(*tally(sys.argv[1]))
