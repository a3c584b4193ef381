// The dorsal profile: how far the back stands off the line from hip to shoulder, and belly and thigh off theirs.
// The exact twin of hiphinge/spine/profile.py, where the specification stands; both are held to
// tests/data/profile_vectors.json. Points are flat arrays: x0, y0, x1, y1, ...

/** Evenly spaced numbers, as numpy's linspace gives them. */
function spaced(first, last, count) {
  const step = (last - first) / (count - 1);
  const numbers = Float64Array.from({ length: count }, (_, i) => i * step + first);
  numbers[count - 1] = last;
  return numbers;
}

/** Where the rays leave the hip-shoulder axis; 0 = hip centre, 1 = shoulder centre. */
export const STATIONS = spaced(-0.35, 1.15, 61);
export const VENTRAL_STATIONS = STATIONS.filter((_, i) => i % 2 === 0);
export const THIGH_STATIONS = spaced(0.0, 1.2, 13);
export const DEPTHS = spaced(0.0, 0.8, 65);
const SEAT_STATIONS = spaced(0.0, 1.0, 10);
const DEPTH_STEP = DEPTHS[1] - DEPTHS[0];
const SEARCH_RATIO = 0.3;
const N_SEARCHED = DEPTHS.filter((depth) => depth <= SEARCH_RATIO).length;
const ARM_RADIUS_RATIO = 0.1;
const HAND_RADIUS_RATIO = 0.14;
const SEAT_BELOW_RATIO = 0.2;
const SEAT_ABOVE_RATIO = 0.25;
const PICTURE_MARGIN_PX = 2.0;
const MASK_MARGIN_PX = 1.5;
const MIN_TRUNK_PX = 8.0;
const EXTENT_STRIDE_PX = 4;
const MIN_EXTENT_POINTS = 8;
/** Points that hide the back when it is near them: from, to, how near in trunk lengths. */
const ARMS = [
  [13, 15, ARM_RADIUS_RATIO],
  [14, 16, ARM_RADIUS_RATIO],
  [15, 19, HAND_RADIUS_RATIO],
  [16, 20, HAND_RADIUS_RATIO],
];

const nans = (count) => new Float64Array(count).fill(NaN);

/** The profile of a frame in which nothing was seen. */
export function unseenProfile() {
  return {
    dorsal: nans(STATIONS.length),
    hidden: new Uint8Array(STATIONS.length),
    ventral: nans(VENTRAL_STATIONS.length),
    thigh_back: nans(THIGH_STATIONS.length),
    thigh_front: nans(THIGH_STATIONS.length),
    seat: [NaN, NaN],
    edge_softness_px: NaN,
    body_top_px: NaN,
    body_bottom_px: NaN,
    clipped: NaN,
  };
}

/**
 * Read the outline of one frame.
 * @param {ArrayLike<number>} keypoints 33 points, canonical image pixels; NaN where no person was found
 * @param {?Uint8Array} mask the person mask row by row, 255 = certainly the person; null gives an unseen row
 * @param {{width: number, height: number, cropToImage: number[][], maskWidth: number, maskHeight: number}} where
 *   size of the picture, size of the mask, and the 2 x 3 affine from mask to picture
 * @returns {Object} the fields of a frame that tell of the outline; NaN wherever it could not be read
 */
export function computeProfile(keypoints, mask, where) {
  const hip = middle(keypoints, 23, 24);
  const shoulder = middle(keypoints, 11, 12);
  const trunk = [shoulder[0] - hip[0], shoulder[1] - hip[1]];
  const length = Math.hypot(trunk[0], trunk[1]);
  if (mask === null || !(length >= MIN_TRUNK_PX) || !Number.isFinite(length)) return unseenProfile();
  const reader = new MaskReader(mask, where, length);
  const knee = middle(keypoints, 25, 26);
  const thigh = [hip[0] - knee[0], hip[1] - knee[1]];
  const back = reader.read(hip, trunk, STATIONS, 1);
  const belly = reader.read(hip, trunk, VENTRAL_STATIONS, -1);
  const thighBack = reader.read(knee, thigh, THIGH_STATIONS, 1);
  const thighFront = reader.read(knee, thigh, THIGH_STATIONS, -1);
  // The seat is sought straight backwards, whatever the trunk's lean.
  const lowest = [hip[0] + 0, hip[1] + SEAT_BELOW_RATIO * length];
  const upwards = [0, -(SEAT_BELOW_RATIO + SEAT_ABOVE_RATIO) * length];
  const seat = reader.read(lowest, upwards, SEAT_STATIONS, 1);
  const extent = readExtent(mask, where);
  return {
    dorsal: back.edge,
    hidden: markHidden(back, trunk, length, keypoints, where),
    ventral: belly.edge,
    thigh_back: thighBack.edge,
    thigh_front: thighFront.edge,
    seat: rearmost(seat, length),
    edge_softness_px: softness(back.drop, length),
    ...extent,
  };
}

