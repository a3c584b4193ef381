// The coach's page: puts camera, pose, line, ears and eyes together. It judges nothing; the engine on the server does.

import { send } from "../app.js";
import { MIN_FPS } from "../pose/source.js";
import { FLAG_RESTARTED } from "../pose/wire.js";

import { After } from "./after.js";
import { Tone } from "./audio.js";
import { Eyes, Trouble } from "./eyes.js";
import { readFrame } from "./frame.js";
import { anchorOf, cutRep, GhostShelf, makeGhost } from "./ghost.js";
import { Keep } from "./keep.js";
import { backOf } from "./meter.js";
import { Options } from "./options.js";
import { MAX_PICTURES } from "./pictures.js";
import { Recording } from "./record.js";
import { LiveLink } from "./socket.js";
import { Speaker } from "./speech.js";
import { Stage } from "./stage.js";
import { initial, isBending, reduce, wordsFor } from "./state.js";
import { Timeline } from "./timeline.js";
import { View } from "./view.js";

const KEEP_MS = 1000;

class Coach {
  constructor(root, config, strings) {
    this.root = root;
    this.config = config;
    this.strings = strings;
    this.state = initial;
    this.view = new View(root, config, strings);
    this.stage = new Stage(this.view.canvas, this.view.video);
    this.eyes = new Eyes(root, this.view, this.stage, strings);
    this.tone = new Tone();
    this.speaker = new Speaker(config.locale);
    this.options = new Options(root, this.view, this);
    this.shelf = new GhostShelf(config.person);
    this.keep = new Keep();
    this.after = new After(this.view, strings, { drill: config.name, notice: config.notice });
    this.pictures = false;
    this.link = null;
    this.attempt = null;
    this.#bind();
    this.#showGhost();
    root.querySelector('[data-action="frames"]').hidden = !config.server_frames;
    const start = root.querySelector('[data-action="start"]');
    start.disabled = !("mayStart" in start.dataset);
    const kept = this.#kept();
    if (kept) {
      this.start(kept); // the page was loaded again in the middle of a set
    }
  }

  // --- what happens ---

  dispatch(event) {
    const before = this.state;
    this.state = reduce(before, event);
    if (this.state.screen === "trouble" && before.screen !== "trouble") {
      this.#release();
    }
    this.view.show(this.state, before);
    this.speaker.say(wordsFor(before, this.state, event, this.strings));
    return before;
  }

