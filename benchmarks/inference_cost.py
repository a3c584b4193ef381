"""What an inference costs, and what a cheaper number format moves.

    python benchmarks/inference_cost.py [CLIP...]

For each landmark model, on crops of the clips (without any: those of the repository), one thread:

- as shipped: 32-bit floats, the mask's last convolution widened (and without, to see what that gives; same bits);
- bf16 as the engine would choose by itself where the processor has it;
- bf16 with the last layers (points, heatmaps, mask) in 32-bit floats, and with the first layers in 32-bit floats,
  in two models that follow each other.

Printed are processor milliseconds an inference (the least of some rounds, so that other work on the machine counts
little), and against the shipped one: the distance of shoulders, hips, knees and ankles in crop pixels (of 256), the
mask in levels (of 255), and the lean of the line from hip to shoulder, degrees.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import hiphinge
from hiphinge.pose import landmarks, runtime
from hiphinge.pose.blazepose import BlazePose
from hiphinge.pose.landmarks import LandmarkRequest, Landmarks
from hiphinge.pose.region import Region
from hiphinge.pose.store import find_model
from hiphinge.video import open_video

ROOT = Path(__file__).resolve().parents[1]
OWN_CLIPS = [Path(hiphinge.__file__).parent / "data" / "demo.mp4", *sorted((ROOT / "tests" / "data").glob("*.mp4"))]
POINTS = [11, 12, 23, 24, 25, 26, 27, 28]
EVERY, MOST = 12, 120
ROUNDS = 4
Crop = tuple[np.ndarray, Region]
Answer = list[Landmarks]


def collect_crops(clips: Sequence[Path]) -> list[Crop]:
    """Return the crops that the landmark model sees while the clips are followed, some of each."""
    crops: list[Crop] = []
    start = LandmarkRequest.start

    def keep(self: Any, picture: Any, region: Region, *, mirrored: bool) -> None:
        start(self, picture, region, mirrored=mirrored)
        crops.append((self._crop.copy()[None], region))

    estimator, kept = BlazePose("full"), []
    for clip in clips:
        with open_video(clip) as reader:
            survey = estimator.survey(reader.sample(4))
            crops.clear()
            LandmarkRequest.start = keep  # type: ignore[method-assign]
            try:
                for _ in estimator.track(reader.frames(), survey, facing="right"):
                    pass
            finally:
                LandmarkRequest.start = start  # type: ignore[method-assign]
        kept += crops[EVERY // 2 :: EVERY]
    return kept[:: max(1, len(kept) // MOST)]


def build(name: str) -> Any:
    """Return the landmark model as it is compiled, before it is."""
    found: list[Any] = []
    core = runtime.load_openvino().Core

    class Catcher:
        def read_model(self, path: Path) -> Any:
            return core().read_model(path)

        def compile_model(self, model: Any, *_: Any) -> None:
            found.append(model)

    engine = runtime.load_openvino()
    kept, engine.Core = engine.Core, Catcher
    try:
        runtime.compile_landmarks(find_model(name), streams=1, threads=1)
    finally:
        engine.Core = kept
    return found[0]


def compile_at(model: Any, precision: str) -> Any:
    """Compile for one thread at a precision."""
    settings = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
    return runtime.load_openvino().Core().compile_model(model, "CPU", settings)


def convolutions(model: Any) -> list[Any]:
    """Return the convolutions in order of work."""
    return [n for n in model.get_ordered_ops() if n.get_type_name() in ("Convolution", "GroupConvolution")]


def heads(model: Any) -> list[Any]:
    """Return the last convolution before each output, the mask's at full size."""
    sides = [1, 64, 256]
    return [
        n
        for n in convolutions(model)
        if (shape := list(n.output(0).get_partial_shape().to_shape()))[2] in sides
        and (shape[2] == 1 or (shape[1] in (39, runtime.WIDE_CHANNELS) and n.get_type_name() == "Convolution"))
    ]


def is_constant(node: Any) -> bool:
    """Whether a node is weights, converted or not."""
    kind = node.get_type_name()
    if kind in ("Convert", "Reshape", "Transpose", "Unsqueeze"):
        return is_constant(node.input(0).get_source_output().get_node())
    return bool(kind == "Constant")


def cut(model: Any, first_of_second: Sequence[Any]) -> tuple[Any, Any]:
    """Split a model in two: these nodes and all that follows from them are the second."""
    from openvino import Model
    from openvino import opset13 as ops

    order, names = model.get_ordered_ops(), {node.get_friendly_name() for node in first_of_second}
    second: set[str] = set()
    for node in order:
        before = {i.get_source_output().get_node().get_friendly_name() for i in node.inputs()}
        if node.get_friendly_name() in names or before & second:
            second.add(node.get_friendly_name())
    cuts: dict[str, tuple[Any, Any]] = {}
    for node in order:
        if node.get_friendly_name() not in second:
            continue
        for entry in node.inputs():
            source = entry.get_source_output()
            name = source.get_node().get_friendly_name()
            if name in second or name.startswith("cut_") or is_constant(source.get_node()):
                continue
            if name not in cuts:
                given = ops.parameter(source.get_partial_shape(), source.get_element_type(), name=f"cut_{name}")
                cuts[name] = (source, given)
            entry.replace_source_output(cuts[name][1].output(0))
    former = Model([ops.result(source) for source, _ in cuts.values()], model.get_parameters(), "first")
    return former, Model(model.get_results(), [given for _, given in cuts.values()], "second")


