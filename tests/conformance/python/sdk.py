"""The newer API, by DingTalk's official SDK."""

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

from alibabacloud_dingtalk.contact_1_0 import client as contact_client, models as contact_models
from alibabacloud_dingtalk.doc_1_0 import client as doc_client, models as doc_models
from alibabacloud_dingtalk.im_1_0 import client as im_client, models as im_models
from alibabacloud_dingtalk.oauth2_1_0 import client as oauth_client, models as oauth_models
from alibabacloud_dingtalk.wiki_2_0 import client as wiki_client, models as wiki_models
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions


# What is told of every answer: the name of the call, the body as it came, and as the SDK parsed it.
Observer = Callable[[str, Any, Any], None]


class Client:
    """One of the SDK's clients, whose calls are named once instead of three times."""

    def __init__(self, client: Any, models: ModuleType, token: str | None, observer: Observer | None) -> None:
        self._client = client
        self._models = models
        self._token = token
        self._observer = observer
        self._received: Any = None
        self._execute = client.execute
        client.execute = self._receive

    def __call__(self, call: str, *path: str, **fields: Any) -> Any:
        """Makes the call with these path parameters and fields, and gives the parsed body of its answer."""
        name = "".join(word.capitalize() for word in call.split("_"))
        request = getattr(self._models, f"{name}Request")(**fields)
        if self._token is None:
            headers = {}
        else:
            headers = getattr(self._models, f"{name}Headers")(x_acs_dingtalk_access_token=self._token)
        method = getattr(self._client, f"{call}_with_options")
        body = method(*path, request, headers, RuntimeOptions(autoretry=False)).body
        if self._observer is not None:
            self._observer(call, self._received, body)
        return body

    def _receive(self, *arguments: Any) -> Any:
        """Keeps an answer as it is before the SDK parses it."""
        answer = self._execute(*arguments)
        self._received = copy.deepcopy(answer["body"])
        return answer


class Sdk:
    """The SDK's clients, all speaking to one endpoint with one token."""

    def __init__(self, endpoint: str, token: str | None, observer: Observer | None = None) -> None:
        config = Config(protocol="http", endpoint=endpoint)
        self.contact = Client(contact_client.Client(config), contact_models, token, observer)
        self.doc = Client(doc_client.Client(config), doc_models, token, observer)
        self.im = Client(im_client.Client(config), im_models, token, observer)
        self.wiki = Client(wiki_client.Client(config), wiki_models, token, observer)
        self.oauth = Client(oauth_client.Client(config), oauth_models, None, observer)
