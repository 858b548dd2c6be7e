"""The pipeline in LitServe. Called as ``python -m speed.servers.lit PORT``."""

import sys
from typing import Any

import litserve

from speed.servers.pipeline import Classifier


class Api(litserve.LitAPI):  # type: ignore[misc] # it publishes no types
    """One prediction a request."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - the library's signature
        """Load."""
        self.classifier = Classifier()

    def decode_request(self, request: dict[str, Any]) -> list[str]:
        """Take the texts out of the request."""
        texts: list[str] = request["paragraphs"]
        return texts

    def predict(self, texts: list[str]) -> dict[str, Any]:
        """Classify."""
        return self.classifier.mark(texts)


if __name__ == "__main__":
    server = litserve.LitServer(Api(api_path="/classify"), accelerator="cpu", workers_per_device=1)
    server.run(
        port=int(sys.argv[1]), host="127.0.0.1", num_api_servers=1, generate_client_file=False, log_level="error"
    )
