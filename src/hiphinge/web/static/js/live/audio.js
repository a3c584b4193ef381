// Ears first: with the chin tucked nobody sees a screen. Pitch follows the depth, the grain of the tone the back.

const LOWEST_HZ = 196;
const OCTAVES = 1.6;
const DEEPEST = 1.25;
const LOUDEST = 0.5;
/** Standing is silent: the tone comes in between these depths. */
const QUIET = [0.06, 0.16];
const GRAIN = { flat: 0, near: 0.55, past: 1, unjudged: 0 };
const GLIDE_S = 0.06;
/** The tick at the target sounds again only after the person has come back up to here. */
const REARM = 0.8;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * What to hear for one reading: {hz, gain 0..1, grain 0..1 (0 pure, 1 rough)}; gain 0 where nothing can be told.
 */
export function toneFor(meter) {
  if (!meter || !(meter.back in GRAIN) || !Number.isFinite(meter.depth)) {
    return { hz: LOWEST_HZ, gain: 0, grain: 0 };
  }
  const depth = clamp(meter.depth, 0, DEEPEST);
  return {
    hz: LOWEST_HZ * 2 ** (OCTAVES * depth),
    gain: clamp((depth - QUIET[0]) / (QUIET[1] - QUIET[0]), 0, 1),
    grain: GRAIN[meter.back],
  };
}

/** Says when the target depth is reached, once a rep. */
export class TargetTick {
  constructor() {
    this.armed = true;
  }

  reached(depth) {
    if (!Number.isFinite(depth)) {
      return false;
    }
    if (this.armed && depth >= 1) {
      this.armed = false;
      return true;
    }
    this.armed = this.armed || depth < REARM;
    return false;
  }
}

/** The tone itself: a pure voice and a rough one, crossfaded, the rough one beating 28 times a second. */
export class Tone {
  constructor(makeContext = () => new AudioContext()) {
    this.makeContext = makeContext;
    this.context = null;
    this.on = true;
    this.volume = 0.6;
    this.tick = new TargetTick();
  }

  /** Must be called from a tap or a key: browsers let no page sound before. */
  unlock() {
    if (this.context === null) {
      this.#build(this.makeContext());
    }
    if (this.context.state === "suspended") {
      this.context.resume();
    }
  }

  set(meter) {
    if (this.context === null) {
      return;
    }
    const tone = toneFor(this.on ? meter : null);
    const now = this.context.currentTime;
    const glide = (param, value) => param.setTargetAtTime(value, now, GLIDE_S);
    glide(this.pure.frequency, tone.hz);
    glide(this.rough.frequency, tone.hz);
    glide(this.pureGain.gain, 1 - 0.8 * tone.grain);
    glide(this.roughGain.gain, 0.7 * tone.grain);
    glide(this.beatDepth.gain, 0.5 * tone.grain);
    glide(this.out.gain, tone.gain * this.volume * LOUDEST);
    if (this.on && meter && this.tick.reached(meter.depth)) {
      this.click(1560, 0.5);
    }
  }

  silence() {
    this.set(null);
  }

  /** A short soft click, e.g. at the target, or at each second of the countdown. */
  click(hz = 880, loudness = 0.35, lengthS = 0.07) {
    if (this.context === null || !this.on) {
      return;
    }
    const now = this.context.currentTime;
    const voice = this.context.createOscillator();
    const gain = this.context.createGain();
    voice.frequency.value = hz;
    gain.gain.setValueAtTime(0.0001, now);
    gain.gain.exponentialRampToValueAtTime(loudness * this.volume, now + 0.006);
    gain.gain.exponentialRampToValueAtTime(0.0001, now + lengthS);
    voice.connect(gain).connect(this.context.destination);
    voice.start(now);
    voice.stop(now + lengthS + 0.02);
  }

  #build(context) {
    this.context = context;
    const voice = (type) => {
      const oscillator = context.createOscillator();
      oscillator.type = type;
      oscillator.frequency.value = LOWEST_HZ;
      oscillator.start();
      return oscillator;
    };
    const gain = (value) => {
      const node = context.createGain();
      node.gain.value = value;
      return node;
    };
    [this.pure, this.rough, this.beat] = [voice("sine"), voice("sawtooth"), voice("square")];
    this.beat.frequency.value = 28;
    [this.pureGain, this.roughGain, this.beatDepth, this.out] = [gain(1), gain(0), gain(0), gain(0)];
    const softened = context.createBiquadFilter();
    softened.type = "lowpass";
    softened.frequency.value = 1800;
    const beaten = gain(1);
    this.beat.connect(this.beatDepth).connect(beaten.gain);
    this.pure.connect(this.pureGain).connect(beaten);
    this.rough.connect(softened).connect(this.roughGain).connect(beaten);
    beaten.connect(this.out).connect(context.destination);
  }
}
