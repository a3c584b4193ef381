// A clip drawn again: film or figure, curves and numbers, all at one moment. Scrub one and the others follow.
import { announce } from "./app.js";
import uPlot from "../vendor/uPlot.esm.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");
/** A text of the page, with its values put in. */
export const say = (key, values = {}) => Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), strings[key] ?? key);
const minus = (text) => String(text).replace("-", "−");

const BONES = [["shoulder", "elbow"], ["elbow", "wrist"], ["ear", "shoulder"], ["hip", "knee"], ["knee", "ankle"], ["ankle", "heel"], ["heel", "toe"], ["ankle", "toe"]];
const FAR_BONES = [["knee", "ankle"], ["ankle", "heel"], ["heel", "toe"]];
const SHOWN = ["hip_flexion", "lumbar_flexion", "trunk_lean", "knee_flexion", "pelvis_tilt", "thoracic_flexion"];
const CURVES = [["hip_flexion", "--hip", []], ["lumbar_flexion", "--lumbar", [9, 5]], ["trunk_lean", "--trunk", [2, 5]]];

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

/** A whole number as Python rounds it: a half goes to the even one. */
export const whole = (one) => Math.abs(one % 1) === 0.5 ? 2 * Math.round(one / 2) : Math.round(one);

/** An angle with its interval, in words. */
export function angleText(angle, k) {
  const value = angle.value[k];
  if (value === null) return say("untold");
  const [middle, lo, hi] = [value, angle.lo[k], angle.hi[k]].map((one) => minus(whole(one)));
  return say("range", { value: middle, lo, hi });
}

export class Replay extends EventTarget {
  constructor(root, { mirrorLeft = false } = {}) {
    super();
    this.root = root;
    this.mirrorLeft = mirrorLeft;
    this.index = 0;
    this.playing = false;
    this.data = null;
    this.canvas = root.querySelector("[data-canvas]");
    this.video = root.querySelector("[data-video]");
    this.slider = root.querySelector("[data-slider]");
    this.part = (name) => root.querySelector(`[data-${name}]`);
  }

  async load() {
    try {
      const answer = await fetch(this.root.dataset.replay, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.what ?? answer.statusText);
      this.show(told);
      this.#bind();
      this.root.dataset.ready = "yes";
      this.dispatchEvent(new Event("ready"));
    } catch (error) {
      this.part("message").textContent = say("failed", { what: error.message });
      this.part("message").classList.add("notice--stop");
    }
  }

  /** Take other numbers for the same clip: a preview, or what is kept. */
  show(data) {
    const first = this.data === null;
    this.data = { far_joints: {}, ...data };
    this.flip = this.mirrorLeft && data.facing === "left";
    this.part("message").hidden = true;
    for (const one of this.root.querySelectorAll("[data-loaded]")) one.hidden = false;
    if (this.slider) this.slider.max = String(data.time_s.length - 1);
    if (first) {
      this.index = data.reps.length ? nearest(data.time_s, data.reps[0].bottom_s) : 0;
      this.#startFilm();
    }
    this.#fit();
    this.#reps();
    this.#curves();
    this.go(this.index);
  }

  get time() { return this.data.time_s[this.index]; }
  get n() { return this.data.time_s.length; }

  /** Go to a frame; picture, curve, slider and numbers follow. */
  go(index, { seek = true } = {}) {
    this.index = Math.max(0, Math.min(this.n - 1, index));
    if (seek && this.video && !this.playing) this.video.currentTime = this.time;
    if (this.slider) {
      this.slider.value = String(this.index);
      this.slider.setAttribute("aria-valuetext", `${say("second", { t: this.time.toFixed(2) })}, ${this.phase()}`);
    }
    const time = this.part("time");
    if (time) time.textContent = say("second", { t: this.time.toFixed(2) });
    this.draw();
    this.#now();
    this.#cursor();
    this.dispatchEvent(new Event("moved"));
  }

  goTo(t) { this.go(nearest(this.data.time_s, t)); }

  rep() { return this.data.reps.find((one) => this.time >= one.start_s && this.time < one.end_s) ?? null; }

