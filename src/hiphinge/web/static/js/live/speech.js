// Words, spoken by a voice that lives on this device; without one nothing is spoken and nothing leaves the device.

const clean = (tag) => (tag ?? "").replace("_", "-").toLowerCase();

/** The first local voice of the page's language (the same region first); null where the device has none. */
export function chooseVoice(voices, language) {
  const wanted = clean(language);
  const base = wanted.split("-")[0];
  const local = voices.filter((voice) => voice.localService === true && clean(voice.lang).split("-")[0] === base);
  const rank = (voice) => (clean(voice.lang) === wanted ? 0 : 1) + (voice.default ? 0 : 0.5);
  return local.sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

export class Speaker {
  constructor(language, { synth = globalThis.speechSynthesis ?? null, utter = (text) => new SpeechSynthesisUtterance(text) } = {}) {
    this.language = language;
    this.synth = synth;
    this.utter = utter;
    this.voice = null;
    this.on = true;
    this.volume = 1;
    this.#look();
    this.synth?.addEventListener?.("voiceschanged", () => this.#look());
  }

  get able() {
    return this.voice !== null;
  }

  /** Say a text. The newest word counts: it ends what is being said. */
  say(text) {
    if (!text || !this.on || this.voice === null) {
      return false;
    }
    this.synth.cancel();
    const words = this.utter(text);
    words.voice = this.voice;
    words.lang = this.voice.lang;
    words.volume = this.volume;
    this.synth.speak(words);
    return true;
  }

  hush() {
    if (this.voice !== null) {
      this.synth.cancel();
    }
  }

  #look() {
    // Chosen once: a voice that changes in the middle of a set startles.
    this.voice ??= this.synth ? chooseVoice(this.synth.getVoices(), this.language) : null;
  }
}
