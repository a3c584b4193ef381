// The picture of a clip at one moment: over its film or without, the figure, its back, the path of the hips, the lines.
import { say } from "./strings.js";

const BONES = [["shoulder", "elbow"], ["elbow", "wrist"], ["ear", "shoulder"], ["hip", "knee"], ["knee", "ankle"], ["ankle", "heel"], ["heel", "toe"], ["ankle", "toe"]];
const FAR_BONES = [["knee", "ankle"], ["ankle", "heel"], ["heel", "toe"]];

/** A colour of the page, as it is now: light or dark. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Index of the time nearest to `t`. */
export function nearest(times, t) {
  let low = 0;
  let high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle; else high = middle;
  }
  return t - times[low] <= times[high] - t ? low : high;
}

/** Draws `data` at `index` on the canvas; who shows it moves the index. */
export class Picture extends EventTarget {
  constructor(root, { mirrorLeft = false } = {}) {
    super();
    this.root = root;
    this.mirrorLeft = mirrorLeft;
    this.index = 0;
    this.data = null;
    this.canvas = root.querySelector("[data-canvas]");
    this.video = root.querySelector("[data-video]");
  }

  get time() { return this.data.time_s[this.index]; }
  get n() { return this.data.time_s.length; }

  rep() { return this.data.reps.find((one) => this.time >= one.start_s && this.time < one.end_s) ?? null; }

