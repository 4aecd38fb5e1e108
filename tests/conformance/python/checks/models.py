"""Whether the SDK's models say what was answered."""

import inspect
from typing import Any, get_args, get_origin

from Tea.model import TeaModel

# Fields of the SDK's models that no answer has: the service's documentation does not have them, or the call has no way to
# ask for them.
NEVER_ANSWERED = {
    "AddWorkspaceResponseBodyWorkspace": {"permission_role"},
    "GetRangeResponseBody": {"complex_values"},
    "GetSheetResponseBody": {"frozen_column_count", "frozen_row_count"},
    "ListNodesResponseBodyNodes": {"statistical_info"},
}


class Models:
    """Every model that an answer was parsed into, and which of its fields were ever filled."""

    def __init__(self) -> None:
        self.answered: set[str] = set()
        self._filled: dict[str, set[str]] = {}
        self._fields: dict[str, set[str]] = {}

    def check(self, call: str, received: Any, body: TeaModel) -> None:
        """Fails unless the model says all that was received and nothing else, in the types that the SDK declares."""
        self.answered.add(call)
        said = without_blanks(body.to_map())
        assert said == without_blanks(received), f"{call}: received {received}, parsed as {said}"
        self._check_types(call, body)

    def never_filled(self) -> dict[str, set[str]]:
        """By model, the fields that nothing was ever parsed into."""
        empty = {model: fields - self._filled[model] for model, fields in self._fields.items()}
        return {model: fields for model, fields in empty.items() if fields}

    def _check_types(self, place: str, model: TeaModel) -> None:
        name = type(model).__name__
        declared = inspect.signature(type(model).__init__).parameters
        self._fields[name] = set(declared) - {"self"}
        for field, value in vars(model).items():
            if value is not None and value != []:
                self._filled.setdefault(name, set()).add(field)
            self._check_type(f"{place}.{field}", value, declared[field].annotation)
        self._filled.setdefault(name, set())

    def _check_type(self, place: str, value: Any, declared: Any) -> None:
        if value is None or declared is Any:
            return
        if get_origin(declared) is list:
            assert isinstance(value, list), f"{place} is {value!r}, the SDK declares {declared}"
            for entry in value:
                self._check_type(f"{place}[]", entry, get_args(declared)[0])
        elif issubclass(declared, TeaModel):
            self._check_types(place, value)
        else:
            # A boolean is an int to Python, not to DingTalk.
            assert type(value) is declared, f"{place} is {value!r}, the SDK declares {declared.__name__}"


def without_blanks(value: Any) -> Any:
    """Without what the SDK makes up where nothing was answered: empty lists, and empty models for null."""
    if isinstance(value, dict):
        cleaned = {name: without_blanks(member) for name, member in value.items()}
        return {name: member for name, member in cleaned.items() if member not in ([], None)} or None
    if isinstance(value, list):
        return [without_blanks(entry) for entry in value]
    return value
