"""Which names are given out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather_broker.refusals import Refused
from agentgather_broker.slugs import RESERVED, check_slug, is_slug


@pytest.mark.parametrize("slug", ["a", "7", "-", "a-b", "reef-7", "a" * 64])
def test_a_slug_is_of_the_contracts_pattern(slug: str) -> None:
    check_slug(slug)
    assert is_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "a" * 65, "Reef", "a_b", "a.b", "a/b", "..", "ä", "ı", "a\n", "a ", "%61", "a$(id)", "_host", "аpple"]
)
def test_anything_else_is_refused(slug: str) -> None:
    assert not is_slug(slug)
    with pytest.raises(Refused) as refused:
        check_slug(slug)
    assert refused.value.code == "invalid_registration"


@pytest.mark.parametrize("slug", ["a" * 64, "-a", "a-", "-"])
def test_a_part_of_a_host_name_is_stricter(slug: str) -> None:
    assert is_slug(slug)
    assert not is_slug(slug, is_label=True)
    with pytest.raises(Refused, match="host name"):
        check_slug(slug, is_label=True)


@pytest.mark.parametrize(
    "slug", ["_host", "healthz", "readyz", "metrics", "api", "www", "admin", "static", "assets", "forum", "login"]
)
def test_what_a_broker_needs_for_itself_is_kept(slug: str) -> None:
    assert slug in RESERVED
    for is_label in (True, False):
        with pytest.raises(Refused) as refused:
            check_slug(slug, is_label=is_label)
        assert refused.value.code == "invalid_registration"


@given(st.text())
def test_whatever_is_given_out_is_safe_in_a_path_a_host_name_and_a_shell(text: str) -> None:
    if is_slug(text):
        assert re.fullmatch("[a-z0-9-]+", text, re.ASCII)
