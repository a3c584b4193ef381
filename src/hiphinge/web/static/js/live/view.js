// The page's parts: what is shown for a state. Everything that reads or writes the document for the coach is here.

import { headlineOf, repCount } from "./state.js";
import { backOf, fillShare, FULL, meterText, targetShare } from "./meter.js";

const PARTS = { setup: "setup", starting: "waiting", ending: "waiting", live: "live", asking: "asking", summary: "summary", slow: "trouble", trouble: "trouble" };
/** What is shown of the measures before anybody asks for all. */
const FIRST_MEASURES = ["hip_flexion", "lumbar_flexion", "hip_share", "hip_back", "seat_back", "pelvis_tilt"];
/** Units that stand at each number; others are words and stand at the end. */
const SIGNS = ["°", "%"];
const RESTING_DEPTH = 0.1;
const LARGEST_SHARE = 0.12;
const LARGEST_PX = 88;
const SMALLEST_PX = 22;

/** Fill "{name}" in a text. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class View {
  constructor(root, config, strings) {
    this.root = root;
    this.config = config;
    this.strings = strings;
    this.one = (name) => root.querySelector(`[data-${name}]`);
    this.parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.canvas = this.one("canvas");
    this.video = this.one("video");
    this.one("target").style.setProperty("--share", targetShare());
    this.told = "";
    new ResizeObserver(() => this.#fitWords()).observe(this.one("words"));
  }

  /** Show a state. */
  show(state, before) {
    if (state.screen !== before?.screen) {
      this.#turnTo(state.screen);
      // What is being read cannot be left without losing it.
      this.one("cancel").hidden = state.screen === "ending";
    }
    if (state.screen === "live") {
      this.#showLive(state, before);
    } else if (state.screen === "summary" && state.summary !== before?.summary) {
      this.#showSummary(state.summary);
    } else if (state.trouble !== null && state.trouble !== before?.trouble) {
      this.#showTrouble(state.trouble);
      this.root.querySelector('[data-action="anyway"]').hidden = state.screen !== "slow";
      this.root.querySelector('[data-action="retry"]').hidden = state.screen === "slow";
    }
    this.#showLink(state, before);
  }

  /** The text and progress of the waiting part; `share` null while nobody knows how long. */
  wait(title, text, share = null) {
    this.one("waiting-title").textContent = title;
    this.one("waiting-text").textContent = text;
    const bar = this.one("waiting-progress");
    if (share === null) {
      bar.removeAttribute("value");
    } else {
      bar.value = share;
    }
  }

  /** Say that this device falls behind, or no longer does. */
  slow(on) {
    const label = this.one("slow");
    label.hidden = !on;
    label.textContent = on ? this.strings.falls_behind : "";
  }

  #turnTo(screen) {
    const shown = PARTS[screen];
    for (const [name, part] of Object.entries(this.parts)) {
      part.hidden = name !== shown;
    }
    this.root.dataset.screen = screen;
    const live = screen === "live";
    document.documentElement.classList.toggle("is-coaching", live);
    // What lies under the live set is out of reach of keys and screen readers, too.
    for (const part of document.querySelectorAll("body > header, body > footer, body > nav, .skip")) {
      part.inert = live;
    }
    if (screen !== "setup") {
      this.parts[shown].querySelector("[tabindex='-1']")?.focus({ preventScroll: screen === "live" });
      window.scrollTo(0, 0);
    }
  }

  #showLive(state, before) {
    const { kind, text, more } = headlineOf(state, this.strings);
    const words = this.one("words");
    if (words.dataset.kind !== kind || this.one("headline").textContent !== text || this.one("more").textContent !== more) {
      words.dataset.kind = kind;
      this.one("headline").textContent = text;
      this.one("more").textContent = more;
      this.#fitWords();
      // A countdown is heard; read out at every second it would drown the rest.
      this.tell(kind === "countdown" ? "" : [text, more].filter(Boolean).join(" "));
    }
    const count = repCount(state);
    this.one("count").textContent = String(count);
    const aim = state.plan?.reps;
    this.one("aim").textContent = aim ? fill(this.strings.of_reps, { count: aim }) : "";
    if (before && count !== repCount(before)) {
      this.tell(fill(count === 1 ? this.strings.one_rep_told : this.strings.reps_told, { count }));
    }
    this.#showMeter(state.meter);
    this.root.dataset.phase = state.phase ?? "";
    this.root.querySelector('[data-action="without"]').hidden = state.offer !== "start";
  }

  #showMeter(meter) {
    const bar = this.one("meter");
    const share = fillShare(meter?.depth);
    const back = backOf(meter);
    bar.dataset.back = back;
    bar.setAttribute("aria-valuenow", String(Math.round((share ?? 0) * FULL * 100)));
    bar.setAttribute("aria-valuetext", meterText(meter, this.strings));
    this.one("fill").style.setProperty("--share", share ?? 0);
    const badge = this.one("back");
    // In the stand nothing is said of the back: it would stand beside a cue about the bend before.
    badge.classList.toggle("is-resting", back === "unjudged" || !((meter?.depth ?? 0) > RESTING_DEPTH));
    if (badge.dataset.back !== back || !this.one("back-text").textContent) {
      badge.dataset.back = back;
      this.one("back-text").textContent = this.strings[`back_${back}`] ?? "";
    }
  }

  /** Tell a screen reader, once. */
  tell(text) {
    if (text && text !== this.told) {
      this.told = text;
      this.one("told").textContent = text;
    }
  }

  ghostText(shown) {
    const label = this.one("ghost-text");
    label.hidden = !shown;
    label.textContent = shown ? this.strings.ghost : "";
  }

  /** Words as large as their box allows: they are read from three metres. */
  #fitWords() {
    const [box, line] = [this.one("words"), this.one("headline")];
    if (!box.clientHeight) {
      return;
    }
    const countdown = box.dataset.kind === "countdown";
    const largest = Math.max(LARGEST_PX, LARGEST_SHARE * Math.min(globalThis.innerWidth, globalThis.innerHeight));
    let [low, high] = [SMALLEST_PX, countdown ? 2.4 * largest : largest];
    const fits = () => box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1;
    while (high - low > 1) {
      const middle = (low + high) / 2;
      line.style.setProperty("font-size", `${middle}px`);
      [low, high] = fits() ? [middle, high] : [low, middle];
    }
    line.style.setProperty("font-size", `${Math.floor(low)}px`);
  }

  #showLink(state, before) {
    const label = this.one("link");
    const away = state.screen === "live" && (state.link === "lost" || state.link === "full" || (state.link === "connecting" && before?.link !== "closed" && !label.hidden));
    if (away) {
      const text = state.link === "full" ? this.strings.link_full : this.strings.link_lost;
      if (label.hidden || label.textContent !== text) {
        label.textContent = text;
      }
    } else if (!label.hidden) {
      this.tell(this.strings.link_back);
    }
    label.hidden = !away;
    if (state.screen === "ending") {
      const text = state.link === "open" ? this.strings.ending_text : this.strings.ending_offline;
      this.wait(this.strings.ending, text);
    }
  }

  #showTrouble(trouble) {
    const [title, text, next] = this.strings.trouble[trouble.kind] ?? this.strings.trouble.server;
    this.one("trouble-title").textContent = title;
    this.one("trouble-text").textContent = trouble.what || text;
    this.one("trouble-next").textContent = trouble.nextStep || next;
  }

  #showSummary(summary) {
    const text = (name, value) => {
      const element = this.one(name);
      element.textContent = value ?? "";
      element.hidden = !value;
    };
    this.cue = summary.cue; // said once, and not again beside each rep
    text("result", summary.headline);
    this.one("result-try").hidden = !summary.cue;
    text("result-cue", summary.cue || summary.praise);
    text("result-note", summary.note);
    text("next", summary.next?.reason || this.#nextWords(summary));
    const reps = summary.reps ?? [];
    this.one("reps").replaceChildren(...reps.map((rep) => this.#repLine(rep)));
    this.one("reps-none").hidden = reps.length > 0;
    const measured = Object.entries(summary.measures ?? {});
    const first = FIRST_MEASURES.flatMap((name) => measured.filter(([other]) => other === name));
    const others = measured.filter(([name]) => !FIRST_MEASURES.includes(name));
    this.one("measures").replaceChildren(...this.#measureLines(first));
    this.one("other-measures").replaceChildren(...this.#measureLines(others));
    this.one("more-measures").hidden = others.length === 0;
    const { urls, drill, ask_pain: screen } = this.config;
    const felt = this.one("feel");
    // A screen's pain was asked before the result; a set's feeling is asked on a page of its own.
    felt.hidden = !summary.stored || screen;
    this.one("film").hidden = summary.stored;
    felt.href = `${urls.feel}?drill=${encodeURIComponent(drill)}`;
    const session = this.one("session");
    session.hidden = !summary.stored;
    session.href = urls.today.replace(/today$/, `sessions/${encodeURIComponent(summary.session ?? "")}`);
  }

  /** What comes next where the server names nothing: of a set that is not kept nobody is asked how it felt. */
  #nextWords({ stored }) {
    const { next_again: again, next_screen: screen, next_unkept: unkept } = this.strings;
    return stored ? (this.config.ask_pain ? screen : again) : unkept;
  }

  #repLine(rep) {
    const line = document.createElement("li");
    const grade = rep.grade ?? "cannot_tell";
    line.dataset.grade = grade;
    // A screen asks how somebody bends: no rep of it counts, or does not.
    const pill = this.config.ask_pain ? [] : [["span", this.strings[`grade_${grade}`], "pill"]];
    const parts = [
      ["strong", fill(this.strings.rep_number, { number: rep.number })],
      ...pill,
      ["span", this.#figures(rep)],
    ];
    line.append(...parts.map(([tag, content, name]) => Object.assign(document.createElement(tag), { textContent: content, className: name ?? "" })));
    return line;
  }

  #figures(rep) {
    const lumbar = rep.lumbar ? `${this.strings.lumbar} ${this.interval(rep.lumbar, "°")}` : "";
    return [lumbar, rep.cue === this.cue ? "" : rep.cue].filter(Boolean).join(" · ");
  }

  #measureLines(measures) {
    return measures.flatMap(([, measure]) => {
      const label = measure.label.charAt(0).toUpperCase() + measure.label.slice(1);
      const value = this.interval(measure, measure.unit);
      return [["dt", label], ["dd", value]].map(([tag, textContent]) => Object.assign(document.createElement(tag), { textContent }));
    });
  }

  /** A value with its range, as every page writes it: "12° (6 to 18)", "84 % (74 to 93)" or "0.62 (0.50 to 0.74) foot lengths". */
  interval({ value, lo, hi }, unit) {
    const sign = SIGNS.includes(unit) ? unit : "";
    const digits = sign ? 0 : 2;
    const write = (number) => {
      const text = number.toFixed(digits);
      return `${Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212")}`;
    };
    const ranged = Number.isFinite(lo) && Number.isFinite(hi);
    const first = `${write(value)}${sign === "%" ? "\u00a0%" : sign}`;
    const text = ranged ? fill(this.strings.interval, { value: first, lo: write(lo), hi: write(hi) }) : first;
    return sign || !unit ? text : `${text} ${this.strings.units[unit] ?? unit}`;
  }
}