  /** With a film: the whole picture. Without: what the figure needs of it over the clip. */
  fit() {
    const { width_px: width, height_px: height } = this.data;
    this.box = { x: 0, y: 0, width, height };
    if (this.video) return;
    const points = Object.values(this.data.joints).flat().filter(Boolean);
    for (const curve of this.data.back) if (curve) for (const one of curve) if (one) points.push(one);
    if (points.length < 4) return;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of points) {
      left = Math.min(left, x); right = Math.max(right, x);
      top = Math.min(top, y); bottom = Math.max(bottom, y);
    }
    for (const line of [this.data.door_x, this.data.wall_x]) if (line !== null) { left = Math.min(left, line); right = Math.max(right, line); }
    const room = 0.1 * Math.max(right - left, bottom - top);
    const tall = bottom - top + 2 * room;
    const wide = Math.max(right - left + 2 * room, 0.8 * tall);
    this.box = { x: (left + right) / 2 - wide / 2, y: top - room, width: wide, height: tall };
  }

  /** From the filmed picture to the canvas, CSS pixels. */
  toView([x, y]) {
    const across = (x - this.box.x) / this.box.width;
    return [(this.flip ? 1 - across : across) * this.viewWidth, ((y - this.box.y) / this.box.height) * this.viewHeight];
  }

  /** And back. */
  toPicture(x, y) {
    const across = x / this.viewWidth;
    return [this.box.x + (this.flip ? 1 - across : across) * this.box.width, this.box.y + (y / this.viewHeight) * this.box.height];
  }

  draw() {
    if (!this.data) return;
    const dpr = Math.min(devicePixelRatio || 1, 3);
    const wide = this.canvas.parentElement.clientWidth || 320;
    const most = this.root.classList.contains("replay--compact") ? 460 : 620;
    const shape = this.box.height / this.box.width;
    this.viewWidth = Math.min(wide, most / shape);
    this.viewHeight = this.viewWidth * shape;
    const [w, h] = [Math.round(this.viewWidth * dpr), Math.round(this.viewHeight * dpr)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.parentElement.style.maxWidth = `${this.viewWidth}px`;
      this.canvas.parentElement.style.aspectRatio = `${this.box.width} / ${this.box.height}`;
    }
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    ctx.clearRect(0, 0, this.viewWidth, this.viewHeight);
    ctx.lineCap = ctx.lineJoin = "round";
    this.#lines(ctx);
    this.#figure(ctx);
    this.#hipPath(ctx);
    this.#back(ctx);
    this.#dots(ctx);
  }

  #stroke(ctx, points, style, width, dash = []) {
    const seen = points.filter(Boolean);
    if (seen.length < 2) return;
    ctx.beginPath();
    let down = false;
    for (const one of points) {
      if (!one) { down = false; continue; }
      const [x, y] = this.toView(one);
      if (down) ctx.lineTo(x, y); else ctx.moveTo(x, y);
      down = true;
    }
    ctx.setLineDash(dash);
    if (this.video) { ctx.strokeStyle = "rgb(10 15 20 / .6)"; ctx.lineWidth = width + 2.5; ctx.stroke(); }
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.stroke();
    ctx.setLineDash([]);
  }

  #label(ctx, text, x, y, align) {
    ctx.font = "14px system-ui, sans-serif";
    const wide = ctx.measureText(text).width;
    const left = Math.max(4, Math.min(this.viewWidth - wide - 4, align === "right" ? x - wide : x));
    ctx.fillStyle = colour("--paper");
    ctx.globalAlpha = 0.8;
    ctx.fillRect(left - 3, y - 13, wide + 6, 18);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour("--ink");
    ctx.fillText(text, left, y);
  }

  #lines(ctx) {
    const [top, bottom] = this.data.body_y ?? [this.box.y, this.box.y + this.box.height];
    if (this.data.door_x !== null) {
      this.#stroke(ctx, [[this.data.door_x, top], [this.data.door_x, bottom]], this.video ? "#fff" : colour("--soft"), 1.5, [8, 7]);
      const [x, y] = this.toView([this.data.door_x, top]);
      this.#label(ctx, say("door"), x + 6, Math.max(16, y + 12));
    }
    if (this.data.wall_x !== null) {
      this.#stroke(ctx, [[this.data.wall_x, top], [this.data.wall_x, bottom]], colour("--hip"), 3);
      const [x, y] = this.toView([this.data.wall_x, top]);
      this.#label(ctx, say("wall"), x + 6, Math.max(34, y + 32));
    }
    if (!this.video) {
      const foot = this.data.joints.heel[this.index] ?? this.data.joints.ankle[this.index];
      if (foot) this.#stroke(ctx, [[this.box.x, bottom], [this.box.x + this.box.width, bottom]], colour("--line"), 2);
    }
  }

  #figure(ctx) {
    const { joints, far_joints: far } = this.data;
    const k = this.index;
    const thick = Math.max(3, this.viewHeight / 90);
    if (!this.video) for (const [a, b] of FAR_BONES) if (far[a] && far[b]) this.#stroke(ctx, [far[a][k], far[b][k]], colour("--line"), thick * 0.8);
    for (const [a, b] of BONES) this.#stroke(ctx, [joints[a][k], joints[b][k]], this.video ? "#f2f4f5" : colour("--trunk"), thick);
    if (joints.ear[k] && joints.shoulder[k] && !this.video) {
      const [x, y] = this.toView(joints.ear[k]);
      const [, sy] = this.toView(joints.shoulder[k]);
      ctx.beginPath();
      ctx.arc(x, y, Math.max(8, Math.min(Math.abs(sy - y) * 0.5 + 6, this.viewHeight / 16)), 0, 7);
      ctx.fillStyle = colour("--shade");
      ctx.strokeStyle = colour("--trunk");
      ctx.lineWidth = thick * 0.8;
      ctx.fill();
      ctx.stroke();
    }
  }

  #back(ctx) {
    const curve = this.data.back[this.index];
    const { hip, shoulder } = this.data.joints;
    const thick = Math.max(4, this.viewHeight / 70);
    if (!curve) { this.#stroke(ctx, [hip[this.index], shoulder[this.index]], this.video ? "#f2f4f5" : colour("--trunk"), thick * 0.7, [4, 8]); return; }
    const [start, end] = this.data.lumbar;
    this.#stroke(ctx, curve, this.video ? "#f2f4f5" : colour("--trunk"), thick * 0.7);
    // Its colour is that of its curve; how far it bends against the limits is told by its width.
    const { width, dash } = this.lumbarStroke();
    this.#stroke(ctx, curve.map((one, k) => (k >= start && k < end ? one : null)), colour("--lumbar"), thick * width, dash);
  }

  lumbarStroke() {
    const value = this.data.angles.lumbar_flexion.value[this.index];
    if (value === null) return { width: 1, dash: [4, 8] };
    const { flat_deg: flat, past_deg: past } = this.data.limits;
    return { width: value <= flat ? 1 : value <= past ? 1.4 : 1.9, dash: [] };
  }

  #hipPath(ctx) {
    const rep = this.rep();
    if (!rep) return;
    const first = nearest(this.data.time_s, rep.start_s);
    this.#stroke(ctx, this.data.joints.hip.slice(first, this.index + 1), colour("--hip"), 3);
  }

  #dots(ctx) {
    for (const name of ["hip", "knee", "shoulder", "ankle"]) {
      const one = this.data.joints[name][this.index];
      if (!one) continue;
      const [x, y] = this.toView(one);
      ctx.beginPath();
      ctx.arc(x, y, Math.max(4, this.viewHeight / 100), 0, 7);
      ctx.fillStyle = colour(name === "hip" ? "--hip" : "--paper");
      ctx.strokeStyle = colour("--ink");
      ctx.lineWidth = 1.5;
      ctx.fill();
      ctx.stroke();
    }
  }
}