/** The back's outline as points to draw, canonical image pixels; NaN where it is hidden or was not found. */
export function backCurve(keypoints, profile) {
  const hip = middle(keypoints, 23, 24);
  const shoulder = middle(keypoints, 11, 12);
  const trunk = [shoulder[0] - hip[0], shoulder[1] - hip[1]];
  const points = new Float32Array(2 * STATIONS.length);
  STATIONS.forEach((station, i) => {
    const off = profile.hidden[i] ? NaN : profile.dorsal[i];
    points[2 * i] = hip[0] + station * trunk[0] + off * trunk[1];
    points[2 * i + 1] = hip[1] + station * trunk[1] - off * trunk[0];
  });
  return points;
}

function middle(keypoints, a, b) {
  return [(keypoints[2 * a] + keypoints[2 * b]) / 2, (keypoints[2 * a + 1] + keypoints[2 * b + 1]) / 2];
}

/** Reads a mask along rays that leave an axis at right angles. */
class MaskReader {
  constructor(mask, { cropToImage, maskWidth, maskHeight }, length) {
    this.mask = mask;
    this.width = maskWidth;
    this.height = maskHeight;
    this.length = length;
    this.shift = [cropToImage[0][2], cropToImage[1][2]];
    const [[a, b], [c, d]] = cropToImage;
    const det = a * d - b * c;
    this.inverse = [d / det, -b / det, -c / det, a / det];
    this.values = new Float64Array(DEPTHS.length);
  }

  /** Rays from origin + t axis to the back (1) or the front (-1): starts, edges, drops, where they are in the mask. */
  read(origin, axis, stations, side) {
    const norm = Math.max(Math.hypot(axis[0], axis[1]), 1e-9);
    const direction = [side * (axis[1] / norm), side * -(axis[0] / norm)];
    const step = this.turn(direction[0] * this.length, direction[1] * this.length);
    const rays = {
      starts: new Float64Array(2 * stations.length), // picture
      firsts: new Float64Array(2 * stations.length), // mask
      step,
      edge: nans(stations.length),
      drop: nans(stations.length),
    };
    stations.forEach((station, i) => {
      const start = [origin[0] + station * axis[0], origin[1] + station * axis[1]];
      const first = this.turn(start[0] - this.shift[0], start[1] - this.shift[1]);
      rays.starts.set(start, 2 * i);
      rays.firsts.set(first, 2 * i);
      for (let k = 0; k < DEPTHS.length; k += 1) {
        this.values[k] = this.at(first[0] + DEPTHS[k] * step[0], first[1] + DEPTHS[k] * step[1]);
      }
      findEdge(this.values, rays, i);
    });
    return rays;
  }

  turn(x, y) {
    const [a, b, c, d] = this.inverse;
    return [x * a + y * b, x * c + y * d];
  }

  /** The mask at a continuous point (first pixel centre = 0.5), 0..1; 0 outside. */
  at(pointX, pointY) {
    const { mask, width, height } = this;
    let x = pointX - 0.5;
    let y = pointY - 0.5;
    if (!(x >= -0.5 && y >= -0.5 && x <= width - 0.5 && y <= height - 0.5)) return 0;
    x = Math.min(Math.max(x, 0), width - 1.001);
    y = Math.min(Math.max(y, 0), height - 1.001);
    const x0 = Math.trunc(x);
    const y0 = Math.trunc(y);
    const fx = x - x0;
    const fy = y - y0;
    const base = y0 * width + x0;
    const top = mask[base] * (1 - fx) + mask[base + 1] * fx;
    const bottom = mask[base + width] * (1 - fx) + mask[base + width + 1] * fx;
    return (top * (1 - fy) + bottom * fy) / 255;
  }
}

