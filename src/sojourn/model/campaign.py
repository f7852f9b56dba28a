"""Where a lead came from: UTM parameters of the URL, else what the context says of the campaign."""

from typing import Any
from urllib.parse import parse_qsl

_UTM = ("utm_source", "utm_medium", "utm_campaign")


def campaign_of(url: str, context: dict[str, Any]) -> tuple[str, str, str]:
    """Source, medium and campaign; '' where nothing says it."""
    query = dict(parse_qsl(url.partition("?")[2].partition("#")[0])) if "utm_" in url else {}
    said = context.get("campaign")
    if isinstance(said, str):
        said = {"name": said}
    said = said if isinstance(said, dict) else {}
    told = (said.get("source"), said.get("medium"), said.get("name") or said.get("campaign"))
    source, medium, campaign = (_text(query.get(name) or text) for name, text in zip(_UTM, told, strict=True))
    return source, medium, campaign


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""
