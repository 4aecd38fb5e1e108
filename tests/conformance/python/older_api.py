"""The older API, as its documentation says: no maintained client has it (see README.md)."""

from typing import Any

import requests

Answer = dict[str, Any]


class OlderApi:
    """Speaks to one endpoint with one token, which goes into the query."""

    def __init__(self, endpoint: str, token: str | None) -> None:
        self._base = f"http://{endpoint}"
        self._token = {} if token is None else {"access_token": token}
        self._session = requests.Session()
        # What the environment says of proxies is not meant for a service on this machine.
        self._session.trust_env = False

    def get(self, path: str, **query: str) -> Answer:
        """A GET with its parameters in the query."""
        return answer(self._session.get(self._base + path, params=self._token | query))

    def post(self, path: str, **fields: Any) -> Answer:
        """A POST with a JSON body; fields that are None are left out."""
        body = {name: value for name, value in fields.items() if value is not None}
        return answer(self._session.post(self._base + path, params=self._token, json=body))


def answer(response: requests.Response) -> Answer:
    """What was answered: always HTTP 200, failures too."""
    assert response.status_code == 200, f"HTTP {response.status_code}: {response.text}"
    return response.json()
