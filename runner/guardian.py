"""A small process beside the runner that ends the runner's children when the runner itself was killed.

Reads lines of JSON from standard input: {"watch": pid, "born": text, "signal": number} and {"forget": pid}. The input
closes when the runner is gone, however it went; what is still watched then is ended. Runs as
`python -m runner.guardian CHECKOUT`; the argument only tells a reader of `ps` whose guardian it is.
"""

import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

from runner import alive


def main() -> None:
    """Follow the runner until it is gone, then clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, tuple[str, int]] = {}
    for text in sys.stdin:
        note = json.loads(text)
        if "watch" in note:
            watched[note["watch"]] = (note["born"], note["signal"])
        else:
            watched.pop(note["forget"], None)
    end_all(watched)


def end_all(watched: dict[int, tuple[str, int]]) -> None:
    """End every process at the same time."""
    if not watched:
        return
    with ThreadPoolExecutor(len(watched)) as pool:
        for pid, (birth, first) in watched.items():
            pool.submit(alive.end, pid, birth, first)


if __name__ == "__main__":
    main()
