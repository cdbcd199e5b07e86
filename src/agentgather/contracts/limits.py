"""How large a document may be, and how long looking at one may take. Whoever writes one may mean harm."""

from __future__ import annotations

BYTES_MAX = 60_000  # of canonical JSON in UTF-8: with its envelope it still fits the body of one request
DEPTH_MAX = 40  # of objects and lists in one another; real documents have 10 to 25
LIST_MAX = 1_000  # items of one list: some validators compare each with each
STEPS_MAX = 8_000  # pairs that one comparison looks at, and differences; an API of 110 KB takes 2,100
CHECKS_MAX = (
    25_000  # keywords that are looked at to see whether a document is sound; an API of 160 KB would take 25,000
)
DIFFERENCES_MAX = 200  # told of one comparison; those beyond are counted
PATH_MAX = 500  # characters of a path as a difference shows it
SHOWN_MAX = 160  # characters of a value as a difference shows it
