// Where things are drawn, and the ghost.
import assert from "node:assert/strict";
import { test } from "node:test";

import { backRuns, BACK_FORMS, Doorway, fit, project, saw } from "../../../src/hiphinge/web/static/js/live/draw.js";
import { leanOf, readFrame } from "../../../src/hiphinge/web/static/js/live/frame.js";
import { anchorOf, cutRep, ghostAt, GhostShelf, makeGhost, placeGhost } from "../../../src/hiphinge/web/static/js/live/ghost.js";
import { deepest, Recording } from "../../../src/hiphinge/web/static/js/live/record.js";
import { drawCard, frameBox, SIZE, wrapText } from "../../../src/hiphinge/web/static/js/live/share.js";
import { frame } from "./tools.mjs";

test("a picture lies whole and centred in its box", () => {
  assert.deepEqual(fit(640, 480, 640, 960), { scale: 1, left: 0, top: 240 });
  assert.deepEqual(fit(640, 480, 320, 1000), { scale: 0.5, left: 0, top: 380 });
});

test("a person in the middle of a wide picture is shown as large as the box is high, never cut", () => {
  assert.deepEqual(fit(640, 480, 400, 480, { x: 320, span: 300 }), { scale: 1, left: -120, top: 0 });
  assert.deepEqual(fit(640, 480, 400, 480, { x: 100, span: 300 }), { scale: 1, left: 0, top: 0 });
  assert.deepEqual(fit(640, 480, 400, 480, { x: 600, span: 300 }), { scale: 1, left: -240, top: 0 });
  assert.equal(fit(640, 480, 400, 480, { x: 320, span: 500 }).scale, 0.8); // room for the bend comes first
  assert.equal(fit(640, 480, 400, 480, { x: 320, span: 900 }).scale, 0.625); // never smaller than whole
  assert.deepEqual(fit(480, 640, 960, 640, { x: 100, span: 300 }), { scale: 1, left: 240, top: 0 });
});

test("a mirror image of a mirrored picture is the picture", () => {
  const box = { scale: 2, left: 10, top: 0 };
  const at = (mirrored, selfie) => project(100, 50, { width: 640, mirrored, selfie, box });
  assert.deepEqual(at(false, false), [210, 100]);
  assert.deepEqual(at(true, true), [210, 100]);
  assert.deepEqual(at(true, false), [1090, 100]);
  assert.deepEqual(at(false, true), [1090, 100]);
});

test("hidden stations break the line of the back", () => {
  const whole = backRuns(readFrame(frame()).back, -0.1, 1.05);
  const broken = backRuns(readFrame(frame({ hidden: [28, 29, 30] })).back, -0.1, 1.05);
  assert.deepEqual([whole.length, broken.length], [1, 2]);
  assert.deepEqual(backRuns(readFrame(frame({ hidden: [...Array(61).keys()] })).back, -0.1, 1.05), []);
});

test("states of the back differ in form, not in colour alone", () => {
  const forms = Object.values(BACK_FORMS).map(({ dash, teeth }) => `${dash}|${teeth}`);
  assert.equal(new Set(forms).size, 4);
});

test("a saw has teeth to both sides", () => {
  const teeth = saw([[0, 0], [100, 0]], 10);
  assert.ok(teeth.some(([, y]) => y > 3) && teeth.some(([, y]) => y < -3));
  assert.deepEqual(saw([[0, 0], [1, 0]], 10), [[0, 0], [1, 0]]);
});

test("the doorway stands at the median of the seat", () => {
  const door = new Doorway();
  [100, 101, 400, 99, NaN, 100].forEach((x) => door.add(x));
  assert.equal(door.x, 100);
  door.clear();
  assert.ok(Number.isNaN(door.x));
});

/** Stand, a rep down and up, stand: 12 poses a second. */
function recorded(x = 300) {
  const leans = [0, 0, 2, 8, 18, 30, 45, 60, 70, 70, 62, 50, 36, 22, 10, 3];
  return leans.map((lean, i) => ({ lean, frame: readFrame(frame({ timeS: i / 12, lean, x })), back: "flat" }));
}

test("the last whole rep is cut out, from stand to stand, though the next one has begun", () => {
  const leans = (poses) => cutRep(poses).map(({ lean }) => lean);
  const whole = [8, 18, 30, 45, 60, 70, 70, 62, 50, 36, 22, 10];
  assert.deepEqual(leans(recorded()), whole);
  assert.deepEqual(leans([...recorded(), ...recorded().slice(0, 9)]), whole);
  assert.deepEqual(leans(recorded().slice(0, 12)), []);
  assert.deepEqual(leans(recorded().slice(6)), []); // its beginning was not seen
  assert.deepEqual(leans([]), []);
});

test("the lean is that of the trunk", () => {
  assert.ok(Math.abs(leanOf(readFrame(frame({ lean: 40 }))) - 40) < 0.01);
});

test("a ghost stands on the feet and has the size of who is there now", () => {
  const rep = cutRep(recorded());
  const ghost = makeGhost(rep, anchorOf(readFrame(frame())));
  const pose = ghostAt(ghost, 70, true);
  const anchor = { feet: [1000, 900], trunk: 110 }; // half as large, elsewhere
  const placed = placeGhost(pose, anchor);
  const lean = (70 * Math.PI) / 180;
  const [hipX, hipY] = [300 - 80 * Math.sin(lean), 300];
  assert.ok(Math.abs(placed.points[24][0] - (1000 + (hipX - 320) / 2)) < 0.5);
  assert.ok(Math.abs(placed.points[24][1] - (900 + (hipY - 515) / 2)) < 0.5);
  assert.ok(placed.back.length > 20);
});

