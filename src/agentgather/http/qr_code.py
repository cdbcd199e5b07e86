"""The link of an invitation as a QR code, for a phone that has no other way to it.

What travels is the square of modules, not a picture: whoever shows it draws it from nodes or characters of its own, and no
markup comes from anywhere. It holds the token as the link does.
"""

from __future__ import annotations

DENSE_MODULES = 57  # version 10 of ISO/IEC 18004; beyond it a phone's camera minds fine modules more than a damaged one


def qr_rows(link: str) -> list[str] | None:
    """`link` as rows of `0` and `1` (dark), top first, without a quiet zone. None: longer than a QR code can hold.

    Error correction is M (15 % may be unreadable), or L (7 %) where M would make the code dense.
    """
    import segno  # takes longer to load than all the rest of an invitation; most daemons' days have none

    try:
        code = segno.make_qr(link, error="m", boost_error=False)
    except segno.DataOverflowError:
        code = None
    if code is None or len(code.matrix) > DENSE_MODULES:
        try:
            code = segno.make_qr(link, error="l", boost_error=False)
        except segno.DataOverflowError:
            return None
    return ["".join("1" if module else "0" for module in row) for row in code.matrix]