def one_model(compiled: Any) -> Callable[[Crop], Landmarks]:
    """Return what reads a crop with one compiled model."""
    request = compiled.create_infer_request()

    def read(crop: Crop) -> Landmarks:
        request.infer([crop[0]], share_inputs=True)
        return landmarks._decode([request.get_output_tensor(n).data[0] for n in range(5)], crop[1])

    return read


def two_models(former: Any, latter: Any) -> Callable[[Crop], Landmarks]:
    """Return what reads a crop with two compiled models, the second on the first one's outputs."""
    first, second = former.create_infer_request(), latter.create_infer_request()
    for number in range(len(former.outputs)):
        second.set_input_tensor(number, first.get_output_tensor(number))

    def read(crop: Crop) -> Landmarks:
        first.infer([crop[0]], share_inputs=True)
        second.infer()
        return landmarks._decode([second.get_output_tensor(n).data[0] for n in range(5)], crop[1])

    return read


def unwidened(name: str) -> Any:
    """Return the model without the widened convolution."""
    widen = runtime._widen_last_convolution
    runtime._widen_last_convolution = lambda _: None
    try:
        return build(name)
    finally:
        runtime._widen_last_convolution = widen


def variants(name: str) -> dict[str, Callable[[Crop], Landmarks]]:
    """Return the ways to compute, the shipped one first."""

    def split(second: Callable[[Any], list[Any]], former: str, latter: str) -> Callable[[Crop], Landmarks]:
        model = build(name)
        first, last = cut(model, second(model))
        return two_models(compile_at(first, former), compile_at(last, latter))

    def rest(model: Any) -> list[Any]:
        found = convolutions(model)
        return found[len(found) * 3 // 10 :]

    return {
        "f32, as shipped": one_model(compile_at(build(name), "f32")),
        "f32, not widened": one_model(compile_at(unwidened(name), "f32")),
        "bf16": one_model(compile_at(build(name), "bf16")),
        "bf16, last layers f32": split(heads, "bf16", "f32"),
        "first 30 % f32, bf16": split(rest, "f32", "bf16"),
    }


def lean_deg(found: Landmarks) -> float:
    """Return the lean of the line from hip to shoulder."""
    hip, shoulder = found.keypoints_px[[23, 24]].mean(axis=0), found.keypoints_px[[11, 12]].mean(axis=0)
    return float(np.degrees(np.arctan2(shoulder[0] - hip[0], hip[1] - shoulder[1])))


def compare(name: str, answer: Answer, reference: Answer, cost_ms: float) -> str:
    """Return one line."""
    pairs = [(a, b) for a, b in zip(answer, reference, strict=True) if b.presence > 0.5]
    moved = [np.hypot(*(a.keypoints_px - b.keypoints_px)[POINTS].T) * 256 / b.region.size_px for a, b in pairs]
    mask = [np.abs(a.mask.values.astype(int) - b.mask.values).mean() for a, b in pairs]
    lean = [abs(lean_deg(a) - lean_deg(b)) for a, b in pairs]
    return (
        f"{name:24} {cost_ms:8.2f} {np.median(moved):8.3f} {np.percentile(moved, 95):8.3f} {np.mean(mask):8.3f}"
        f" {np.median(lean):8.3f} {np.percentile(lean, 95):8.3f}"
    )


def measure(name: str, crops: Sequence[Crop]) -> None:
    """Print the table of one model."""
    print(f"\n{name}, {len(crops)} crops, one thread")
    print(f"{'':24} {'core-ms':>8} {'points':>8} {'p95':>8} {'mask':>8} {'lean °':>8} {'p95':>8}")
    ways, least, answers = variants(name), {}, {}
    for _ in range(ROUNDS):
        for way, read in ways.items():
            start = time.process_time()
            answers[way] = [read(crop) for crop in crops]
            cost_ms = 1000 * (time.process_time() - start) / len(crops)
            least[way] = min(cost_ms, least.get(way, np.inf))
    reference = answers["f32, as shipped"]
    for way, answer in answers.items():
        print(compare(way, answer, reference, least[way]), flush=True)


def main() -> int:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--model", nargs="+", choices=["lite", "full", "heavy"], default=["full", "heavy"])
    options = parser.parse_args()
    crops = collect_crops(options.clips or OWN_CLIPS)
    for name in options.model:
        measure(name, crops)
    return 0


if __name__ == "__main__":
    sys.exit(main())
