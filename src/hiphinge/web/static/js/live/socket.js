// The line to the server. Frames and commands are kept until the server says that they are on its disk, and are
// sent again, in their order, after every reconnect. Nothing is lost while the line is down, up to `maxFrames`.

import { MAX_FRAMES as BATCH, packFrames } from "../pose/wire.js";

import { packPicture } from "./pictures.js";

/** Five minutes at 30 frames a second. */
export const MAX_FRAMES = 9000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const PING_MS = 4000;
const SILENT_MS = 12000;
/** Above this the network is behind: the rest waits here, where it can be counted. */
const MAX_BUFFERED = 512 * 1024;
/** Close codes after which trying again is of no use. */
const FINAL = { 4001: "taken", 4004: "gone", 4401: "refused", 4403: "refused", 4404: "gone", 4409: "taken", 4000: "over" };

const system = {
  now: () => performance.now(),
  set: (action, ms) => setTimeout(action, ms),
  clear: (id) => clearTimeout(id),
  random: () => Math.random(),
};

/** Time until the next try, milliseconds: doubled each time, with a share of chance so that not all come at once. */
export function backoffMs(tries, random) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.75 + 0.5 * random);
}

/**
 * Events: "message" (detail: one JSON message of the server), "link" (detail: {state, waiting}) where state is
 * connecting | open | lost | full | taken | gone | refused | over | closed.
 */
export class LiveLink extends EventTarget {
  constructor(url, { open = (address) => new WebSocket(address), clock = system, maxFrames = MAX_FRAMES } = {}) {
    super();
    this.url = url;
    this.state = "closed";
    this.maxFrames = maxFrames;
    this.open = open;
    this.clock = clock;
    this.frames = [];
    this.first = 0; // sequence number of frames[0]
    this.sent = 0; // the next sequence number to send on this connection
    this.commands = [];
    this.sentCommand = 0; // the next command number to send on this connection
    this.nextCommand = 0;
    this.numbered = false; // whether the server has told where this set stands
    this.welcomed = false; // whether it has on this connection
    this.tries = 0;
    this.timers = new Map();
    this.socket = null;
  }

  /** Frames not yet confirmed. */
  get waiting() {
    return this.frames.length;
  }

  /** The number that the next frame gets, once the server has told where the set stands. */
  get nextSeq() {
    return this.first + this.frames.length;
  }

  start() {
    this.#connect();
  }

  /** Try at once, e.g. because the device says that it is online again. */
  retry() {
    if (this.state === "lost" || this.state === "full") {
      this.#connect();
    }
  }

  /** Take one frame (its bytes) or picture ({timeS, flags, jpeg}); false where there is no more room for it. */
  push(frame) {
    if (this.frames.length >= this.maxFrames) {
      this.#tell("full");
      return false;
    }
    this.frames.push(frame);
    this.#flush();
    return true;
  }

  /** Send a command, in its place among the frames. */
  command(name, value = null) {
    this.commands.push({ type: "command", number: this.nextCommand, after_seq: this.nextSeq, name, value });
    this.nextCommand += 1;
    this.#flush();
  }

  close() {
    this.#end("closed");
  }

  #connect() {
    this.#drop();
    this.welcomed = false;
    this.#tell("connecting");
    let socket;
    try {
      socket = this.open(this.url);
    } catch {
      this.#lose();
      return;
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heard = this.clock.now();
    socket.addEventListener("message", (event) => socket === this.socket && this.#hear(event.data));
    socket.addEventListener("close", (event) => socket === this.socket && this.#closed(event.code));
    this.#later("ping", PING_MS, () => this.#ping());
  }

  #hear(data) {
    this.heard = this.clock.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.type === "welcome") {
      this.#welcome(message);
    } else if (message.type === "ack") {
      this.#forget(message);
      this.#flush();
    }
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #welcome(message) {
    if (!this.numbered) {
      // The first word of the server since this page was loaded: what was taken meanwhile counts from there.
      this.first = message.next_seq;
      this.commands.forEach((command, i) => {
        command.number = message.next_command + i;
        command.after_seq += message.next_seq;
      });
      this.nextCommand = message.next_command + this.commands.length;
      this.numbered = true;
    }
    this.#forget(message);
    this.sent = this.first;
    this.sentCommand = message.next_command;
    this.tries = 0;
    this.welcomed = true;
    this.#tell("open");
    this.#flush();
  }

  #forget(message) {
    const known = Math.min(Math.max(0, message.next_seq - this.first), this.frames.length);
    this.frames.splice(0, known);
    this.first += known;
    this.sent = Math.max(this.sent, this.first);
    this.commands = this.commands.filter((command) => command.number >= message.next_command);
    if (this.state === "full" && this.welcomed && this.frames.length < this.maxFrames) {
      this.#tell("open");
    }
  }

  #flush() {
    if (!this.welcomed || this.socket.readyState !== 1) {
      return;
    }
    const end = this.nextSeq;
    for (const command of this.commands.filter((one) => one.number >= this.sentCommand)) {
      this.#sendFrames(Math.min(command.after_seq, end));
      if (this.sent < command.after_seq) {
        return; // the network is behind: the command keeps its place
      }
      this.socket.send(JSON.stringify(command));
      this.sentCommand = command.number + 1;
    }
    this.#sendFrames(end);
  }

  #sendFrames(end) {
    while (this.sent < end && this.socket.bufferedAmount < MAX_BUFFERED) {
      const from = this.sent - this.first;
      if (this.frames[from].jpeg) {
        this.socket.send(packPicture(this.sent, this.frames[from]));
        this.sent += 1;
        continue;
      }
      const batch = this.frames.slice(from, Math.min(from + BATCH, end - this.first));
      this.socket.send(packFrames(this.sent, batch));
      this.sent += batch.length;
    }
  }

  #ping() {
    if (this.clock.now() - this.heard > SILENT_MS) {
      this.#lose();
      return;
    }
    if (this.socket.readyState === 1) {
      this.socket.send(JSON.stringify({ type: "ping", t: this.clock.now() }));
      this.#flush();
    }
    this.#later("ping", PING_MS, () => this.#ping());
  }

  #closed(code) {
    if (FINAL[code]) {
      this.#end(FINAL[code]);
    } else {
      this.#lose();
    }
  }

  #lose() {
    this.#drop();
    this.welcomed = false;
    this.#tell(this.frames.length >= this.maxFrames ? "full" : "lost");
    this.#later("again", backoffMs(this.tries, this.clock.random()), () => this.#connect());
    this.tries += 1;
  }

  #end(state) {
    this.#drop();
    this.welcomed = false;
    this.#tell(state);
  }

  #drop() {
    for (const id of this.timers.values()) {
      this.clock.clear(id);
    }
    this.timers.clear();
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState < 2) {
      socket.close();
    }
  }

  #later(name, ms, action) {
    this.timers.set(name, this.clock.set(action, ms));
  }

  #tell(state) {
    if (state !== this.state) {
      this.state = state;
      this.dispatchEvent(new CustomEvent("link", { detail: { state, waiting: this.frames.length } }));
    }
  }
}
