// A clip drawn again: film or figure, curves and numbers, all at one moment. Scrub one and the others follow.
import { announce } from "./app.js";
import { colour, nearest, Picture } from "./replay_picture.js";
import { say } from "./strings.js";
import uPlot from "../vendor/uPlot.esm.js";

const minus = (text) => String(text).replace("-", "−");

const SHOWN = ["hip_flexion", "lumbar_flexion", "trunk_lean", "knee_flexion", "pelvis_tilt", "thoracic_flexion"];
const CURVES = [["hip_flexion", "--hip", []], ["lumbar_flexion", "--lumbar", [9, 5]], ["trunk_lean", "--trunk", [2, 5]]];

/** A whole number as Python rounds it: a half goes to the even one. */
export const whole = (one) => Math.abs(one % 1) === 0.5 ? 2 * Math.round(one / 2) : Math.round(one);

/** An angle with its interval, in words. */
export function angleText(angle, k) {
  const value = angle.value[k];
  if (value === null) return say("untold");
  const [middle, lo, hi] = [value, angle.lo[k], angle.hi[k]].map((one) => minus(whole(one)));
  return say("range", { value: middle, lo, hi });
}

export class Replay extends Picture {
  constructor(root, options = {}) {
    super(root, options);
    this.playing = false;
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
    this.fit();
    this.#reps();
    this.#curves();
    this.go(this.index);
  }

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

  phase() {
    const rep = this.rep();
    if (!rep) return say(this.data.reps.length && this.time < this.data.reps[0].start_s ? "standing" : "between");
    const where = Math.abs(this.time - rep.bottom_s) <= 0.2 ? "bottom" : this.time < rep.bottom_s ? "down" : "up";
    return `${say("rep", { n: rep.number })}, ${say(where)}`;
  }

  // --- film ---

  #startFilm() {
    if (!this.video || !this.root.dataset.film) { this.video = null; return; }
    this.video.addEventListener("error", () => {
      this.video.remove();
      this.video = null;
      this.part("message").textContent = say("nofilm");
      this.part("message").hidden = false;
      this.fit();
      this.draw();
    }, { once: true });
    this.video.src = this.root.dataset.film;
    if (this.flip) this.video.style.transform = "scaleX(-1)";
  }

  /** Draw the picture, and say what is in it to those who do not see it. */
  draw() {
    if (!this.data) return;
    super.draw();
    this.canvas.setAttribute("aria-label", `${this.root.dataset.label}. ${this.phase()}. ${this.words()}`);
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
