"""onnxruntime: the tutorial's scikit-learn pipeline, converted. Its margins differ somewhat from the pipeline's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer

from speed.scorers.tfidf import train_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from speed.corpus import Labelled

LIBRARIES = ("onnxruntime", "skl2onnx", "scikit-learn")
# The runtime's tokenizer takes \w for ASCII alone.
_TOKENS = {"en": "[a-zA-Z0-9_]{2,}", "ko": r"[\pL\pN_]+"}


def converted(language: str, corpus: Sequence[Labelled]) -> Callable[[list[str]], object]:
    """Convert it; texts are lower-cased here, because the runtime's own way needs a locale of the system."""
    lowered = [one._replace(text=one.text.lower()) for one in corpus]
    pipeline = train_plain(language, lowered, lowercase=False)
    options = {TfidfVectorizer: {"tokenexp": _TOKENS[language]}, id(pipeline): {"zipmap": False}}
    model = to_onnx(pipeline, initial_types=[("text", StringTensorType([None, 1]))], options=options)
    single = onnxruntime.SessionOptions()
    single.intra_op_num_threads = single.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), sess_options=single, providers=["CPUExecutionProvider"]
    )
    return lambda texts: session.run(None, {"text": np.array([[text.lower()] for text in texts], object)})
