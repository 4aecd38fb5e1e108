"""What the nodes do, done with the official SDK: for each operation the calls that its values ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from older_api import OlderApi
from sdk import Sdk


@dataclass
class Case:
    """An operation's inputs and options as a user gives them, how many calls it takes, and the two APIs."""

    inputs: dict[str, Any]
    options: dict[str, Any]
    calls: int
    newer: Sdk
    older: OlderApi


OPERATIONS: dict[str, Callable[[Case], None]] = {}


def operation(name: str) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Registers a function as what an operation does."""

    def register(function: Callable[[Case], None]) -> Callable[[Case], None]:
        OPERATIONS[name] = function
        return function

    return register


from operations import groups, knowledge, people, sheets  # noqa: E402, F401  they register theirs
