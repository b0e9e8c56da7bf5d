"""ONNX networks with their metadata. The only module that imports onnxruntime, and only when there is something to
read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnnxModel:
    """A network: `session` is an onnxruntime.InferenceSession, `facts` the metadata stored with it (classes,
    temperature).
    """

    session: Any
    facts: Mapping[str, str]

    def run(self, **inputs: NDArray[np.float32]) -> tuple[Singles, ...]:
        """All outputs for the named inputs."""
        return tuple(np.asarray(out, dtype=np.float32) for out in self.session.run(None, inputs))


@cache
def load_shipped(name: str) -> OnnxModel:
    """The network `models/<name>.onnx` of the package; read once per process."""
    return from_bytes(resources.files("scanform.recognize").joinpath("models", f"{name}.onnx").read_bytes())


@cache
def load_file(path: Path) -> OnnxModel:
    """A network in a file; read once per process. Raises OSError."""
    return from_bytes(path.read_bytes())


def from_bytes(data: bytes) -> OnnxModel:
    """A network on one thread: the workers are processes, and results do not depend on their number."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return OnnxModel(session=session, facts=dict(session.get_modelmeta().custom_metadata_map))
