"""The pipeline in MLServer, over the Open Inference Protocol."""

from __future__ import annotations

import json

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

from speed.servers.pipeline import Classifier


class Runtime(MLModel):  # type: ignore[misc] # it publishes no types
    """Texts in one BYTES tensor, one JSON object a text out."""

    async def load(self) -> bool:
        """Load."""
        self.classifier = Classifier()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Classify."""
        texts = StringCodec.decode_input(payload.inputs[0])
        marked = [json.dumps(one) for one in self.classifier.mark(texts)["paragraphs"]]
        outputs = [StringCodec.encode_output("paragraphs", marked)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
