"""The SQL texts."""

from functools import cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """The text of `sql/<name>.sql` behind its name in a comment; `{{other}}` is replaced by the text of that file."""
    return f"/* {name} */ {_text(name)}"


@cache
def _text(name: str) -> str:
    text = files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    while "{{" in text:
        before, _, rest = text.partition("{{")
        included, _, after = rest.partition("}}")
        text = before + _text(included.strip()) + after
    return text
