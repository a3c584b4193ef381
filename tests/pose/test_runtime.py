from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hiphinge.errors import ModelError
from hiphinge.pose import runtime
from hiphinge.pose.runtime import compile_detector, compile_landmarks, engine_name
from hiphinge.pose.store import find_model

_PROBE = """
import socket, sys
tried = []
class Guarded(socket.socket):
    def connect(self, address): tried.append(address); raise OSError("guarded")
    def connect_ex(self, address): tried.append(address); return 1
socket.socket = Guarded
from hiphinge.pose.runtime import load_openvino
before = "openvino" in sys.modules
load_openvino()
print(before, "openvino_telemetry" in sys.modules, tried)
"""


def test_openvino_loads_without_telemetry() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=2) == ["False", "False", "[]\n"]


def test_precision_and_threads_are_as_asked() -> None:
    compiled = compile_landmarks(find_model("lite"), streams=2, threads=2)
    assert compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "f32"
    assert int(compiled.get_property("NUM_STREAMS")) == 2
    assert int(compiled.get_property("INFERENCE_NUM_THREADS")) == 2


def test_engine_name_names_version() -> None:
    assert engine_name().startswith("OpenVINO 20")


def test_compile_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "pose_detector.tflite"
    path.write_bytes(b"not a model at all")
    with pytest.raises(ModelError, match=r"pose_detector\.tflite"):
        compile_detector(path, threads=1)


def test_widened_convolution_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    crop = np.random.default_rng(5).integers(0, 256, (1, 256, 256, 3), dtype=np.uint8)

    def read() -> list[np.ndarray]:
        request = compile_landmarks(find_model("lite"), streams=1, threads=1).create_infer_request()
        request.infer([crop])
        return [np.array(request.get_output_tensor(number).data) for number in range(5)]

    wide = read()
    monkeypatch.setattr(runtime, "_widen_last_convolution", lambda model: None)
    for one, other in zip(wide, read(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert wide[2].std() > 0