test("the ghost goes along by lean, on the same way, and is gone in the stand", () => {
  const ghost = makeGhost(cutRep(recorded()), anchorOf(readFrame(frame())));
  assert.equal(ghostAt(ghost, 45, true).down, true);
  assert.equal(ghostAt(ghost, 36, false).down, false);
  assert.equal(ghostAt(ghost, 95, true), null);
  assert.equal(ghostAt(ghost, 4, true), null);
  assert.equal(ghostAt(null, 45, true), null);
});

test("no ghost of what was hardly seen", () => {
  assert.equal(makeGhost(recorded().slice(0, 4), anchorOf(readFrame(frame()))), null);
  assert.equal(makeGhost(recorded(), null), null);
});

class FakeStorage {
  constructor(room = Infinity) {
    this.kept = new Map();
    this.room = room;
  }

  getItem = (key) => this.kept.get(key) ?? null;
  removeItem = (key) => this.kept.delete(key);
  setItem = (key, text) => {
    if (text.length > this.room) throw new Error("full");
    this.kept.set(key, text);
  };
}

test("a ghost is kept for a drill of a person, as points, and can be forgotten", () => {
  const storage = new FakeStorage();
  const shelf = new GhostShelf("p1", storage);
  const ghost = makeGhost(cutRep(recorded()), anchorOf(readFrame(frame())));
  assert.ok(shelf.keep("free_hinge", ghost));
  assert.deepEqual(shelf.get("free_hinge"), JSON.parse(JSON.stringify(ghost)));
  assert.equal(shelf.get("goat_bag"), null);
  assert.equal(new GhostShelf("p2", storage).get("free_hinge"), null);
  assert.ok([...storage.kept.values()][0].length < 60000);
  shelf.forget("free_hinge");
  assert.equal(shelf.get("free_hinge"), null);
  storage.setItem("hiphinge.ghost.p1.free_hinge", "{odd");
  assert.equal(shelf.get("free_hinge"), null);
  assert.equal(new GhostShelf("p1", new FakeStorage(10)).keep("free_hinge", ghost), false);
});

test("a recording thins to 15 poses a second, is bounded, and shows the first rep that counts", () => {
  const recording = new Recording();
  for (let i = 0; i < 90; i += 1) recording.add(i, readFrame(frame({ timeS: i / 30 })), 5);
  assert.equal(recording.poses.length, 45);
  recording.add(90, { ...readFrame(frame({ timeS: 99 })), seen: false }, 5);
  recording.add(91, readFrame(frame({ timeS: 99 })), NaN);
  assert.equal(recording.poses.length, 45);
  recording.tell(80, "past");
  recording.tell(86, "flat");
  assert.deepEqual(recording.poses.slice(-6).map(({ seq, back }) => [seq, back]), [
    [78, "unknown"], [80, "past"], [82, "past"], [84, "past"], [86, "flat"], [88, "flat"],
  ]);
  recording.endRep(1, "miss", () => recorded());
  recording.endRep(2, "pass", () => recorded());
  assert.equal(recording.best().number, 2);
  assert.equal(deepest(recording.best().poses).lean, 70);
  assert.equal(new Recording().best(), null);
  recording.endRep(3, "pass", () => []);
  assert.equal(recording.reps.length, 2);
});

test("the shared figure fills its part of the card", () => {
  const box = frameBox(recorded());
  const place = (x, y) => project(x, y, { width: 0, mirrored: false, selfie: false, box });
  for (const { frame: one } of recorded()) {
    for (const point of [one.hip, one.shoulder]) {
      const [x, y] = place(...point);
      assert.ok(x > 0 && x < SIZE.width && y > 240 && y < 890);
    }
  }
});

test("text is broken between words", () => {
  assert.deepEqual(wrapText("one two  three four", 9, (text) => text.length), ["one two", "three", "four"]);
  assert.deepEqual(wrapText("", 9, (text) => text.length), []);
});

test("the notice stands whole at the foot of the card, however long the next step is", () => {
  const written = [];
  const ctx = new Proxy(
    { fillText: (text, _x, y) => written.push([text, y]), measureText: (text) => ({ width: text.length * 10 }) },
    { get: (own, name) => own[name] ?? (() => {}), set: () => true },
  );
  const [one] = recorded();
  const card = { title: "t", sentence: "s", next: "touch the wall ".repeat(24), notice: "not for diagnosis ".repeat(12), doorX: NaN };
  drawCard(ctx, one, frameBox(recorded()), card);
  const foot = written.filter(([text]) => text.startsWith("not") || text.startsWith("for") || text.startsWith("diag"));
  const next = written.filter(([text]) => /touch|wall/.test(text));
  assert.ok(Math.max(...foot.map(([, y]) => y)) + 20 < SIZE.height);
  assert.ok(Math.max(...next.map(([, y]) => y)) + 20 <= Math.min(...foot.map(([, y]) => y)));
});