  #heard(message) {
    const before = this.dispatch(message);
    if (message.type === "welcome" && message.next_command === 0 && this.link.nextCommand === 0) {
      this.link.command("start"); // the page was loaded again before it could ask for it
    }
    if (message.type === "meter") {
      this.tone.set(isBending(this.state.phase) ? message : null);
      this.recording.tell(message.seq, backOf(message));
    } else if (message.type === "rep") {
      this.#endRep(message);
    } else if (message.type === "summary") {
      this.#finish(message);
    } else if (["welcome", "phase", "mirror"].includes(message.type)) {
      this.eyes.setMirror(this.state.mirror);
      this.#followPhase(before);
    }
  }

  #followPhase(before) {
    const { phase, countdown, screen } = this.state;
    if (!isBending(phase)) {
      this.tone.silence();
    }
    if (countdown !== before.countdown && countdown > 0) {
      this.tone.click(660, 0.3);
    }
    if (phase === "ready" && before.phase === "stand") {
      this.tone.click(990, 0.4, 0.18);
    }
    if (phase === "done" && screen === "live") {
      this.stop();
    }
  }

  #frame({ bytes }) {
    if (this.link === null || this.state.screen !== "live") {
      return;
    }
    this.timeline.stamp(bytes, Date.now());
    const seq = this.link.nextSeq;
    this.link.push(bytes);
    this.#keepPlace();
    const frame = readFrame(bytes);
    this.view.ghostText(this.stage.draw(frame, this.state));
    this.recording.add(seq, frame, this.stage.leanOf(frame));
  }

  #picture({ timeS, flags, jpeg }) {
    if (this.link === null || this.state.screen !== "live") {
      return;
    }
    const placed = this.timeline.place(timeS, Date.now());
    this.link.push({ timeS: placed.timeS, flags: placed.restarted ? flags | FLAG_RESTARTED : flags, jpeg });
    this.#keepPlace();
  }

  #endRep({ number, grade }) {
    const cut = this.recording.endRep(number, grade, cutRep);
    if (grade !== "pass" || !cut.length || this.shelf.get(this.config.drill) !== null) {
      return;
    }
    const ghost = makeGhost(cut, this.stage.anchor ?? anchorOf(cut[0].frame));
    if (ghost && this.shelf.keep(this.config.drill, ghost)) {
      this.#showGhost();
    }
  }

  // --- the set ---

  /** Begin a set, or go on with a kept one. */
  async start(kept = null) {
    this.tone.unlock();
    this.dispatch({ type: "start" });
    this.view.wait(this.strings.loading, this.strings.loading_text);
    // In the middle of a set nobody stands at the phone to be asked.
    this.slowIsFine ||= kept !== null;
    const attempt = Symbol("one start: a step back makes it void");
    this.attempt = attempt;
    this.recording = new Recording();
    this.stage.forget();
    this.#showGhost();
    const steps = [
      () => this.eyes.open(),
      () => this.#openSource(),
      async () => {
        this.view.wait(this.strings.connecting, "");
        this.set = kept ?? (await this.#create());
      },
      () => this.#connect(kept?.last ?? null),
    ];
    try {
      for (const step of steps) {
        await step();
        if (attempt !== this.attempt) {
          return;
        }
      }
    } catch (error) {
      if (attempt === this.attempt) {
        this.dispatch(error.trouble ?? { type: "trouble", kind: "unsupported" });
      }
    }
  }

  async #create() {
    const wish = { drill: this.config.drill, label: this.config.label, ...this.options.wish() };
    try {
      const body = JSON.stringify(wish);
      const made = await send(this.config.create, { headers: { "Content-Type": "application/json" }, body });
      return { live: made.live, socket: this.config.socket.replace("{live}", made.live) };
    } catch (error) {
      throw new Trouble(error.status ? "server" : "network", error);
    }
  }

  #connect(last) {
    const address = new URL(this.set.socket, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.timeline = new Timeline(last);
    this.link = new LiveLink(address.href, this.pictures ? { maxFrames: MAX_PICTURES } : {});
    this.link.addEventListener("message", ({ detail }) => this.#heard(detail));
    this.link.addEventListener("link", ({ detail }) => this.dispatch({ type: "link", ...detail }));
    if (last === null) {
      this.link.command("start");
    }
    this.link.start();
  }

  #keepPlace() {
    const now = Date.now();
    if (now - (this.keptAt ?? 0) > KEEP_MS) {
      this.keptAt = now;
      this.keep.write({ ...this.set, person: this.config.person, drill: this.config.drill, last: this.timeline.last });
    }
  }

  #kept() {
    const kept = this.keep.read(this.config.person, Date.now());
    return kept?.drill === this.config.drill ? kept : null;
  }

  /** The movement is over; what only the person knows is asked before the set is read as a whole. */
  stop() {
    if (this.state.screen !== "live") {
      return;
    }
    this.tone.silence();
    this.eyes.close();
    const touched = this.config.ask_touched && this.options.wall === null;
    this.view.one("ask-touched").hidden = !touched;
    this.view.one("ask-pain").hidden = !this.config.ask_pain;
    if (touched || this.config.ask_pain) {
      this.dispatch({ type: "ask" });
    } else {
      this.#end({});
    }
  }

  #answer(form) {
    const given = new FormData(form);
    const told = {};
    if (given.has("touched")) {
      told.touched = given.get("touched") === "yes";
    }
    if (given.has("pain")) {
      told.pain = Number(given.get("pain"));
    }
    this.#end(told);
  }

  #end(told) {
    this.dispatch({ type: "stop" });
    this.link.command("stop", told);
  }

  #finish(summary) {
    this.keep.clear();
    this.after.offer(this.recording, summary, this.stage.door.x);
    this.#release();
  }

  /** Let go of everything that costs power or holds the camera. */
  #release() {
    this.attempt = null;
    this.tone.silence();
    this.link?.close();
    this.link = null;
    this.eyes.close();
  }

  // --- camera and pose ---

  async #openSource() {
    if (this.pictures) {
      await this.eyes.picture((picture) => this.#picture(picture));
      return;
    }
    const attempt = this.attempt;
    const fps = await this.eyes.follow({
      onFrame: (frame) => this.#frame(frame),
      onStatus: (status) => this.#status(status),
    });
    if (fps < MIN_FPS && attempt === this.attempt && !this.slowIsFine) {
      this.dispatch({ type: "slow" });
      await new Promise((resolve) => {
        this.goOn = resolve;
      });
      this.slowIsFine = true;
      this.dispatch({ type: "start" });
    }
  }

  #status({ state, code }) {
    if (state === "failed" && this.state.screen === "live") {
      this.dispatch({ type: "trouble", kind: code === "ended" ? "ended" : "worker" });
    } else if (this.state.screen === "live") {
      this.view.slow(state === "slow");
    }
  }

  // --- ghost ---

  #showGhost() {
    const own = this.shelf.get(this.config.drill);
    this.stage.ghost = this.view.one("ghost").checked ? own : null;
    this.root.querySelector('[data-action="forget"]').hidden = own === null;
  }

  #forgetGhost() {
    this.shelf.forget(this.config.drill);
    this.#showGhost();
  }

  // --- controls ---

  #bind() {
    const { options } = this;
    const actions = {
      start: () => this.start(),
      again: () => this.start(),
      retry: () => this.#retry(),
      anyway: () => this.goOn?.(),
      frames: () => this.#useServer(),
      cancel: () => this.#cancel(),
      stop: () => this.stop(),
      without: () => this.link?.command("start"),
      recalibrate: () => this.link?.command("calibrate"),
      preview: () => this.eyes.preview(),
      turn: () => this.eyes.turn(),
      "no-wall": () => options.setWall(null),
      sound: () => options.trySound(),
      tone: () => options.setTone(!this.tone.on),
      voice: () => options.setVoice(!this.speaker.on),
      plain: () => options.setPlain(!this.stage.plain),
      forget: () => this.#forgetGhost(),
      clip: () => this.after.clip(),
      still: () => this.after.still(),
    };
    this.root.addEventListener("click", ({ target }) => actions[target.closest("[data-action]")?.dataset.action]?.());
    this.view.one("ghost").addEventListener("input", () => this.#showGhost());
    this.view.one("asking").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(event.target);
    });
    document.addEventListener("keydown", (event) => this.#key(event));
    // After a reload the browser lets the page sound only from the next touch on.
    document.addEventListener("pointerdown", () => this.state.screen === "live" && this.tone.unlock());
    globalThis.addEventListener("online", () => this.link?.retry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.link?.retry());
  }

  #key(event) {
    if (this.state.screen !== "live" || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key.toLowerCase() === "m") {
      this.options.setTone(!this.tone.on);
    } else if (event.key.toLowerCase() === "v") {
      this.options.setVoice(!this.speaker.on);
    }
  }

  #retry() {
    if (this.state.trouble?.kind === "gone") {
      this.keep.clear();
    }
    this.start(this.#kept());
  }

  #useServer() {
    this.pictures = true;
    this.#release();
    this.start(this.#kept());
  }

  #cancel() {
    this.#release();
    this.dispatch({ type: "setup" });
  }
}

const root = document.getElementById("coach");
if (root) {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  new Coach(root, read("coach-config"), read("coach-strings"));
}
