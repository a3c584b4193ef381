// Drawings on a canvas: stick figure, back curve, doorway line, hip path, ghost. Colours as in the project's pictures.

import { stationAt } from "./frame.js";
import { placeGhost } from "./ghost.js";

export const COLOURS = {
  ground: "#12181e",
  ink: "#f4f6f8",
  soft: "#b2bcc4",
  shadow: "#101418",
  far: "#6b7883",
  trunk: "#cdd4da",
  hip: "#56b4e9",
  ghost: "#f4f6f8",
  flat: "#2ec4b0",
  near: "#fabe40",
  past: "#e23aa0",
  unjudged: "#f4f6f8",
  unknown: "#b2bcc4",
};
/** The line of each state differs in form too: whole, long dashes, a saw, dots. */
export const BACK_FORMS = {
  flat: { width: 9, dash: [] },
  near: { width: 9, dash: [20, 14] },
  past: { width: 5, dash: [], teeth: 8 },
  unjudged: { width: 6, dash: [] },
  unknown: { width: 5, dash: [2, 11] },
};
const NEAR = [[28, 26], [26, 24], [24, 12], [12, 14], [14, 16], [28, 30], [30, 32], [28, 32]];
const FAR = [[27, 25], [25, 23], [11, 13], [13, 15], [27, 29], [29, 31], [27, 31]];
const GHOST = [[28, 26], [26, 24], [24, 12], [12, 14], [14, 16], [28, 30], [30, 32]];
const LUMBAR = [-0.05, 0.5];
const DRAWN_BACK = [-0.1, 1.05];
const HEAD_SHARE = 0.2;

/**
 * How a picture lies in a box: {scale, left, top}.
 *
 * Whole and centred; with `focus` = {x, span}, both in pixels of the picture as shown, as large as the box is high,
 * with x in the middle and at least `span` to be seen beside it.
 */
export function fit(width, height, boxWidth, boxHeight, focus = null) {
  const whole = Math.min(boxWidth / width, boxHeight / height);
  const scale = focus === null ? whole : Math.max(whole, Math.min(boxHeight / height, boxWidth / focus.span));
  const spare = boxWidth - width * scale;
  const left = spare >= 0 ? spare / 2 : Math.min(0, Math.max(spare, boxWidth / 2 - scale * focus.x));
  return { scale, left, top: (boxHeight - height * scale) / 2 };
}

/**
 * From canonical pixels to the place on the screen.
 *
 * Canonical points are mirrored where the model saw a mirrored picture; the person sees a mirror image of
 * themself where `selfie` is true. Both together cancel.
 */
export function project(x, y, { width, mirrored, selfie, box }) {
  const flipped = mirrored !== selfie;
  return [box.left + box.scale * (flipped ? width - x : x), box.top + box.scale * y];
}

/** The stretches of finite points between two stations, as lists of [x, y]; lists of one point are left out. */
export function backRuns(back, from, to) {
  const runs = [];
  let run = [];
  for (let i = 0; i < back.length / 2; i += 1) {
    const [x, y] = [back[2 * i], back[2 * i + 1]];
    const t = stationAt(i);
    if (t >= from && t <= to && Number.isFinite(x) && Number.isFinite(y)) {
      run.push([x, y]);
    } else if (run.length) {
      runs.push(run);
      run = [];
    }
  }
  runs.push(run);
  return runs.filter((points) => points.length > 1).map(smooth);
}

function smooth(points) {
  const at = (i) => points[Math.min(points.length - 1, Math.max(0, i))];
  return points.map((point, i) => {
    if (i === 0 || i === points.length - 1) {
      return point;
    }
    const mean = (axis) => (at(i - 2)[axis] + 2 * at(i - 1)[axis] + 3 * at(i)[axis] + 2 * at(i + 1)[axis] + at(i + 2)[axis]) / 9;
    return [mean(0), mean(1)];
  });
}

const lengthOf = (points) => points.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - points[i][0], y - points[i][1]), 0);

/** A saw along a line: teeth of `size` every `size`, to both sides. */
export function saw(points, size) {
  const out = [];
  let side = 1;
  let since = 0;
  for (let i = 1; i < points.length; i += 1) {
    const [ax, ay] = points[i - 1];
    const [bx, by] = points[i];
    const length = Math.hypot(bx - ax, by - ay);
    for (let at = size - since; at <= length; at += size) {
      const share = at / length;
      const [x, y] = [ax + share * (bx - ax), ay + share * (by - ay)];
      out.push([x - (side * 0.6 * size * (by - ay)) / length, y + (side * 0.6 * size * (bx - ax)) / length]);
      side = -side;
    }
    since = (since + length) % size;
  }
  return out.length > 1 ? out : points;
}

const seen = (point) => Number.isFinite(point[0]) && Number.isFinite(point[1]);

function strokeLine(ctx, points, colour, width, { dash = [], rim = true, alpha = 1 } = {}) {
  if (points.length < 2) {
    return;
  }
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  ctx.beginPath();
  points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  if (rim) {
    ctx.strokeStyle = COLOURS.shadow;
    ctx.lineWidth = width * 1.55;
    ctx.stroke();
  }
  ctx.setLineDash(dash);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.restore();
}

