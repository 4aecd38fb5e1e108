"""Reads what users may write in several ways."""

import json
from decimal import Decimal
from typing import Any


def text(value: Any) -> str | None:
    """Text without the space around it; none when nothing is left."""
    return str(value).strip() or None if value is not None else None


def integer(value: Any, default: int | None = None) -> int | None:
    """A number, or its digits."""
    return default if text(value) is None else int(value)


def boolean(value: Any, default: bool) -> bool:
    """A boolean, or its name."""
    return default if text(value) is None else value in (True, "true")


def flag(value: Any) -> int | None:
    """0 or 1, or a boolean for it."""
    return int(value) if isinstance(value, bool) else integer(value)


def words(value: Any) -> list[str]:
    """A list, or words with commas between them; each once."""
    listed = value if isinstance(value, list) else str(value).split(",")
    return list(dict.fromkeys(word for word in map(text, listed) if word))


def parsed(value: Any) -> Any:
    """What JSON text says, or the value that it already is."""
    return json.loads(value) if isinstance(value, str) and value.strip() else value


def table(value: Any) -> list[list[str]]:
    """Rows of cells: the SDK takes each cell as text."""
    return [[cell(value) for value in row] for row in parsed(value)]


def cell(value: Any) -> str:
    """A cell's text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return format(Decimal(str(value)), "f")
    return {None: "", True: "true", False: "false"}.get(value, value)
