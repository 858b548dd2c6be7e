"""Tensors of the Open Inference Protocol: texts in them, and answers into them, as JSON or in its binary form."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field

from pressmark_service.api.adapter import LENIENT, refuse

Scalar = str | bool | int | float
Place = tuple[str | int, ...]


class InputTensor(BaseModel):
    """A tensor of texts."""

    model_config = LENIENT

    name: str
    """`text`."""
    shape: list[int]
    """`[N]` or `[N, 1]`."""
    datatype: str
    """`BYTES`."""
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    """`content_type: base64` if the texts are so encoded; `binary_data_size` if they follow the JSON."""
    data: list[Any] | None = Field(default_factory=lambda: None)
    """The texts, flat or nested as the shape says."""


@dataclass(frozen=True, slots=True)
class OutputTensor:
    """A tensor of the answer."""

    name: str
    datatype: Literal["BYTES", "FP64"]
    shape: tuple[int, ...]
    values: list[Any]
    parameters: dict[str, Scalar] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the tensor with its values in it."""
        return self._head(self.parameters) | {"data": self.values}

    def as_binary(self) -> tuple[dict[str, Any], bytes]:
        """Return the tensor and, apart, its values."""
        if self.datatype == "BYTES":
            texts = [text.encode() for text in self.values]
            packed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        else:
            packed = struct.pack(f"<{len(self.values)}d", *self.values)
        return self._head(self.parameters | {"binary_data_size": len(packed)}), packed

    def _head(self, parameters: dict[str, Scalar]) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        return told | ({"parameters": parameters} if parameters else {})


def texts_of(tensor: InputTensor, binary: bytes, place: Place) -> list[str]:
    """Return the texts of a tensor; raise InvalidRequest."""
    if tensor.datatype != "BYTES":
        raise refuse((*place, "datatype"), "must be BYTES")
    if not (len(tensor.shape) == 1 or tensor.shape[1:] == [1]) or tensor.shape[0] < 0:
        raise refuse((*place, "shape"), "must be [N] or [N, 1]")
    texts = _binary_texts(tensor, binary, place) if tensor.data is None else _json_texts(tensor.data, place)
    if len(texts) != tensor.shape[0]:
        raise refuse((*place, "shape"), f"says {tensor.shape[0]} elements, but there are {len(texts)}")
    if tensor.parameters.get("content_type") == "base64":
        return [_decoded(text, (*place, "data")) for text in texts]
    return texts


def _json_texts(data: list[Any], place: Place) -> list[str]:
    texts: list[str] = []
    for element in data:
        text = element[0] if isinstance(element, list) and len(element) == 1 else element
        if not isinstance(text, str):
            raise refuse((*place, "data"), "each element must be a string")
        texts.append(text)
    return texts


def _binary_texts(tensor: InputTensor, binary: bytes, place: Place) -> list[str]:
    size = tensor.parameters.get("binary_data_size")
    if not isinstance(size, int) or size != len(binary):
        raise refuse(place, "needs data, or a binary_data_size that is the size of what follows the JSON")
    texts: list[str] = []
    at = 0
    try:
        while at < len(binary):
            (length,) = struct.unpack_from("<I", binary, at)
            at += 4 + length
            if at > len(binary):
                raise refuse(place, "an element is longer than the binary data")
            texts.append(binary[at - length : at].decode())
    except (struct.error, UnicodeDecodeError):
        raise refuse(place, "the binary data is not lengths (4 bytes, little-endian), each before UTF-8") from None
    return texts


def _decoded(text: str, place: Place) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        raise refuse(place, "is not UTF-8 in base64, as content_type says") from None