/** The first inside-to-outside crossing of a ray, in trunk lengths, and the drop of the mask there. */
function findEdge(values, rays, i) {
  let entry = 0;
  while (entry < N_SEARCHED && !(values[entry] >= 0.5)) entry += 1;
  if (entry === N_SEARCHED) return;
  let exit = entry + 1;
  while (exit < values.length && values[exit] >= 0.5) exit += 1;
  if (exit === values.length) return;
  const high = values[exit - 1];
  const low = values[exit];
  rays.drop[i] = high - low;
  rays.edge[i] = DEPTHS[exit - 1] + ((high - 0.5) / (high - low > 0 ? high - low : 1)) * DEPTH_STEP;
}

/** Mark the edges of the back that may be an arm's, or that lie on the border of the picture or the mask. */
function markHidden(back, trunk, length, keypoints, { width, height, maskWidth, maskHeight }) {
  return Uint8Array.from(back.edge, (edge, i) => {
    if (!Number.isFinite(edge)) return 0;
    const x = back.starts[2 * i] + (edge * length * trunk[1]) / length;
    const y = back.starts[2 * i + 1] + (edge * length * -trunk[0]) / length;
    if (ARMS.some(([a, b, radius]) => distanceToSegment(x, y, keypoints, a, b) < radius * length)) return 1;
    if (x < PICTURE_MARGIN_PX || x > width - PICTURE_MARGIN_PX) return 1;
    if (y < PICTURE_MARGIN_PX || y > height - PICTURE_MARGIN_PX) return 1;
    const depth = DEPTHS[Math.trunc(Math.min(Math.max(edge / DEPTH_STEP, 0), DEPTHS.length - 1))];
    const maskX = back.firsts[2 * i] + depth * back.step[0];
    const maskY = back.firsts[2 * i + 1] + depth * back.step[1];
    if (maskX < MASK_MARGIN_PX || maskX > maskWidth - MASK_MARGIN_PX) return 1;
    return maskY < MASK_MARGIN_PX || maskY > maskHeight - MASK_MARGIN_PX ? 1 : 0;
  });
}

function distanceToSegment(x, y, keypoints, a, b) {
  const alongX = keypoints[2 * b] - keypoints[2 * a];
  const alongY = keypoints[2 * b + 1] - keypoints[2 * a + 1];
  const offX = x - keypoints[2 * a];
  const offY = y - keypoints[2 * a + 1];
  const squared = alongX * alongX + alongY * alongY;
  const t = squared > 0 ? Math.min(Math.max((offX * alongX + offY * alongY) / squared, 0), 1) : 0;
  return Math.hypot(offX - t * alongX, offY - t * alongY);
}

/** The rearmost edge at hip height; NaN when no ray found one. */
function rearmost({ starts, edge }, length) {
  let best = -1;
  edge.forEach((value, i) => {
    if (Number.isFinite(value) && (best < 0 || value > edge[best])) best = i;
  });
  return best < 0 ? [NaN, NaN] : [starts[2 * best] - edge[best] * length, starts[2 * best + 1]];
}

/** Width over which the mask falls from 1 to 0 at the back, image pixels. */
function softness(drop, length) {
  const seen = drop.filter((value) => value > 0).sort();
  if (seen.length === 0) return NaN;
  const half = seen.length >> 1;
  const median = seen.length % 2 ? seen[half] : (seen[half - 1] + seen[half]) / 2;
  return (DEPTH_STEP * length) / median;
}

/** Top and bottom of the body in the picture, and how much of it lies on the picture's border ÷ its height. */
function readExtent(mask, { width, height, cropToImage, maskWidth, maskHeight }) {
  const [[a, b, shiftX], [c, d, shiftY]] = cropToImage;
  const spacing = EXTENT_STRIDE_PX * Math.sqrt(Math.abs(a * d - b * c));
  let count = 0;
  let onBorder = 0;
  let top = Infinity;
  let bottom = -Infinity;
  for (let row = EXTENT_STRIDE_PX / 2; row < maskHeight; row += EXTENT_STRIDE_PX) {
    for (let column = EXTENT_STRIDE_PX / 2; column < maskWidth; column += EXTENT_STRIDE_PX) {
      if (mask[row * maskWidth + column] <= 127) continue;
      const x = (column + 0.5) * a + (row + 0.5) * b + shiftX;
      const y = (column + 0.5) * c + (row + 0.5) * d + shiftY;
      count += 1;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      if (x < spacing || y < spacing || x > width - spacing || y > height - spacing) onBorder += 1;
    }
  }
  if (count < MIN_EXTENT_POINTS) return { body_top_px: NaN, body_bottom_px: NaN, clipped: NaN };
  return {
    body_top_px: top,
    body_bottom_px: bottom,
    clipped: (onBorder * spacing) / Math.max(bottom - top, spacing),
  };
}
