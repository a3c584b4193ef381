// One wire frame (live wire, version 1) read for drawing: what is drawn is what was sent.

import { FIELDS, FLAG_MIRRORED, FLAG_SEEN, FRAME_BYTES } from "../pose/wire.js";

export const N_STATIONS = 61;
const FIRST_STATION = -0.35;
const LAST_STATION = 1.15;
const SIZES = { f8: 8, f4: 4, u2: 2, u1: 1 };
/** Where each field of a frame begins, bytes. */
export const OFFSETS = {};
FIELDS.reduce((at, [name, type, count]) => {
  OFFSETS[name] = at;
  return at + SIZES[type] * count;
}, 0);

const mean = (points, a, b) => [(points[2 * a] + points[2 * b]) / 2, (points[2 * a + 1] + points[2 * b + 1]) / 2];

/** The place of a station on the line from hip (0) to shoulder (1). */
export const stationAt = (index) => FIRST_STATION + ((LAST_STATION - FIRST_STATION) * index) / (N_STATIONS - 1);

/** The points of one frame, canonical pixels (the person faces right); NaN where nothing was seen. */
export function readFrame(bytes) {
  const view = new DataView(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, FRAME_BYTES);
  const floats = (from, count) => Float32Array.from({ length: count }, (_, i) => view.getFloat32(from + 4 * i, true));
  const flags = view.getUint8(OFFSETS.flags);
  const keypoints = floats(OFFSETS.keypoints, 66);
  const dorsal = floats(OFFSETS.dorsal, N_STATIONS);
  const hidden = Uint8Array.from({ length: N_STATIONS }, (_, i) => view.getUint8(OFFSETS.hidden + i));
  return {
    timeS: view.getFloat64(OFFSETS.time_s, true),
    mirrored: (flags & FLAG_MIRRORED) !== 0,
    seen: (flags & FLAG_SEEN) !== 0,
    width: view.getUint16(OFFSETS.width_px, true),
    height: view.getUint16(OFFSETS.height_px, true),
    keypoints,
    visibility: floats(OFFSETS.visibility, 33),
    hip: mean(keypoints, 23, 24),
    shoulder: mean(keypoints, 11, 12),
    back: backCurve(keypoints, dorsal, hidden),
    seat: [view.getFloat32(OFFSETS.seat, true), view.getFloat32(OFFSETS.seat + 4, true)],
    top: view.getFloat32(OFFSETS.body_top_px, true),
    bottom: view.getFloat32(OFFSETS.body_bottom_px, true),
  };
}

/** The outline of the back, one point a station, NaN where it is hidden or was not found. */
export function backCurve(keypoints, dorsal, hidden) {
  const [hx, hy] = mean(keypoints, 23, 24);
  const [sx, sy] = mean(keypoints, 11, 12);
  const points = new Float32Array(2 * N_STATIONS);
  for (let i = 0; i < N_STATIONS; i += 1) {
    const t = stationAt(i);
    const depth = hidden[i] ? NaN : dorsal[i];
    points[2 * i] = hx + t * (sx - hx) + depth * (sy - hy);
    points[2 * i + 1] = hy + t * (sy - hy) - depth * (sx - hx);
  }
  return points;
}

/** Length of the trunk in the picture, pixels. */
export const trunkLength = (frame) => Math.hypot(frame.shoulder[0] - frame.hip[0], frame.shoulder[1] - frame.hip[1]);

/** The middle of both feet (heels and toes that were seen), canonical pixels. */
export function feetOf(frame) {
  let [x, y, n] = [0, 0, 0];
  for (const point of [29, 30, 31, 32]) {
    const [px, py] = [frame.keypoints[2 * point], frame.keypoints[2 * point + 1]];
    if (Number.isFinite(px) && Number.isFinite(py)) {
      [x, y, n] = [x + px, y + py, n + 1];
    }
  }
  return n ? [x / n, y / n] : [NaN, NaN];
}

/** Lean of the trunk, degrees, forward positive; NaN where nobody is seen. */
export const leanOf = ({ hip, shoulder }) => (Math.atan2(shoulder[0] - hip[0], hip[1] - shoulder[1]) * 180) / Math.PI;
