"""The inference engine: OpenVINO, loaded without its telemetry, at one stated precision."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import ModelError

__all__ = ["PRECISION", "compile_detector", "compile_landmarks", "engine_name", "load_openvino", "share_memory"]

#: OpenVINO picks bf16 by itself where the processor has it; that moves hip angles by 0.5-1.6°, so it is set.
PRECISION = "f32"
_TELEMETRY = "openvino_telemetry"
#: Side of the mask, and channels that its last convolution is given.
MASK_PX, WIDE_CHANNELS = 256, 8


def load_openvino() -> Any:
    """Import OpenVINO with its telemetry kept out: no connection, no files.

    ``None`` in ``sys.modules`` makes the import of the telemetry package fail, which OpenVINO tolerates; the
    entry is put back afterwards so that nobody else's import is changed.

    Raises
    ------
    ModelError
        OpenVINO cannot be loaded on this machine.
    """
    loaded = sys.modules.get("openvino")
    if loaded is not None:
        return loaded
    absent = object()
    before: Any = sys.modules.get(_TELEMETRY, absent)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise ModelError(
            f"The inference engine OpenVINO does not load: {error}.",
            expected="openvino >= 2026.1 on a 64-bit processor",
            next_step="install hiphinge again in a fresh environment, then run `hiphinge doctor`",
        ) from error
    finally:
        if before is absent:
            sys.modules.pop(_TELEMETRY, None)
        else:
            sys.modules[_TELEMETRY] = before
    return openvino


def engine_name() -> str:
    """Return engine and version, as stored with every result."""
    version = str(load_openvino().__version__).split("-", maxsplit=1)[0]
    return f"OpenVINO {version} CPU"


def compile_detector(path: Path, *, threads: int) -> Any:
    """Compile the person detector: RGB bytes in, raw boxes and scores out."""

    def prepare(openvino: Any, steps: Any) -> None:
        steps.input().preprocess().convert_element_type(openvino.Type.f32).mean(127.5).scale(127.5)

    return _compile(path, prepare, streams=1, threads=threads)


def compile_landmarks(path: Path, *, streams: int, threads: int) -> Any:
    """Compile a landmark model: RGB bytes in; the mask comes out as bytes, 255 = certainly the person."""

    def prepare(openvino: Any, steps: Any) -> None:
        from openvino import opset13 as ops

        def logits_to_bytes(output: Any) -> Any:
            share = ops.sigmoid(output)
            levels = ops.floor(ops.add(ops.multiply(share, np.float32(255.0)), np.float32(0.5)))
            return ops.convert(levels, "u8").output(0)

        steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
        steps.output("Identity_2").postprocess().custom(logits_to_bytes)

    return _compile(path, prepare, streams=streams, threads=threads, finish=_widen_last_convolution)


def _widen_last_convolution(model: Any) -> None:
    """Let the mask's last convolution, 3 × 3 at full size, give eight channels of which one is kept.

    With a single channel the engine's kernel uses a fraction of its registers; with seven channels of zeros beside it
    the same numbers come out, bit by bit, in three quarters of the time (``benchmarks/inference_cost.py``).
    """
    from openvino import opset13 as ops

    for node in model.get_ordered_ops():
        if node.get_type_name() != "Convolution":
            continue
        shape = node.output(0).get_partial_shape()
        if not shape.is_static or list(shape.to_shape())[1:] != [1, MASK_PX, MASK_PX]:
            continue
        weights = node.input(1).get_source_output().get_node()
        while weights.get_type_name() != "Constant":
            weights = weights.input(0).get_source_output().get_node()
        kernel = np.asarray(weights.data, dtype=np.float32).reshape(node.input(1).get_partial_shape().to_shape())
        wide = np.zeros((WIDE_CHANNELS, *kernel.shape[1:]), dtype=np.float32)
        wide[:1] = kernel
        said = node.get_attributes()
        convolution = ops.convolution(
            node.input(0).get_source_output(), ops.constant(wide),
            said["strides"], said["pads_begin"], said["pads_end"], said["dilations"], said["auto_pad"],
        )  # fmt: skip
        kept = ops.slice(*(convolution, *(ops.constant(np.array([k])) for k in (0, 1, 1, 1))))
        for target in list(node.output(0).get_target_inputs()):
            target.replace_source_output(kept.output(0))


def share_memory(array: NDArray[Any]) -> Any:
    """Return the engine's tensor on an array's own memory; the array must stay as long as the tensor is used."""
    return load_openvino().Tensor(array, shared_memory=True)


def _compile(
    path: Path,
    prepare: Callable[[Any, Any], None],
    *,
    streams: int,
    threads: int,
    finish: Callable[[Any], None] | None = None,
) -> Any:
    openvino = load_openvino()
    from openvino.preprocess import PrePostProcessor

    try:
        core = openvino.Core()
        steps = PrePostProcessor(core.read_model(path))
        steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
        prepare(openvino, steps)
        model = steps.build()
        if finish is not None:
            finish(model)
        return core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": PRECISION,
                "NUM_STREAMS": streams,
                "INFERENCE_NUM_THREADS": threads,
                # Pinned threads of several processes would all sit on the same cores.
                "ENABLE_CPU_PINNING": False,
            },
        )
    except RuntimeError as error:
        raise ModelError(
            f"OpenVINO cannot use the pose model {path.name}: {error}",
            expected="a TensorFlow Lite model that this OpenVINO reads",
            next_step="run `hiphinge doctor`; install hiphinge again if it reports the model",
        ) from error
