"""How a process that serves for long lets the garbage collector look at what it holds: seldom, and at little at a time."""

from __future__ import annotations

import gc

# In containers that were made and are still there: a first look is at so many, a second one at what so many first looks left.
# A room keeps six or seven for each record. Both looks together hold everybody up for 20 ms at worst; with 20,000 and 20 a
# second look, at the history of 60,000 records, took 200.
FIRST_LOOK_CONTAINERS = 5_000
SECOND_LOOK_TIMES = 5
# A whole look, at all that came since the start, takes half a second in a room of 120,000 records. It is for cycles that lived
# for minutes before they were dropped, which a room at 50 posts a second makes so few of that it is due every few hours.
WHOLE_LOOK_TIMES = 2_000


def settle_garbage() -> None:
    """Take what is loaded out of the collector's sight, and let it look at what comes a little at a time.

    A room of 50,000 records is half a million containers that never become garbage; walking them held every client up for
    a quarter of a second at a time. At the settings that Python starts with, it was a fifteenth of every request at a broker.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FIRST_LOOK_CONTAINERS, SECOND_LOOK_TIMES, WHOLE_LOOK_TIMES)