  phase() {
    const rep = this.rep();
    if (!rep) return say(this.data.reps.length && this.time < this.data.reps[0].start_s ? "standing" : "between");
    const where = Math.abs(this.time - rep.bottom_s) <= 0.2 ? "bottom" : this.time < rep.bottom_s ? "down" : "up";
    return `${say("rep", { n: rep.number })}, ${say(where)}`;
  }

  // --- picture ---

  #startFilm() {
    if (!this.video || !this.root.dataset.film) { this.video = null; return; }
    this.video.addEventListener("error", () => {
      this.video.remove();
      this.video = null;
      this.part("message").textContent = say("nofilm");
      this.part("message").hidden = false;
      this.#fit();
      this.draw();
    }, { once: true });
    this.video.src = this.root.dataset.film;
    if (this.flip) this.video.style.transform = "scaleX(-1)";
  }

  /** With a film: the whole picture. Without: what the figure needs of it over the clip. */
  #fit() {
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
    this.canvas.setAttribute("aria-label", `${this.root.dataset.label}. ${this.phase()}. ${this.words()}`);
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
    this.#stroke(ctx, curve, this.backColour(), thick * 0.7);
    this.#stroke(ctx, curve.map((one, k) => (k >= start && k < end ? one : null)), this.backColour(), thick * 1.5);
  }

  backColour() {
    const value = this.data.angles.lumbar_flexion.value[this.index];
    if (value === null) return colour("--soft");
    const { flat_deg: flat, past_deg: past } = this.data.limits;
    return colour(value <= flat ? "--met" : value <= past ? "--nearly" : "--notmet");
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

  // --- numbers ---

  /** An angle now, in words; at the bottom of a rep the number that the table has for it. */
  told(name) {
    const here = this.data.reps.find((one) => nearest(this.data.time_s, one.bottom_s) === this.index);
    return here?.measures.find((one) => one.name === name)?.text ?? angleText(this.data.angles[name], this.index);
  }

  words() {
    const told = SHOWN.slice(0, 3).map((name) => `${this.data.angles[name].label} ${this.told(name)}`);
    return told.join(", ");
  }

  #now() {
    const place = this.part("now");
    if (!place) return;
    this.part("phase").textContent = this.phase();
    const shown = this.root.classList.contains("replay--compact") ? SHOWN.slice(0, 4) : SHOWN;
    const rows = shown.map((name) => [this.data.angles[name].label, this.told(name)]);
    if (place.childElementCount !== rows.length) {
      place.replaceChildren(...rows.map(() => {
        const row = document.createElement("div");
        row.append(document.createElement("dt"), document.createElement("dd"));
        return row;
      }));
    }
    rows.forEach(([label, text], k) => {
      place.children[k].firstChild.textContent = label;
      place.children[k].lastChild.textContent = text;
    });
  }

  /** Say where we are to those who listen, once things come to rest. */
  #tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => announce(say("now", { t: say("second", { t: this.time.toFixed(2) }), angles: `${this.phase()}, ${this.words()}` })), 600);
  }

  #reps() {
    const place = this.part("reps");
    if (!place) return;
    place.replaceChildren(...this.data.reps.map((rep) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--quiet";
      button.textContent = say("rep", { n: rep.number });
      button.addEventListener("click", () => { this.pause(); this.goTo(rep.bottom_s); this.#tell(); });
      return button;
    }));
  }

  // --- curves ---

  #curves() {
    const place = this.part("curves");
    if (!place) return;
    this.plot?.destroy();
    const { time_s: times, angles, reps } = this.data;
    const columns = [times];
    const series = [{}];
    const bands = [];
    for (const [name, paint, dash] of CURVES) {
      const stroke = colour(paint);
      const at = columns.length;
      columns.push(angles[name].value, angles[name].hi, angles[name].lo);
      series.push({ label: angles[name].label, stroke, width: 2.5, dash, points: { show: false } }, { stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
      bands.push({ series: [at + 1, at + 2], fill: `color-mix(in srgb, ${stroke} 16%, transparent)` });
    }
    const ink = colour("--ink");
    const font = "14px system-ui, sans-serif";
    const shades = (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.fillStyle = colour("--shade");
      for (const rep of reps) {
        const left = plot.valToPos(rep.start_s, "x", true);
        ctx.fillRect(left, bbox.top, plot.valToPos(rep.end_s, "x", true) - left, bbox.height);
      }
      ctx.fillStyle = ctx.strokeStyle = colour("--soft");
      ctx.font = `${13 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = "center";
      for (const rep of reps) {
        const x = plot.valToPos(rep.bottom_s, "x", true);
        ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
        ctx.fillText(say("rep", { n: rep.number }), x, bbox.top + 14 * devicePixelRatio);
      }
      ctx.restore();
    };
    this.line = document.createElement("div");
    this.line.className = "replay__cursor";
    this.plot = new uPlot({
      width: Math.max(place.clientWidth, 240), height: 280, legend: { show: false }, cursor: { show: false }, bands,
      scales: { x: { time: false }, y: { range: (_plot, low, high) => [Math.min(0, low ?? 0) - 4, Math.max(30, high ?? 30) + 12] } },
      axes: [{ stroke: ink, font, grid: { show: false }, values: (_plot, ticks) => ticks.map((one) => `${one} s`) }, { stroke: ink, font, size: 52, grid: { stroke: colour("--grid"), width: 1 }, values: (_plot, ticks) => ticks.map((one) => `${minus(one)}°`) }],
      series, hooks: { drawClear: [shades], ready: [() => this.#cursor()] },
    }, columns, place);
    this.plot.over.append(this.line);
    const move = (event) => {
      const box = this.plot.over.getBoundingClientRect();
      this.pause();
      this.goTo(this.plot.posToVal(event.clientX - box.left, "x"));
    };
    this.plot.over.addEventListener("pointerdown", (event) => { this.plot.over.setPointerCapture(event.pointerId); move(event); });
    this.plot.over.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
    this.plot.over.addEventListener("pointerup", () => this.#tell());
  }

  #cursor() {
    const x = this.plot ? this.plot.valToPos(this.time, "x") : NaN;
    if (Number.isFinite(x)) this.line.style.left = `${x}px`;
  }

  // --- playing ---

  play() {
    if (this.playing) return;
    this.playing = true;
    const button = this.part("play");
    if (button) button.textContent = say("pause");
    const speed = Number(this.part("speed")?.value ?? 0.5);
    if (this.index >= this.n - 2) this.index = 0;
    if (this.video) {
      this.video.currentTime = this.time;
      this.video.playbackRate = speed;
      this.video.play().catch(() => this.pause());
    }
    let last = null;
    let t = this.time;
    const step = (now) => {
      if (!this.playing) return;
      t = this.video ? this.video.currentTime : t + (last === null ? 0 : ((now - last) / 1000) * speed);
      last = now;
      this.go(nearest(this.data.time_s, t), { seek: false });
      if (t >= this.data.time_s[this.n - 1] || (this.video && this.video.ended)) { this.pause(); return; }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.video?.pause();
    const button = this.part("play");
    if (button) button.textContent = say("play");
    this.go(this.index);
    this.#tell();
  }

  #bind() {
    this.part("play")?.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.slider?.addEventListener("input", () => { this.pause(); this.go(Number(this.slider.value)); });
    this.slider?.addEventListener("change", () => this.#tell());
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => { this.pause(); this.go(this.index + Number(button.dataset.step)); this.#tell(); });
    }
    this.part("speed")?.addEventListener("change", (event) => { if (this.video) this.video.playbackRate = Number(event.target.value); });
    const again = () => { this.draw(); this.#cursor(); this.dispatchEvent(new Event("moved")); };
    const wide = () => { if (this.plot) this.plot.setSize({ width: Math.max(this.part("curves").clientWidth, 240), height: 280 }); again(); };
    addEventListener("resize", wide);
    const repaint = () => { this.#curves(); this.go(this.index); };
    new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  }
}

/** The one player of a clip's page. */
export const player = document.querySelector("#replay .replay") ? new Replay(document.querySelector("#replay .replay")) : null;
player?.load();
