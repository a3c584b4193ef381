// What the person chooses: tone, voice, volume, background, ghost, wall, form. Kept on this device.

const KEY = "hiphinge.coach";
const TRIAL = [["flat", 0.2], ["flat", 0.6], ["near", 0.8], ["past", 1], ["past", 0.6], ["flat", 0.2]];
const TRIAL_STEP_MS = 350;

/** Wires the controls of the page to the tone, the speaker and the stage. */
export class Options {
  constructor(root, view, { tone, speaker, stage, strings, storage = globalThis.localStorage }) {
    Object.assign(this, { root, view, tone, speaker, stage, strings, storage });
    this.wall = null;
    const on = (name, action) => view.one(name)?.addEventListener("input", ({ target }) => action(target));
    on("tone", (box) => this.setTone(box.checked));
    on("voice", (box) => this.setVoice(box.checked));
    on("plain", (box) => this.setPlain(box.checked));
    on("volume", (slider) => this.setVolume(slider.valueAsNumber / 100));
    on("wall", (slider) => this.#setShownWall(slider.valueAsNumber / 100));
    view.one("preview-video").addEventListener("click", (event) => this.#tapWall(event));
    root.addEventListener("change", ({ target }) => this.#showChoice(target.name, target.value));
    this.#restore();
    this.#showVoice();
    globalThis.speechSynthesis?.addEventListener?.("voiceschanged", () => this.#showVoice());
  }

  /** What is asked of the server for a new set. */
  wish() {
    const load = this.view.one("load")?.valueAsNumber ?? NaN;
    return {
      variant: this.root.querySelector('input[name="variant"]:checked')?.value ?? "",
      load_kg: Number.isFinite(load) ? load : null,
      wall: this.wall,
    };
  }

  setTone(on) {
    this.tone.on = on;
    if (!on) {
      this.tone.silence();
    }
    this.#show("tone", on);
  }

  setVoice(on) {
    this.speaker.on = on;
    if (!on) {
      this.speaker.hush();
    }
    this.#show("voice", on);
  }

  setPlain(on) {
    this.stage.plain = on;
    this.view.one("stage").classList.toggle("is-plain", on);
    this.#show("plain", on);
  }

  setVolume(volume) {
    this.tone.volume = volume;
    this.speaker.volume = volume;
    this.#remember();
  }

  /** Place the wall, as a share of the picture's width as the camera sees it; null leaves it out. */
  setWall(share) {
    this.wall = share;
    const line = this.view.one("wall-line");
    line.hidden = share === null;
    this.root.querySelector('[data-action="no-wall"]').hidden = share === null;
    if (share !== null) {
      // The person sees a mirror image; the place is kept as the camera sees it.
      const shown = this.stage.selfie ? 1 - share : share;
      this.view.one("wall").value = String(100 * shown);
      line.style.setProperty("--share", shown);
    }
  }

  /** The tone on a way down and up, and the voice. */
  trySound() {
    this.tone.unlock();
    TRIAL.forEach(([back, depth], i) => setTimeout(() => this.tone.set({ back, depth }), TRIAL_STEP_MS * i));
    setTimeout(() => this.tone.silence(), TRIAL_STEP_MS * TRIAL.length);
    this.speaker.say(this.strings.try_voice);
  }

  #show(name, on) {
    this.view.one(name).checked = on;
    this.root.querySelector(`.coach-bar [data-action="${name}"]`).setAttribute("aria-pressed", String(on));
    this.#remember();
  }

  #tapWall(event) {
    if (this.view.one("wall")) {
      const box = event.currentTarget.getBoundingClientRect();
      this.#setShownWall(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    }
  }

  #setShownWall(shown) {
    this.setWall(this.stage.selfie ? 1 - shown : shown);
  }

  #showChoice(name, value) {
    for (const text of this.root.querySelectorAll(`[data-${CSS.escape(name)}-text]`)) {
      text.hidden = text.getAttribute(`data-${name}-text`) !== value;
    }
  }

  #remember() {
    const chosen = { tone: this.tone.on, voice: this.speaker.on, plain: this.stage.plain, volume: this.tone.volume };
    try {
      this.storage.setItem(KEY, JSON.stringify(chosen));
    } catch {
      // Chosen anew next time.
    }
  }

  #restore() {
    let chosen = {};
    try {
      chosen = JSON.parse(this.storage.getItem(KEY)) ?? {};
    } catch {
      // As it comes.
    }
    const volume = chosen.volume ?? this.tone.volume;
    this.view.one("volume").value = String(100 * volume);
    this.setTone(chosen.tone ?? true);
    this.setVoice(chosen.voice ?? true);
    this.setPlain(chosen.plain ?? false);
    this.setVolume(volume);
  }

  #showVoice() {
    const able = this.speaker.able;
    this.view.one("no-voice").hidden = able;
    this.view.one("voice").disabled = !able;
    this.root.querySelector('.coach-bar [data-action="voice"]').disabled = !able;
  }
}
