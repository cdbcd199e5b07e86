"""The interpreter of a process that serves for long: what its collector looks at, and how long a thread waits for its turn."""

from __future__ import annotations

import gc
import sys

# In containers that were made and are still there: a first look is at so many, a second one at what so many first looks left.
# A room keeps six or seven for each record. Both looks together hold everybody up for 20 ms at worst; with 20,000 and 20 a
# second look, at the history of 60,000 records, took 200.
FIRST_LOOK_CONTAINERS = 5_000
SECOND_LOOK_TIMES = 5
# A whole look, at all that came since the start, takes half a second in a room of 120,000 records. It is for cycles that lived
# for minutes before they were dropped, which a room at 50 posts a second makes so few of that it is due every few hours.
WHOLE_LOOK_TIMES = 2_000
# A post needs the interpreter some five times in the thread that writes it, and each time waits so long for an event loop that is
# busy. At the 5 ms that Python starts with, a post beside a search of 100,000 records took 27 ms, and takes 10; at a fifth of a
# millisecond, switching costs a busy room a tenth.
TURN_SECONDS = 0.0005


def settle_interpreter() -> None:
    """Take what is loaded out of the collector's sight, let it look at what comes a little at a time, and shorten turns.

    A room of 50,000 records is half a million containers that never become garbage; walking them held every client up for
    a quarter of a second at a time. At the settings that Python starts with, it was a fifteenth of every request at a broker.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(FIRST_LOOK_CONTAINERS, SECOND_LOOK_TIMES, WHOLE_LOOK_TIMES)
    sys.setswitchinterval(TURN_SECONDS)
