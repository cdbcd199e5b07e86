"""The stories that have a person begin with what the tests of the browser room begin with."""

from tests.web.conftest import browser as browser
from tests.web.conftest import page as page
