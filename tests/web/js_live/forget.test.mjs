import assert from "node:assert/strict";
import test from "node:test";

import { forgetPerson, watchErasing } from "../../../src/hiphinge/web/static/js/forget.js";

class Storage {
  constructor(kept) { this.kept = new Map(Object.entries(kept)); }
  get length() { return this.kept.size; }
  key(number) { return [...this.kept.keys()][number]; }
  removeItem(key) { this.kept.delete(key); }
}

const KEPT = {
  "hiphinge.ghost.ana.free_hinge": "a", "hiphinge.ghost.ana.toe_touch": "b", "hiphinge.ghost.anabel.toe_touch": "c",
  "hiphinge-upload-ana": "d", "hiphinge-upload-anabel": "e", "hiphinge-theme": "dark",
};

test("all that is kept of somebody goes, and nothing else", () => {
  const storage = new Storage(KEPT);
  forgetPerson("ana", storage);
  assert.deepEqual([...storage.kept.keys()], ["hiphinge.ghost.anabel.toe_touch", "hiphinge-upload-anabel", "hiphinge-theme"]);
});

test("a form that erases clears the browser when it is sent, and is sent without storage too", () => {
  const listening = [];
  const form = { dataset: { erases: "ana" }, addEventListener: (kind, act) => listening.push([kind, act]) };
  const page = { querySelectorAll: (what) => (what === "form[data-erases]" ? [form] : []) };
  const storage = new Storage(KEPT);
  watchErasing(page, () => storage);
  assert.equal(storage.length, 6);
  assert.equal(listening[0][0], "submit");
  listening[0][1]();
  assert.equal(storage.length, 3);
  watchErasing(page, () => { throw new Error("switched off"); });
  listening[1][1]();
});
