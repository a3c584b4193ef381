// What the page knows, as one pure function of what happened: messages of the server, of the line, of the person.

export const PHASES = ["view", "facing", "stand", "ready", "moving", "done"];
/** Ends of the line that close a set on this device, and the trouble that is told then. */
const ENDED = { taken: "taken", gone: "gone", refused: "refused" };

export const initial = Object.freeze({
  screen: "setup", // setup | starting | slow | live | asking | ending | summary | trouble
  phase: null,
  link: "closed",
  mirror: false,
  plan: null,
  show: "",
  advice: [],
  countdown: null,
  offer: "", // a command that the person may give now
  meter: null,
  reps: [],
  note: null, // {kind: cue | praise | rep, text}
  summary: null,
  trouble: null, // {kind, what, expected, nextStep}
});

/** The state after one event; the same object where nothing changed. */
export function reduce(state, event) {
  const step = STEPS[event.type];
  return step ? step(state, event) : state;
}

const STEPS = {
  start: () => ({ ...initial, screen: "starting" }),
  slow: (state) => ({ ...state, screen: "slow", trouble: { kind: "slow", what: "", nextStep: "" } }),
  setup: () => initial,
  welcome: (state, message) => ({
    ...state,
    screen: ["asking", "ending", "summary"].includes(state.screen) ? state.screen : "live",
    phase: message.phase ?? state.phase,
    mirror: Boolean(message.mirror),
    plan: message.plan ?? state.plan,
    // What was done before this page was loaded, or while the line was down.
    reps: message.reps ?? state.reps,
    trouble: null,
  }),
  phase: (state, message) => ({
    ...state,
    phase: message.phase,
    mirror: "mirror" in message ? Boolean(message.mirror) : state.mirror,
    show: message.show ?? "",
    advice: message.advice ?? [],
    countdown: Number.isFinite(message.countdown_s) ? Math.ceil(message.countdown_s) : null,
    offer: message.offer ?? "",
    // A cue stands until the next rep is over; anything else that is asked for takes its place.
    note: message.phase === "moving" ? state.note : null,
    meter: isBending(message.phase) ? state.meter : null,
  }),
  mirror: (state, message) => ({ ...state, mirror: Boolean(message.on) }),
  meter: (state, message) => ({ ...state, meter: message }),
  rep: (state, message) => ({
    ...state,
    reps: [...state.reps.filter((rep) => rep.number !== message.number), message],
    note: message.show ? { kind: "rep", text: message.show } : null,
  }),
  cue: (state, message) => ({ ...state, note: { kind: "cue", text: message.show } }),
  praise: (state, message) => ({ ...state, note: { kind: "praise", text: message.show } }),
  ask: (state) => (state.screen === "live" ? { ...state, screen: "asking" } : state),
  stop: (state) => (["live", "asking"].includes(state.screen) ? { ...state, screen: "ending" } : state),
  summary: (state, message) => ({ ...state, screen: "summary", phase: "done", meter: null, summary: message }),
  error: (state, message) =>
    message.fatal
      ? { ...state, screen: "trouble", trouble: told("server", message) }
      : { ...state, note: { kind: "cue", text: message.next_step || message.what } },
  link: (state, { state: link }) => {
    if (link in ENDED && state.screen !== "summary" && state.screen !== "trouble") {
      return { ...state, link, screen: "trouble", trouble: { kind: ENDED[link] } };
    }
    return { ...state, link };
  },
  trouble: (state, event) => ({ ...state, screen: "trouble", trouble: told(event.kind, event) }),
};

function told(kind, message) {
  return { kind, what: message.what ?? "", expected: message.expected ?? "", nextStep: message.next_step ?? "" };
}

/** Whether bends count in this phase: then there is a meter, and a tone. */
export const isBending = (phase) => phase === "ready" || phase === "moving";

/** How many reps are done: the larger of what the meter counts and what was graded. */
export const repCount = (state) => Math.max(state.meter?.reps ?? 0, state.reps.length);

/** What is shown large: the cue or praise, else what the phase asks for. */
export function headlineOf(state, strings) {
  if (state.countdown !== null && state.countdown > 0 && state.phase === "stand") {
    return { kind: "countdown", text: String(state.countdown), more: state.show };
  }
  if (state.note?.text && isBending(state.phase)) {
    return { ...state.note, more: "" };
  }
  const more = state.phase === "facing" && !state.advice.length ? [strings.seen] : state.advice;
  return { kind: "phase", text: state.show, more: more.filter((line) => line !== state.show).join(" ") };
}

/** What to say for a message of the server; "" where nothing is to be said. */
export function wordsFor(before, after, message, strings) {
  const counts = message.type === "phase" && after.countdown !== null && after.countdown > 0;
  if (counts && after.countdown === before.countdown) {
    return "";
  }
  if (message.type === "phase" && message.phase === "facing" && before.phase === "view") {
    return `${strings.seen} ${message.say ?? ""}`.trim();
  }
  if (message.type === "summary") {
    return message.say ?? [message.headline, message.cue || message.praise].filter(Boolean).join(" ");
  }
  return ["phase", "cue", "praise", "rep"].includes(message.type) ? (message.say ?? "") : "";
}
