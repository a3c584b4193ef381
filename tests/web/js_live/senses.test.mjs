// What is heard, read and measured: tone, voice, meter.
import assert from "node:assert/strict";
import { test } from "node:test";

import { TargetTick, Tone, toneFor } from "../../../src/hiphinge/web/static/js/live/audio.js";
import { backOf, fillShare, meterText, targetShare } from "../../../src/hiphinge/web/static/js/live/meter.js";
import { chooseVoice, Speaker } from "../../../src/hiphinge/web/static/js/live/speech.js";

const tone = (depth, back = "flat") => toneFor({ depth, back });

test("the pitch rises with the depth, as far as a little beyond the target", () => {
  const heard = [0.2, 0.5, 0.8, 1, 1.2].map((depth) => tone(depth).hz);
  assert.deepEqual([...heard].sort((a, b) => a - b), heard);
  assert.equal(new Set(heard).size, heard.length);
  assert.ok(heard[0] > 190 && heard.at(-1) < 800);
  assert.equal(tone(3).hz, tone(1.25).hz);
});

test("the back is heard as grain, not as loudness alone", () => {
  assert.deepEqual(["flat", "near", "past"].map((back) => tone(0.7, back).grain), [0, 0.55, 1]);
  assert.deepEqual(["flat", "near", "past"].map((back) => tone(0.7, back).gain), [1, 1, 1]);
  assert.deepEqual([tone(0.7, "unjudged").grain, tone(0.7, "unjudged").gain], [0, 1], "depth is heard, the back is not");
});

test("silence where nothing can be told, and in the stand", () => {
  for (const meter of [null, { depth: 0.7, back: "unknown" }, { depth: NaN, back: "flat" }, { depth: null, back: "flat" }, { depth: 0.02, back: "flat" }]) {
    assert.equal(toneFor(meter).gain, 0);
  }
});

test("the tick at the target sounds once a rep", () => {
  const tick = new TargetTick();
  const depths = [0.5, 0.99, 1.01, 0.97, 1.02, 0.9, 1.1, 0.7, 0.1, 0.6, 1.0];
  assert.deepEqual(depths.filter((depth) => tick.reached(depth)), [1.01, 1.0]);
  assert.equal(tick.reached(undefined), false);
});

test("only voices of this device in the page's language speak, the region's own first", () => {
  const voices = [
    { name: "cloud", lang: "en-GB", localService: false },
    { name: "german", lang: "de-DE", localService: true },
    { name: "us", lang: "en_US", localService: true, default: true },
    { name: "gb", lang: "en-GB", localService: true },
  ];
  assert.equal(chooseVoice(voices, "en-GB").name, "gb");
  assert.equal(chooseVoice(voices, "en").name, "us");
  assert.equal(chooseVoice(voices, "fr"), null);
  assert.equal(chooseVoice(voices.slice(0, 1), "en-GB"), null);
});

class FakeSynth extends EventTarget {
  constructor(voices) {
    super();
    this.voices = voices;
    this.log = [];
  }

  getVoices = () => this.voices;
  cancel = () => this.log.push("cancel");
  speak = (words) => this.log.push(words.text);
}

const speaker = (voices) => {
  const synth = new FakeSynth(voices);
  return [new Speaker("en", { synth, utter: (text) => ({ text }) }), synth];
};

test("the newest word counts", () => {
  const [one, synth] = speaker([{ lang: "en-US", localService: true }]);
  one.say("Step back.");
  one.say("");
  one.say("Turn side-on.");
  assert.deepEqual(synth.log, ["cancel", "Step back.", "cancel", "Turn side-on."]);
});

test("muted, or without a voice of its own, it stays quiet; a voice that comes late is taken once", () => {
  const [one, synth] = speaker([]);
  assert.equal(one.able, false);
  assert.equal(one.say("Hello"), false);
  synth.voices = [{ name: "late", lang: "en", localService: true }];
  synth.dispatchEvent(new Event("voiceschanged"));
  synth.voices = [{ name: "later", lang: "en", localService: true }];
  synth.dispatchEvent(new Event("voiceschanged"));
  assert.equal(one.voice.name, "late");
  one.on = false;
  assert.equal(one.say("Once"), false);
  assert.deepEqual(synth.log, []);
});

test("a browser without speech is no trouble", () => {
  const mute = new Speaker("en", { synth: null });
  assert.equal(mute.say("Hello"), false);
  mute.hush();
});

test("the bar holds a quarter more than the target", () => {
  assert.deepEqual([0, 0.5, 1, 1.25, 2, -1].map(fillShare), [0, 0.4, 0.8, 1, 1, 0]);
  assert.equal(targetShare(), 0.8);
  assert.equal(fillShare(undefined), null);
});

test("a screen reader hears whole tens and the back's state", () => {
  const strings = { meter_unknown: "Not seen.", meter_depth: "{percent} percent.", back_near: "curls", back_unknown: "?" };
  assert.equal(meterText({ depth: 0.83, back: "near" }, strings), "80 percent. curls");
  assert.equal(meterText({ depth: 0.5, back: "odd" }, strings), "50 percent. ?");
  assert.equal(meterText(null, strings), "Not seen.");
  assert.equal(meterText({ depth: 0.5, back: "unjudged" }, strings), "50 percent.");
  assert.equal(backOf(null), "unknown");
});

/** An AudioContext that keeps what its parameters were told. */
class FakeContext {
  constructor() {
    this.state = "suspended";
    this.currentTime = 1;
    this.nodes = [];
    this.destination = this.#node({});
  }

  #param = (value) => ({
    value,
    setTargetAtTime(to) {
      this.value = to;
    },
    setValueAtTime() {},
    exponentialRampToValueAtTime() {},
  });

  #node(fields) {
    const node = { ...fields, connect: (to) => to, start: () => {}, stop: () => {} };
    this.nodes.push(node);
    return node;
  }

  createOscillator = () => this.#node({ frequency: this.#param(440), oscillator: true });
  createGain = () => this.#node({ gain: this.#param(1) });
  createBiquadFilter = () => this.#node({ frequency: this.#param(350) });
  resume = () => {
    this.state = "running";
  };
}

test("the tone is built at the first tap, follows the meter, ticks at the target, and can be muted", () => {
  const context = new FakeContext();
  const one = new Tone(() => context);
  one.set({ depth: 0.5, back: "flat" });
  assert.equal(context.nodes.length, 1); // nothing sounds before a tap
  one.unlock();
  one.unlock();
  assert.equal(context.state, "running");
  const voices = () => context.nodes.filter((node) => node.oscillator).length;
  const before = voices();
  one.set({ depth: 0.8, back: "past" });
  assert.ok(one.out.gain.value > 0 && one.roughGain.gain.value > 0.5);
  assert.equal(one.pure.frequency.value, toneFor({ depth: 0.8, back: "past" }).hz);
  one.set({ depth: 1.02, back: "flat" });
  assert.equal(voices(), before + 1);
  assert.equal(one.roughGain.gain.value, 0);
  one.on = false;
  one.set({ depth: 0.8, back: "flat" });
  one.click();
  assert.equal(one.out.gain.value, 0);
  assert.equal(voices(), before + 1);
  one.on = true;
  one.set({ depth: 0.8, back: "unknown" });
  assert.equal(one.out.gain.value, 0);
});
