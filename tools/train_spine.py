"""Train the spine model on rendered people and measure its intervals on others.

    python tools/train_spine.py --train DIR [DIR ...] --intervals DIR [DIR ...] [--members 4] [--keep] [--write] [--compare]

The folders hold stills from ``hiphinge.synth.dataset.render_people`` (``tools/make_people.py``); no person may be in
two. Every picture goes through the product's own decoder, pose model and outline (kept beside the pictures, so that a
second run starts at once). Needs torch (``pip install 'hiphinge[synth]'``); the product itself runs the result with
numpy. ``--write`` replaces ``src/hiphinge/spine/spine_model.npz``: half-precision weights, with which the
intervals are measured, so that what ships is what was calibrated.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.spine.estimator import SpineInput
from hiphinge.spine.features import GROUPS, compute_view_yaw_deg, extract_features, reference_row
from hiphinge.spine.network import OUTPUTS, Network, parse_network, tell_narrow
from hiphinge.spine.outline import MAX_HIDDEN_SHARE, hidden_share
from hiphinge.validation.observe import Observed, load_observed

TARGET = Path(__file__).resolve().parents[1] / "src" / "hiphinge" / "spine" / "spine_model.npz"
NAME = "profile-1"
HIDDEN_UNITS = (384, 192)
#: Upper edges of the bands of estimated yaw, within which quantiles are measured.
YAW_BANDS_DEG = (10.0, 20.0, 90.0)
#: Of fewer people than this no 90 % quantile exists that a new person would keep.
MIN_PEOPLE = 9
#: Intervals are meant to cover this share of new people's frames.
LEVEL = 0.90
#: How often a part of the features is hidden in training, so that the model can do without.
HIDE_CHANCE = {("shank", "place"): 0.10, ("neck",): 0.08, ("thigh",): 0.04, ("belly",): 0.06}
#: Share of pictures that are shown again with a stretch of the back hidden, and how long it is, in stations.
HIDDEN_AGAIN, HIDDEN_STATIONS = 0.35, (4, 30)
#: Angles that count from the person's own stand.
FROM_STAND = ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion", "knee_flexion")
#: A picture whose leans are further off than this was read from somebody else, or from nobody.
MAX_MISREAD_DEG = 30.0
EPOCHS, BATCH, PEAK_RATE, WEIGHT_DECAY, DROPOUT = 60, 128, 3e-3, 1e-2, 0.15
#: Directions of the features in which strangeness is measured.
N_AXES = 40


@dataclass
class Table:
    """Features and truth of many pictures; ``reference`` is NaN where the person's still stand shows no back."""

    features: np.ndarray
    reference: np.ndarray
    truth: np.ndarray
    person: np.ndarray
    yaw_deg: np.ndarray
    bent: np.ndarray

    def start(self, network: Network, *, still: bool) -> np.ndarray:
        """What the bare points say, see ``Network.start_deg``."""
        if not still:
            return network.start_deg(self.features, None)
        return np.concatenate(
            [network.start_deg(self.features[k : k + 1], self.reference[k]) for k in range(len(self.features))]
        )


