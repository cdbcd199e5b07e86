"""How large a document may be, and how long looking at one may take. Whoever writes one may mean harm."""

from __future__ import annotations

BYTES_MAX = 60_000  # of canonical JSON in UTF-8: with its envelope it still fits the body of one request
DEPTH_MAX = 40  # of objects and lists in one another; real documents have 10 to 25
LIST_MAX = 1_000  # items of one list: some validators compare each with each
STEPS_MAX = 20_000  # pairs of schemas that one comparison looks at; the largest real pair measured took 1,400
DIFFERENCES_MAX = 200  # told of one comparison; those beyond are counted
PATH_MAX = 500  # characters of a path as a difference shows it
SHOWN_MAX = 160  # characters of a value as a difference shows it
