import itertools
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.pipeline.sites import Definition
from sojourn.place import Place

# How long an example takes says something of the machine alone.
settings.register_profile("sojourn", deadline=None)
settings.load_profile("sojourn")

NOW = 1_780_000_000_000


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sojourn]:
    """One store for the run: an engine is one a process. Tests keep apart by sites of their own."""
    sojourn = Sojourn.at(Place(tmp_path_factory.mktemp("store")), now_ms=lambda: NOW)
    yield sojourn
    sojourn.close()


_numbers = itertools.count()


def maker_of_sites(app: Sojourn) -> Callable[..., Site]:
    """Makes a site that nobody else uses."""

    def make(**fields: object) -> Site:
        site = Site(id=f"site{next(_numbers)}", **fields)  # type: ignore[arg-type]
        app.sites.write(Definition(site))
        return site

    return make


@pytest.fixture(scope="session")
def new_site(app: Sojourn) -> Callable[..., Site]:
    return maker_of_sites(app)
