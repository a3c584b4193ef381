import assert from "node:assert/strict";
import { test } from "node:test";

import { headlineOf, initial, reduce, repCount, wordsFor } from "../../../src/hiphinge/web/static/js/live/state.js";

const strings = { seen: "I can see you head to feet." };
const shown = (state) => headlineOf(state, strings);
const run = (...events) => events.reduce(reduce, initial);
const welcome = { type: "welcome", phase: "view", mirror: false, plan: { reps: 8 } };
const phase = (name, more = {}) => ({ type: "phase", phase: name, mirror: false, say: "", show: "", advice: [], ...more });
const meter = (depth, more = {}) => ({ type: "meter", depth, back: "flat", reps: 0, ...more });

test("a set as it runs", () => {
  const state = run(
    { type: "start" }, { type: "link", state: "connecting" }, welcome, { type: "link", state: "open" },
    phase("view", { show: "Step back", advice: ["Step back", "More light"] }),
    phase("stand", { show: "Stand still", countdown_s: 2.2 }), phase("moving", { mirror: true }),
    meter(0.4), meter(0.7), { type: "rep", number: 1, grade: "pass", show: "One" }, { type: "praise", show: "Lovely." },
  );
  assert.deepEqual([state.screen, state.phase, state.link, state.mirror], ["live", "moving", "open", true]);
  assert.deepEqual(state.note, { kind: "praise", text: "Lovely." });
  assert.equal(repCount(state), 1);
  assert.equal(state.plan.reps, 8);
});

test("the headline: countdown, then what the phase asks, then what was said of the rep", () => {
  const standing = run(welcome, phase("stand", { show: "Stand still", countdown_s: 2.2 }));
  assert.deepEqual(shown(standing), { kind: "countdown", text: "3", more: "Stand still" });
  const view = run(welcome, phase("view", { show: "Step back", advice: ["Step back", "More light"] }));
  assert.deepEqual(shown(view), { kind: "phase", text: "Step back", more: "More light" });
  assert.equal(shown(reduce(view, phase("facing", { show: "One moment" }))).more, strings.seen);
  const cued = run(welcome, phase("moving", { show: "Bend" }), { type: "cue", rule: "4", show: "Long back" });
  assert.equal(shown(cued).text, "Long back");
  assert.equal(shown(reduce(cued, phase("moving", { show: "Slow" }))).text, "Long back");
  assert.equal(shown(reduce(cued, phase("ready", { show: "A short pause" }))).text, "A short pause");
  assert.equal(shown(reduce(cued, phase("view", { show: "Come back" }))).text, "Come back");
  assert.equal(reduce(cued, phase("stand", { offer: "start" })).offer, "start");
});

test("a rep that is graded anew stays one rep, and the larger count shows", () => {
  const state = run(welcome, { type: "rep", number: 1, grade: "miss" }, { type: "rep", number: 1, grade: "pass" }, meter(0.1, { reps: 2 }));
  assert.deepEqual(state.reps.map((rep) => rep.grade), ["pass"]);
  assert.equal(repCount(state), 2);
});

test("after a reload the server knows of the reps", () => {
  const state = run({ ...welcome, reps: [{ number: 1, grade: "pass" }, { number: 2, grade: "miss" }] });
  assert.equal(repCount(state), 2);
});

test("questions and the reading of the whole come before the summary, and a reconnect does not undo them", () => {
  const asking = run(welcome, { type: "ask" });
  assert.equal(asking.screen, "asking");
  const ending = reduce(asking, { type: "stop" });
  assert.equal(reduce(ending, welcome).screen, "ending");
  const over = reduce(ending, { type: "summary", headline: "A hinge." });
  assert.equal(over.screen, "summary");
  assert.equal(reduce(over, { type: "link", state: "gone" }).screen, "summary");
  assert.equal(reduce(initial, { type: "stop" }).screen, "setup");
});

test("ends of the line and fatal errors are told; others are not", () => {
  assert.equal(run(welcome, { type: "link", state: "taken" }).trouble.kind, "taken");
  assert.equal(run(welcome, { type: "link", state: "lost" }).screen, "live");
  const fatal = run(welcome, { type: "error", what: "No.", next_step: "Wait.", fatal: true });
  assert.deepEqual(fatal.trouble, { kind: "server", what: "No.", expected: "", nextStep: "Wait." });
  const mild = run(welcome, phase("moving"), { type: "error", what: "Odd.", next_step: "Go on.", fatal: false });
  assert.deepEqual([mild.screen, mild.note.text], ["live", "Go on."]);
  assert.equal(run(welcome, { type: "somewhere" }).screen, "live");
});

test("what is spoken: each second once, else what the engine says; meters say nothing", () => {
  const said = (before, event) => wordsFor(before, reduce(before, event), event, strings);
  const standing = run(welcome, phase("stand", { countdown_s: 2, say: "2" }));
  assert.equal(said(standing, phase("stand", { countdown_s: 2, say: "2" })), "");
  assert.equal(said(standing, phase("stand", { countdown_s: 1, say: "1" })), "1");
  assert.equal(said(standing, phase("stand", { say: "Stand tall." })), "Stand tall.");
  const viewed = run(welcome, phase("view", { show: "Step back" }));
  assert.equal(said(viewed, phase("facing", { say: "Hold on." })), "I can see you head to feet. Hold on.");
  assert.equal(said(standing, phase("moving")), "");
  assert.equal(said(standing, meter(0.5)), "");
  assert.equal(said(standing, { type: "cue", say: "Long back.", show: "Long back" }), "Long back.");
  assert.equal(said(standing, { type: "summary", headline: "A hinge.", praise: "Lovely.", cue: "" }), "A hinge. Lovely.");
  assert.equal(said(standing, { type: "link", state: "lost" }), "");
});
