// What the camera does: how bright the picture is, how sharp, and whether the camera moved. The browser's kin of
// hiphinge/video/camera.py: points of the background are followed from the first picture on.

/** Longer side of the grey pictures in which movement is read. */
const THUMB_PX = 160;
const CELL_PX = 16;
const HALF_WINDOW = 4;
const MIN_POINTS = 6;
const MIN_CORNER_SHARE = 0.02;
const MIN_CORNER = 40;
const MAX_SPREAD_PX = 0.75;
const N_STEPS = 12;
const SMALL_STEP_PX = 0.02;
const BOX_MARGIN = 0.06;
const SHARPNESS_EVERY = 5;
const SHARPNESS_SIDE_PX = 512;
const PLAIN_LEVELS = 3;

/** Grey levels of RGBA bytes. */
function toGrey(rgba) {
  const grey = new Float32Array(rgba.length / 4);
  for (let i = 0, k = 0; i < grey.length; i += 1, k += 4) {
    grey[i] = 0.299 * rgba[k] + 0.587 * rgba[k + 1] + 0.114 * rgba[k + 2];
  }
  return grey;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Variance of the Laplacian ÷ variance of the brightness; NaN for a plain picture. */
export function sharpnessOf(rgba, width, height) {
  const grey = toGrey(rgba);
  const level = mean(grey);
  const spread = mean(grey.map((value) => (value - level) ** 2));
  if (width < 8 || height < 8 || spread < PLAIN_LEVELS ** 2) return NaN;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i += 1) {
      const edge = grey[i - 1] + grey[i + 1] + grey[i - width] + grey[i + width] - 4 * grey[i];
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = (width - 2) * (height - 2);
  return (squares / count - (sum / count) ** 2) / spread;
}

/** Watches the camera while the pictures go by. */
export class CameraWatch {
  constructor() {
    this.canvas = new OffscreenCanvas(1, 1);
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
    this.begin();
  }

  /** Forget what was seen: the camera was started again. */
  begin() {
    this.mover = null;
    this.count = 0;
  }

  /**
   * Take in one picture.
   * @param {OffscreenCanvas} picture as the model sees it
   * @param {?number[]} box left, top, right, bottom of the person, pixels
   * @returns {{luma: number, shift_x: number, shift_y: number, sharpness: number}}
   */
  update(picture, box) {
    const scale = THUMB_PX / Math.max(picture.width, picture.height);
    const width = Math.round(picture.width * scale);
    const height = Math.round(picture.height * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.begin();
    }
    this.context.drawImage(picture, 0, 0, width, height);
    const grey = toGrey(this.context.getImageData(0, 0, width, height).data);
    const small = box && widened(box.map((side) => side * scale), width, height);
    this.mover ??= new Mover(grey, width, height, small, [0, 0]);
    const shift = this.mover.follow(grey, small);
    this.mover = this.mover.next;
    const sharpness = box && this.count % SHARPNESS_EVERY === 0 ? readSharpness(picture, box) : NaN;
    this.count += 1;
    return { luma: mean(grey) / 255, shift_x: shift[0] / height, shift_y: shift[1] / height, sharpness };
  }
}

function widened([left, top, right, bottom], width, height) {
  const [x, y] = [BOX_MARGIN * width, BOX_MARGIN * height];
  return [left - x, top - y, right + x, bottom + y];
}

function readSharpness(picture, [left, top, right, bottom]) {
  const half = SHARPNESS_SIDE_PX / 2;
  const [x, y] = [Math.round((left + right) / 2), Math.round((top + bottom) / 2)];
  const x0 = Math.max(Math.round(left), x - half, 0);
  const y0 = Math.max(Math.round(top), y - half, 0);
  const width = Math.min(Math.round(right), x + half, picture.width) - x0;
  const height = Math.min(Math.round(bottom), y + half, picture.height) - y0;
  if (width < 8 || height < 8) return NaN;
  return sharpnessOf(picture.getContext('2d').getImageData(x0, y0, width, height).data, width, height);
}

/** Follows corners of the background from one picture, the anchor, to later ones. */
export class Mover {
  constructor(grey, width, height, box, shift) {
    Object.assign(this, { grey, width, height, base: shift, last: shift, next: this });
    this.points = findCorners(grey, width, height, box);
  }

  /** How far the background has moved since the first picture, thumbnail pixels; NaN where that cannot be read. */
  follow(grey, box) {
    if (this.points.length < MIN_POINTS) return this.again(grey, box);
    const guess = [this.last[0] - this.base[0], this.last[1] - this.base[1]];
    const steps = [];
    for (const point of this.points) {
      const step = this.track(point, grey, guess);
      if (step !== null && !isInside(box, point.x + step[0], point.y + step[1])) steps.push(step);
    }
    if (steps.length < MIN_POINTS) return this.again(grey, box);
    const [xs, ys] = [steps.map((step) => step[0]), steps.map((step) => step[1])];
    const [x, y] = [median(xs), median(ys)];
    const spread = Math.max(median(xs.map((v) => Math.abs(v - x))), median(ys.map((v) => Math.abs(v - y))));
    if (spread > MAX_SPREAD_PX) return [NaN, NaN];
    this.last = [this.base[0] + x, this.base[1] + y];
    if (steps.length < this.points.length / 3) this.again(grey, box);
    return this.last;
  }

  /** Follow from this picture on: too few of the old points are left. */
  again(grey, box) {
    this.next = new Mover(grey, this.width, this.height, box, this.last);
    return [NaN, NaN];
  }

  /** Lucas and Kanade's step for one corner; null where it left the picture. */
  track({ x, y, gx, gy, inverse }, grey, guess) {
    let [dx, dy] = guess;
    const { width, height } = this;
    for (let round = 0; round < N_STEPS; round += 1) {
      const [cx, cy] = [x + dx, y + dy];
      if (!(cx > HALF_WINDOW + 1 && cy > HALF_WINDOW + 1)) return null;
      if (!(cx < width - HALF_WINDOW - 2 && cy < height - HALF_WINDOW - 2)) return null;
      const base = Math.trunc(cy) * width + Math.trunc(cx);
      const [fx, fy] = [cx - Math.trunc(cx), cy - Math.trunc(cy)];
      let bx = 0;
      let by = 0;
      let i = 0;
      for (let v = -HALF_WINDOW; v <= HALF_WINDOW; v += 1) {
        for (let u = -HALF_WINDOW; u <= HALF_WINDOW; u += 1, i += 1) {
          const at = base + v * width + u;
          const top = grey[at] * (1 - fx) + grey[at + 1] * fx;
          const bottom = grey[at + width] * (1 - fx) + grey[at + width + 1] * fx;
          const off = this.grey[(y + v) * width + x + u] - (top * (1 - fy) + bottom * fy);
          bx += off * gx[i];
          by += off * gy[i];
        }
      }
      const stepX = inverse[0] * bx + inverse[1] * by;
      const stepY = inverse[1] * bx + inverse[2] * by;
      dx += stepX;
      dy += stepY;
      if (Math.hypot(stepX, stepY) < SMALL_STEP_PX) break;
    }
    return [dx, dy];
  }
}

function isInside(box, x, y) {
  return box !== null && x >= box[0] && x < box[2] && y >= box[1] && y < box[3];
}

/** The strongest corner of every cell outside the person's box. */
function findCorners(grey, width, height, box) {
  const found = [];
  const edge = HALF_WINDOW + 2;
  for (let top = edge; top + CELL_PX <= height - edge; top += CELL_PX) {
    for (let left = edge; left + CELL_PX <= width - edge; left += CELL_PX) {
      let best = null;
      for (let y = top; y < top + CELL_PX; y += 2) {
        for (let x = left; x < left + CELL_PX; x += 2) {
          if (isInside(box, x, y)) continue;
          const strength = cornerStrength(grey, width, x, y);
          if (strength > MIN_CORNER && (best === null || strength > best.strength)) best = { x, y, strength };
        }
      }
      if (best !== null) found.push(best);
    }
  }
  const strongest = found.reduce((most, point) => Math.max(most, point.strength), 0);
  return found
    .filter((point) => point.strength >= MIN_CORNER_SHARE * strongest)
    .map((point) => ({ ...point, ...gradients(grey, width, point.x, point.y) }))
    .filter((point) => point.inverse.every(Number.isFinite));
}

/** Smaller eigenvalue of the gradients' products around a pixel. */
function cornerStrength(grey, width, x, y) {
  let [xx, xy, yy] = [0, 0, 0];
  for (let v = -1; v <= 1; v += 1) {
    for (let u = -1; u <= 1; u += 1) {
      const at = (y + v) * width + x + u;
      const gx = (grey[at + 1] - grey[at - 1]) / 2;
      const gy = (grey[at + width] - grey[at - width]) / 2;
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
    }
  }
  return (xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2;
}

function gradients(grey, width, x, y) {
  const gx = [];
  const gy = [];
  for (let v = -HALF_WINDOW; v <= HALF_WINDOW; v += 1) {
    for (let u = -HALF_WINDOW; u <= HALF_WINDOW; u += 1) {
      const at = (y + v) * width + x + u;
      gx.push((grey[at + 1] - grey[at - 1]) / 2);
      gy.push((grey[at + width] - grey[at - width]) / 2);
    }
  }
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [xx, xy, yy] = [dot(gx, gx), dot(gx, gy), dot(gy, gy)];
  const det = xx * yy - xy * xy;
  return { gx, gy, inverse: [yy / det, -xy / det, xx / det] };
}
