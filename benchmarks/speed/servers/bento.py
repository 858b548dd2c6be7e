"""The pipeline in BentoML."""

from typing import Any

import bentoml

from speed.servers.pipeline import Classifier


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Marker:
    """One prediction a request."""

    def __init__(self) -> None:
        self.classifier = Classifier()

    @bentoml.api(route="/classify")  # type: ignore[untyped-decorator] # it publishes no types
    def classify(self, paragraphs: list[str]) -> dict[str, Any]:
        """Classify."""
        return self.classifier.mark(paragraphs)