/** Draw one frame. `look` = {back, doorX, path, ghost: {pose, anchor}, unit, place}; `place(x, y)` gives the screen. */
export function drawPerson(ctx, frame, look) {
  const { place, unit } = look;
  const point = (k) => place(frame.keypoints[2 * k], frame.keypoints[2 * k + 1]);
  const limbs = (pairs, colour, width) => {
    for (const pair of pairs) {
      const line = pair.map(point);
      if (line.every(seen)) {
        strokeLine(ctx, line, colour, width * unit);
      }
    }
  };
  if (look.ghost) {
    drawGhost(ctx, look.ghost, look);
  }
  if (Number.isFinite(look.doorX) && Number.isFinite(frame.top) && Number.isFinite(frame.bottom)) {
    const line = [place(look.doorX, frame.top), place(look.doorX, frame.bottom)];
    strokeLine(ctx, line, COLOURS.ink, 3 * unit, { dash: [14 * unit, 12 * unit], rim: false, alpha: 0.9 });
  }
  limbs(FAR, COLOURS.far, 5);
  limbs(NEAR, COLOURS.trunk, 6);
  drawHead(ctx, frame, look);
  drawBack(ctx, frame, look);
  const path = (look.path ?? []).map(([x, y]) => place(x, y)).filter(seen);
  strokeLine(ctx, path, COLOURS.hip, 4 * unit, { rim: false });
  const hip = place(...frame.hip);
  if (seen(hip)) {
    drawDot(ctx, hip, COLOURS.hip, 9 * unit);
  }
}

function drawHead(ctx, frame, { place, unit }) {
  // A circle about the ear, and a neck: a head without a face.
  const [ear, shoulder, hip] = [place(frame.keypoints[16], frame.keypoints[17]), place(...frame.shoulder), place(...frame.hip)];
  if (![ear, shoulder, hip].every(seen)) {
    return;
  }
  const radius = Math.max(2, HEAD_SHARE * Math.hypot(shoulder[0] - hip[0], shoulder[1] - hip[1]));
  const away = Math.hypot(shoulder[0] - ear[0], shoulder[1] - ear[1]);
  if (away > radius) {
    const rim = [0, 1].map((i) => ear[i] + ((shoulder[i] - ear[i]) * radius) / away);
    strokeLine(ctx, [rim, shoulder], COLOURS.trunk, 6 * unit);
  }
  ctx.beginPath();
  ctx.arc(...ear, radius, 0, 2 * Math.PI);
  ctx.strokeStyle = COLOURS.shadow;
  ctx.lineWidth = 9 * unit;
  ctx.stroke();
  ctx.strokeStyle = COLOURS.trunk;
  ctx.lineWidth = 5.5 * unit;
  ctx.stroke();
}

function drawBack(ctx, frame, { back, place, unit }) {
  const onScreen = (runs) => runs.map((run) => run.map(([x, y]) => place(x, y)));
  for (const run of onScreen(backRuns(frame.back, ...DRAWN_BACK))) {
    strokeLine(ctx, run, COLOURS.ink, 3.5 * unit);
  }
  const form = BACK_FORMS[back] ?? BACK_FORMS.unknown;
  for (const run of onScreen(backRuns(frame.back, ...LUMBAR))) {
    const colour = COLOURS[back] ?? COLOURS.unknown;
    strokeLine(ctx, run, colour, form.width * unit, { dash: form.dash.map((length) => length * unit) });
    if (form.teeth) {
      const size = Math.max(4, lengthOf(run) / form.teeth);
      strokeLine(ctx, saw(run, size), colour, 0.7 * form.width * unit);
    }
  }
}

function drawGhost(ctx, { pose, anchor }, { place, unit }) {
  const placed = placeGhost(pose, anchor);
  const line = (points) => strokeLine(ctx, points.map(([x, y]) => place(x, y)).filter(seen), COLOURS.ghost, 7 * unit, { rim: false, alpha: 0.34 });
  for (const [a, b] of GHOST) {
    line([placed.points[a], placed.points[b]]);
  }
  line(placed.back.filter(seen));
  const head = placed.points[8];
  if (seen(head)) {
    const [x, y] = place(...head);
    const size = Math.hypot(...[0, 1].map((i) => place(...anchor.feet)[i] - place(anchor.feet[0] + anchor.trunk, anchor.feet[1])[i]));
    ctx.save();
    ctx.globalAlpha = 0.34;
    ctx.beginPath();
    ctx.arc(x, y, HEAD_SHARE * size, 0, 2 * Math.PI);
    ctx.strokeStyle = COLOURS.ghost;
    ctx.lineWidth = 6 * unit;
    ctx.stroke();
    ctx.restore();
  }
}

function drawDot(ctx, [x, y], colour, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius * 1.3, 0, 2 * Math.PI);
  ctx.fillStyle = COLOURS.shadow;
  ctx.fill();
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
}

/** The doorway: the seat's rearmost edge in the still stand, the median of what was seen. */
export class Doorway {
  constructor() {
    this.clear();
  }

  clear() {
    this.places = [];
    this.x = NaN;
  }

  add(seatX) {
    if (Number.isFinite(seatX)) {
      this.places.push(seatX);
      const sorted = [...this.places].sort((a, b) => a - b);
      this.x = sorted[Math.floor(sorted.length / 2)];
    }
  }
}
