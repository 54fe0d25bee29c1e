"""The collector of garbage, where a process lives long or makes much: what refers to itself is seldom in a hurry."""

import gc


def collect_seldom() -> None:
    """What was loaded so far stays to the end and is not gone through again; of what comes later, more gathers first."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