def tabulate(people: Sequence[Observed], *, still: bool, training: bool) -> Table:
    """Collect pictures, with their still stands or without.

    For training, pictures that were read from the wrong person are left out, and some are shown a second time with a
    stretch of the back hidden. Neither is done to the pictures that intervals are measured on: the product cannot.
    """
    rng = np.random.default_rng(0)
    parts: list[tuple[np.ndarray, ...]] = []
    for number, one in enumerate(people):
        seen = one.spine_input(still=still)
        features = extract_features(seen)
        reference = reference_row(features, one.standing(still=True).rows)
        truth = stand_truth(one, still=still)
        good = np.isfinite(features[:, : GROUPS["back"]]).all(axis=1) & (hidden_share(seen.profile) <= MAX_HIDDEN_SHARE)
        if training:
            good &= ~_is_misread(one)
        rows = [(features, good)]
        if training:
            again = good & (rng.random(len(good)) < HIDDEN_AGAIN)
            rows.append((extract_features(_hide_back(seen, rng)), again))
        yaw_deg = compute_view_yaw_deg(seen)
        bent = np.array([row["kind"] == "bent" for row in one.truth])
        row = np.full(features.shape[1], np.nan) if reference is None else reference
        for found, use in rows:
            use = use & np.isfinite(found[:, : GROUPS["back"]]).all(axis=1)
            n = int(use.sum())
            parts.append(
                (found[use], np.tile(row, (n, 1)), truth[use], np.full(n, number), np.full(n, yaw_deg), bent[use])
            )
    return Table(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def stand_truth(one: Observed, *, still: bool) -> np.ndarray:
    """True angles, ``(n, len(OUTPUTS))``; with a still stand counted from the stands that were pictured, sway and all."""
    truth = np.array([[row[name] for name in OUTPUTS] for row in one.truth])
    rows = np.array([row["kind"] == "still" for row in one.truth])
    if still and rows.any():
        counted = [OUTPUTS.index(name) for name in FROM_STAND]
        truth[:, counted] -= np.median(truth[rows][:, counted], axis=0)
    return truth


def _is_misread(one: Observed) -> np.ndarray:
    """Mark pictures whose leans are those of somebody or something else."""
    found = (one.segments.trunk_lean_deg, one.segments.thigh_lean_deg)
    off = [
        np.abs(lean - np.array([row[name] for row in one.truth]))
        for lean, name in zip(found, ("trunk_lean", "thigh_lean"), strict=True)
    ]
    return ~(np.maximum(*off) < MAX_MISREAD_DEG)


def _hide_back(seen: SpineInput, rng: np.random.Generator) -> SpineInput:
    """Hide a stretch of the back in every picture, as an arm or a hand would."""
    hidden = seen.profile.hidden.copy()
    for row in hidden:
        length = int(rng.integers(*HIDDEN_STATIONS))
        start = int(rng.integers(0, len(row) - length))
        row[start : start + length] = True
    return replace(seen, profile=replace(seen.profile, hidden=hidden))


def train_members(x: np.ndarray, y: np.ndarray, *, still: bool, members: int) -> list[list[np.ndarray]]:
    """Fit the networks; returns each one's weights and offsets, layer after layer."""
    import torch

    torch.set_num_threads(1)
    inputs, targets = (torch.as_tensor(v, dtype=torch.float32) for v in (x, y))
    places = _places(still=still)
    fitted = []
    for number in range(members):
        torch.manual_seed(number)
        layers: list[Any] = []
        width = x.shape[1]
        for units in HIDDEN_UNITS:
            layers += [torch.nn.Linear(width, units), torch.nn.SiLU(), torch.nn.Dropout(DROPOUT)]
            width = units
        net = torch.nn.Sequential(*layers, torch.nn.Linear(width, 2 * len(OUTPUTS)))
        steps = EPOCHS * (len(x) // BATCH)
        optimiser = torch.optim.AdamW(net.parameters(), PEAK_RATE / 3, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps)
        net.train()
        for _ in range(EPOCHS):
            order = torch.randperm(len(x))
            for k in range(len(x) // BATCH):
                rows = order[k * BATCH : (k + 1) * BATCH]
                batch = inputs[rows].clone()
                for names, chance in HIDE_CHANCE.items():
                    lost = torch.rand(BATCH) < chance
                    for place in (place for name in names for place in places[name]):
                        batch[lost, place] = 0.0
                loss = _laplace_loss(net(batch), targets[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
        linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
        fitted.append([v.detach().numpy() for one in linear for v in (one.weight.T, one.bias)])
        print(f"member {number}: {float(loss.detach()):.3f}", flush=True)
    return fitted


def _places(*, still: bool) -> dict[str, list[slice]]:
    """Where each group lies in the input: once, or as change and as value."""
    found: dict[str, list[slice]] = {}
    start, total = 0, sum(GROUPS.values())
    for name, length in GROUPS.items():
        found[name] = [slice(start + k * total, start + k * total + length) for k in range(2 if still else 1)]
        start += length
    return found


def _laplace_loss(out: Any, target: Any) -> Any:
    """Negative log-likelihood of a Laplace error, whose best value is the median: the mean absolute error decides."""
    import torch

    k = target.shape[1]
    scale = torch.nn.functional.softplus(out[:, k:]) + 0.02
    return ((out[:, :k] - target).abs() / scale + scale.log()).mean()


def fit_kind(table: Table, *, still: bool, members: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Train one kind; returns its arrays and its numbers, quantiles still 1."""
    use = np.isfinite(table.reference[:, 0]) if still else np.ones(len(table.features), dtype=bool)
    features, reference = table.features[use], table.reference[use]
    x = np.column_stack([features - reference, features]) if still else features
    zero = _mean_stand(table)
    blank = _blank_network(zero)
    one = Table(features, reference, table.truth[use], table.person[use], table.yaw_deg[use], table.bent[use])
    y = one.truth - one.start(blank, still=still)
    told = np.isfinite(y).all(axis=1)
    x, y = x[told], y[told]
    arrays = {
        "mean": np.nanmean(x, axis=0), "spread": np.nanstd(x, axis=0) + 1e-3,
        "target_mean": y.mean(axis=0), "target_spread": y.std(axis=0), "zero_deg": zero,
    }  # fmt: skip
    z = np.clip(np.nan_to_num((x - arrays["mean"]) / arrays["spread"]), -6.0, 6.0)
    weights = train_members(z, (y - arrays["target_mean"]) / arrays["target_spread"], still=still, members=members)
    for number, member in enumerate(weights):
        for k in range(len(member) // 2):
            arrays[f"{number}.w{k}"] = member[2 * k].astype(np.float16)
            arrays[f"{number}.b{k}"] = member[2 * k + 1].astype(np.float16)
    values, vectors = np.linalg.eigh(np.cov(z.T))
    arrays["axes"] = vectors[:, -N_AXES:].astype(np.float16)
    arrays["stretch"] = np.sqrt(values[-N_AXES:])
    measure = replace(blank, axes=arrays["axes"].astype(np.float32), stretch=arrays["stretch"].astype(np.float32))
    numbers = {
        "usual_distance": [float(np.percentile(d, 99)) for d in measure.distances(z.astype(np.float32))],
        "yaw_bands_deg": list(YAW_BANDS_DEG),
        "quantile": _blank_quantiles(),
    }
    return arrays, numbers


def _blank_network(zero_deg: np.ndarray) -> Network:
    """Build a network without members: for what the bare points say, and for distances once it is given axes."""
    one, none = np.ones(1), np.zeros(1)
    axes = np.zeros((1, 1), np.float32)
    return Network(none, one, none, one, zero_deg, axes, one.astype(np.float32), (1.0, 1.0), (), (), {})


def _blank_quantiles() -> dict[str, list[float]]:
    """Quantiles of 1, with which half-widths are the scales that the intervals are measured in."""
    return {name: [1.0] * len(YAW_BANDS_DEG) for name in OUTPUTS}


def _mean_stand(table: Table) -> np.ndarray:
    """Mean standing lean of trunk and thigh and knee angle, over people."""
    names = list(GROUPS)
    start = {name: sum(list(GROUPS.values())[: names.index(name)]) for name in names}
    trunk, thigh, shank = start["trunk"], start["trunk"] + 1, start["shank"]
    own = np.array([table.reference[table.person == k][0] for k in np.unique(table.person)])
    return np.array([np.nanmean(own[:, trunk]), np.nanmean(own[:, thigh]), np.nanmean(own[:, shank] - own[:, thigh])])


def pack(parts: dict[str, tuple[dict[str, np.ndarray], dict[str, Any]]], members: int, about: dict[str, Any]) -> bytes:
    """Write the model file into memory."""
    meta = {
        "name": NAME, "features": [list(item) for item in GROUPS.items()], "members": members,
        "layers": len(HIDDEN_UNITS) + 1, **about, **{kind: numbers for kind, (_, numbers) in parts.items()},
    }  # fmt: skip
    arrays = {f"{kind}.{name}": value for kind, (held, _) in parts.items() for name, value in held.items()}
    arrays = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in arrays.items()}
    arrays["meta"] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(data: bytes, about: dict[str, Any]) -> tuple[dict[str, tuple[dict[str, np.ndarray], dict[str, Any]]], int]:
    """Read what ``pack`` wrote, and how many members; the model must have been made of the people of ``about``."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files if name != "meta"}
        meta = json.loads(held["meta"].tobytes())
    if meta["truth_sha256"][0] != about["truth_sha256"][0]:
        raise SystemExit("The model that ships was not trained on these people: give the same --train, or train anew.")
    found = {}
    for kind in ("still", "none"):
        own = {name.removeprefix(f"{kind}."): v for name, v in arrays.items() if name.startswith(f"{kind}.")}
        found[kind] = (own, meta[kind] | {"quantile": _blank_quantiles()})
    return found, meta["members"]


def read_table(network: Network, table: Table, *, still: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values and half-widths of every picture; NaN where it is too strange to tell anything, however wide."""
    values, halves = (np.full((len(table.features), len(OUTPUTS)), np.nan) for _ in range(2))
    for number in np.unique(table.person):
        rows = np.flatnonzero(table.person == number)
        reference = table.reference[rows[0]] if still else None
        if reference is not None and not np.isfinite(reference[0]):
            continue
        reading = network.read(table.features[rows], reference)
        told = network.is_told(reading, table.features[rows])[:, None]
        values[rows] = np.where(told, reading.value_deg, np.nan)
        halves[rows] = network.half_width_deg(reading, yaw_deg=float(table.yaw_deg[rows[0]]))
    return values, halves


def measure_quantiles(network: Network, table: Table, *, still: bool) -> dict[str, list[float]]:
    """Split-conformal quantile of error ÷ scale, for each output and band of yaw; a worse view is never narrower."""
    values, halves = read_table(network, table, still=still)
    band = np.array([network.band(yaw) for yaw in table.yaw_deg])
    found: dict[str, list[float]] = {}
    for k, name in enumerate(OUTPUTS):
        score = np.abs(values[:, k] - table.truth[:, k]) / halves[:, k]
        use = table.bent & np.isfinite(score)
        quantiles = []
        for number in range(len(network.yaw_bands_deg)):
            rows = use & (band == number)
            quantiles.append(conformal(score[rows], table.person[rows]))
        found[name] = np.round(np.maximum.accumulate(quantiles), 3).tolist()
    return found


def conformal(score: np.ndarray, person: np.ndarray) -> float:
    """Split-conformal quantile at ``LEVEL``, in which every person counts the same, however many pictures they gave.

    Pictures of one person err alike, so a new person is covered as often as stated only if people are counted: the
    new one, of whom nothing is known, is added as one more whose scores are all beyond.

    Raises
    ------
    ValueError
        There are too few people for one.
    """
    _, number, count = np.unique(person, return_inverse=True, return_counts=True)
    if len(count) < MIN_PEOPLE:
        raise ValueError(
            f"{len(count)} people give no quantile; at least {MIN_PEOPLE} are needed in every band of yaw."
        )
    order = np.argsort(score)
    reached = np.cumsum(1.0 / count[number][order]) / (len(count) + 1)
    return float(score[order][min(len(score) - 1, int(np.searchsorted(reached, LEVEL - 1e-9)))])


def report(title: str, network: Network, table: Table, *, still: bool) -> None:
    """Print mean absolute error, 95th percentile and coverage of every output over bent pictures."""
    values, halves = read_table(network, table, still=still)
    values = tell_narrow(values, halves)
    lean = table.bent & (table.truth[:, OUTPUTS.index("trunk_lean")] > 20)
    for label, rows in (("all", lean), ("yaw <= 20", lean & (np.abs(table.yaw_deg) <= 20))):
        error = np.abs(values - table.truth)[rows]
        print(f"{title}, {label}: n {rows.sum()}")
        for k, name in enumerate(OUTPUTS):
            told = np.isfinite(error[:, k])
            e, cover = error[told, k], 100 * (error[told, k] <= halves[rows][told, k]).mean()
            found = f"{e.mean():5.2f}  p95 {np.percentile(e, 95):5.1f}  covers {cover:.0f} %"
            print(f"  {name:18s} {found}  told {100 * told.mean():.0f} %")


def load_people(folders: Sequence[Path]) -> list[Observed]:
    """Load everyone of some folders; a folder with nobody in it ends the program."""
    people = []
    for folder in folders:
        found = load_observed(folder)
        if not found:
            raise SystemExit(f"Nobody is in {str(folder)!r}: give a folder made by tools/make_people.py.")
        people += found
    return people


def hash_truth(people: Sequence[Observed]) -> str:
    """Hash of all truth rows, so that the data of a model can be recognised."""
    digest = hashlib.sha256()
    for one in people:
        digest.update(json.dumps(one.truth, sort_keys=True).encode())
    return digest.hexdigest()


def compare(train: Table, others: Table, members: int) -> None:
    """Print what simpler models and models with fewer features would do, with a still stand, on the intervals people."""
    blank = _blank_network(np.zeros(3))
    sets = []
    for table in (train, others):
        use = np.isfinite(table.reference[:, 0])
        x = np.column_stack([table.features - table.reference, table.features])[use]
        kept = Table(*(getattr(table, f.name)[use] for f in fields(Table)))
        start = kept.start(blank, still=True)
        told = np.isfinite(start).all(axis=1)
        sets.append((x[told], start[told], kept.truth[told], kept.bent[told]))
    (x, start, truth, _), (x_new, start_new, truth_new, bent) = sets
    mean, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0) + 1e-3
    z, z_new = (np.clip(np.nan_to_num((v - mean) / spread), -6.0, 6.0) for v in (x, x_new))
    y = truth - start
    centre, width = y.mean(axis=0), y.std(axis=0)
    rows = bent & (truth_new[:, OUTPUTS.index("trunk_lean")] > 20)

    def show(label: str, value: np.ndarray) -> None:
        error = np.abs(start_new + value - truth_new)[rows].mean(axis=0)
        print(f"{label:28s}" + "  ".join(f"{n} {e:.2f}" for n, e in zip(OUTPUTS, error, strict=True)), flush=True)

    def networks(inputs: np.ndarray, new: np.ndarray, count: int) -> np.ndarray:
        out = []
        for member in train_members(inputs, (y - centre) / width, still=True, members=count):
            h = new
            for k in range(0, len(member) - 2, 2):
                h = h @ member[k] + member[k + 1]
                h = h / (1.0 + np.exp(-h))
            out.append((h @ member[-2] + member[-1])[:, : len(OUTPUTS)])
        return np.mean(out, axis=0) * width + centre

    show("bare points", np.zeros_like(truth_new))
    gram = z.T @ z + 100.0 * np.eye(z.shape[1])
    show("linear (ridge)", z_new @ np.linalg.solve(gram, z.T @ (y - centre)) + centre)
    show("one network", networks(z, z_new, 1))
    show(f"{members} networks", networks(z, z_new, members))
    places = _places(still=True)
    for names in (("slope",), ("place",), ("belly",), ("thigh",), ("shank", "neck"), ("back", "hidden", "slope")):
        left, left_new = z.copy(), z_new.copy()
        for place in (place for name in names for place in places[name]):
            left[:, place] = left_new[:, place] = 0.0
        show("one, without " + " ".join(names), networks(left, left_new, 1))
    third = np.flatnonzero(np.isin(np.arange(len(z)) * 3 // len(z), (0,)))
    y, z = y[third], z[third]
    show("one, a third of the people", networks(z, z_new, 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--intervals", type=Path, nargs="+", required=True)
    parser.add_argument("--members", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="keep the weights that ship, measure their intervals again")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--compare", action="store_true", help="print what other models would do, and stop")
    options = parser.parse_args(arguments)
    people = [load_people(folders) for folders in (options.train, options.intervals)]
    seeds = [{int(row["seed"]) for one in group for row in one.truth} for group in people]
    if seeds[0] & seeds[1]:
        parser.error(f"{len(seeds[0] & seeds[1])} people are in --train and in --intervals; no one may be in both.")
    kinds = ("still", "none")
    train, others = (
        {kind: tabulate(group, still=kind == "still", training=group is people[0]) for kind in kinds}
        for group in people
    )
    if options.compare:
        compare(train["still"], others["still"], options.members)
        return 0
    about = {
        "people": {"train": len(people[0]), "intervals": len(people[1])},
        "seeds": sorted({seed // 100_000 for group in seeds for seed in group}),
        "pose_model": "full",
        "truth_sha256": [hash_truth(group) for group in people],
    }
    if options.keep:
        parts, options.members = unpack(TARGET.read_bytes(), about)
    else:
        parts = {kind: fit_kind(train[kind], still=kind == "still", members=options.members) for kind in kinds}
    model = parse_network(pack(parts, options.members, about))
    for kind in kinds:
        parts[kind][1]["quantile"] = measure_quantiles(getattr(model, kind), others[kind], still=kind == "still")
    data = pack(parts, options.members, about)
    model = parse_network(data)
    for kind in kinds:
        report(f"{kind} (people of the intervals)", getattr(model, kind), others[kind], still=kind == "still")
    print(model.version, f"{len(data) / 1e6:.2f} MB", about)
    if options.write:
        aside = TARGET.with_suffix(".part")
        aside.write_bytes(data)
        aside.replace(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
