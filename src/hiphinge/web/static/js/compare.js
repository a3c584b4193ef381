// Two clips side by side, at the same time from the bottom of a rep.
import { Replay } from "./replay.js";
import { say } from "./strings.js";

const root = document.getElementById("compare");
const sides = [...root.querySelectorAll(".replay")].map((one) => new Replay(one, { mirrorLeft: true }));
const part = (name) => root.querySelector(`[data-${name}]`);
const picks = [...root.querySelectorAll("[data-rep]")];
const slider = part("slider");
const STEP_S = 1 / 30;
let playing = false;
let at = 0; // steps from the bottom

/** The bottom of the rep that was picked; without a rep the middle of the clip. */
function bottom(k) {
  const { reps, time_s: times } = sides[k].data;
  return reps[Number(picks[k]?.value ?? 0)]?.bottom_s ?? (times[0] + times.at(-1)) / 2;
}

function limits() {
  const spans = sides.map((one, k) => [one.data.time_s[0] - bottom(k), one.data.time_s.at(-1) - bottom(k)]);
  slider.min = String(Math.floor(Math.max(...spans.map(([from]) => from), -4) / STEP_S));
  slider.max = String(Math.ceil(Math.min(...spans.map(([, to]) => to), 4) / STEP_S));
}

function go(step) {
  at = Math.max(Number(slider.min), Math.min(Number(slider.max), step));
  slider.value = String(Math.round(at));
  const text = say("frombottom", { t: (at * STEP_S).toFixed(2).replace("-", "−") });
  slider.setAttribute("aria-valuetext", text);
  part("time").textContent = `${(at * STEP_S).toFixed(2).replace("-", "−")} s`;
  sides.forEach((one, k) => one.goTo(bottom(k) + at * STEP_S));
}

function stop() {
  playing = false;
  part("play").textContent = say("play");
}

function play() {
  playing = true;
  part("play").textContent = say("pause");
  if (at >= Number(slider.max) - 1) at = Number(slider.min);
  let last = null;
  const step = (now) => {
    if (!playing) return;
    go(at + (last === null ? 0 : ((now - last) / 1000 / STEP_S) * Number(part("speed").value)));
    last = now;
    if (at >= Number(slider.max)) { stop(); return; }
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

async function start() {
  await Promise.all(sides.map((one) => one.load()));
  if (sides.length < 2 || sides.some((one) => !one.data)) return;
  sides.forEach((one, k) => {
    picks[k].replaceChildren(...one.data.reps.map((rep, number) => new Option(say("rep", { n: rep.number }), String(number))));
    picks[k].closest(".field").hidden = one.data.reps.length < 2;
    picks[k].addEventListener("change", () => { stop(); limits(); go(0); });
  });
  limits();
  go(0);
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  part("play").addEventListener("click", () => (playing ? stop() : play()));
  root.dataset.ready = "yes";
}

start();
