// Putting a joint or the wall where it is: by dragging, or with the arrow keys. Tried first, kept only when it is saved.
import { announce, send } from "./app.js";
import { player } from "./replay.js";
import { say } from "./strings.js";

const root = document.querySelector("[data-correct]");
const part = (name) => root.querySelector(`[data-${name}]`);
const NEAR = 0.25;

class Correct {
  constructor() {
    this.url = root.dataset.correct;
    this.on = false;
    this.handles = new Map();
    this.shift = null;
    this.place = player.part("handles");
    if (player.data) this.#start(); else player.addEventListener("ready", () => this.#start(), { once: true });
  }

  #start() {
    this.kept = structuredClone(player.data); // what is drawn is moved about; what is kept stays
    this.revision = player.data.revision;
    this.#take(player.data.corrections);
    part("toggle").addEventListener("click", () => this.toggle());
    part("preview").addEventListener("click", () => this.preview());
    part("reset").addEventListener("click", () => { this.#take(this.kept.corrections); this.#back(); });
    part("none").addEventListener("click", () => { this.joints = new Map(); this.wall = null; this.#changed(); });
    part("again").addEventListener("click", () => this.#again());
    part("wall").addEventListener("click", () => this.#placeWall());
    part("joint").addEventListener("change", () => this.#mark());
    part("save").addEventListener("submit", (event) => { event.preventDefault(); this.save(event.target); });
    player.addEventListener("moved", () => this.#position());
    addEventListener("beforeunload", (event) => { if (this.#isNew()) event.preventDefault(); });
  }

  #take(corrections) {
    this.joints = new Map(corrections.joints.map((one) => [`${one.row} ${one.joint}`, { ...one }]));
    this.wall = corrections.wall_x;
    this.#list();
  }

  #back() {
    part("result").replaceChildren();
    player.show(structuredClone(this.kept));
    this.#list();
  }

  #isNew() {
    return JSON.stringify(this.#wanted()) !== JSON.stringify({ revision: this.revision, ...this.#plain(this.kept.corrections) });
  }

  #plain({ joints, wall_x }) {
    const sorted = joints.map(({ row, joint, x, y }) => ({ row, joint, x, y })).sort((a, b) => a.row - b.row || a.joint.localeCompare(b.joint));
    return { joints: sorted, wall_x };
  }

  #wanted() { return { revision: this.revision, ...this.#plain({ joints: [...this.joints.values()], wall_x: this.wall }) }; }

  toggle() {
    this.on = !this.on;
    part("tools").hidden = !this.on;
    part("toggle").setAttribute("aria-expanded", String(this.on));
    this.place.hidden = !this.on;
    player.pause();
    if (this.on && !this.handles.size) this.#makeHandles();
    this.#position();
  }

  get row() { return player.data.rows[player.index]; }

  /** Where a joint is in this frame: put by hand, else as it was seen. */
  at(joint) {
    const put = this.joints.get(`${this.row} ${joint}`);
    return put ? [put.x, put.y] : player.data.joints[joint][player.index];
  }

  #makeHandles() {
    for (const option of part("joint").options) this.#handle(option.value, option.textContent);
    this.wallHandle = document.createElement("button");
    this.wallHandle.type = "button";
    this.wallHandle.className = "handle handle--wall";
    this.place.append(this.wallHandle);
    this.#drag(this.wallHandle, (x, y) => this.#moveWall(player.toPicture(x, y)[0]), () => [this.#wallX(), 0]);
  }

  #handle(joint, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "handle";
    button.dataset.name = name;
    this.place.append(button);
    this.handles.set(joint, button);
    button.addEventListener("focus", () => { part("joint").value = joint; this.#mark(); });
    this.#drag(button, (x, y) => this.#move(joint, player.toPicture(x, y)), () => this.at(joint));
  }

  /** By pointer, and by arrow keys in pixels of the film. */
  #drag(button, to, from) {
    let held = null;
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      const box = player.canvas.getBoundingClientRect();
      const [x, y] = player.toView(from());
      held = [event.clientX - box.left - x, event.clientY - box.top - y];
      button.focus();
      event.preventDefault();
    });
    button.addEventListener("pointermove", (event) => {
      if (!held) return;
      const box = player.canvas.getBoundingClientRect();
      to(event.clientX - box.left - held[0], event.clientY - box.top - held[1]);
    });
    for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, () => { if (held) { held = null; this.#changed(); } });
    button.addEventListener("keydown", (event) => {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const way = ways[event.key];
      if (!way) return;
      event.preventDefault();
      const size = event.shiftKey ? 10 : 1;
      const [x, y] = from();
      to(...player.toView([x + way[0] * size * (player.flip ? -1 : 1), y + way[1] * size]));
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.#changed(), 400);
    });
  }

  #move(joint, [x, y]) {
    const seen = this.kept.joints[joint][player.index];
    if (!seen) return;
    const round = (one) => Math.round(one * 10) / 10;
    this.joints.set(`${this.row} ${joint}`, { row: this.row, joint, x: round(x), y: round(y) });
    this.shift = { joint, by: [x - seen[0], y - seen[1]] };
    player.data.joints[joint][player.index] = [x, y];
    player.draw();
    this.#position();
  }

  #again() {
    if (!this.shift) { announce(say("nothing")); return; }
    const seen = this.kept.joints[this.shift.joint][player.index];
    if (!seen) { announce(say("unseen")); return; }
    this.#move(this.shift.joint, [seen[0] + this.shift.by[0], seen[1] + this.shift.by[1]]);
    this.#changed();
  }

  #wallX() { return this.wall ?? player.data.wall_x ?? player.box.x + player.box.width * 0.1; }

  #placeWall() {
    this.#moveWall(this.#wallX());
    this.#changed();
    this.wallHandle?.focus();
  }

  #moveWall(x) {
    const wide = player.data.width_px;
    this.wall = Math.max(0, Math.min(wide, Math.round(x * 10) / 10));
    player.data.wall_x = this.wall;
    player.draw();
    this.#position();
  }

  #mark() {
    for (const [joint, button] of this.handles) button.setAttribute("aria-pressed", String(joint === part("joint").value));
  }

  #position() {
    if (!this.on) return;
    for (const [joint, button] of this.handles) {
      const point = this.at(joint);
      button.hidden = !point;
      if (!point) continue;
      const [x, y] = player.toView(point);
      button.style.left = `${x}px`;
      button.style.top = `${y}px`;
      button.classList.toggle("handle--moved", this.joints.has(`${this.row} ${joint}`));
      button.setAttribute("aria-label", say("handle", { joint: button.dataset.name, x: Math.round(point[0]), y: Math.round(point[1]) }));
    }
    const shown = this.wall !== null || player.data.wall_x !== null;
    this.wallHandle.hidden = !shown;
    if (shown) {
      this.wallHandle.style.left = `${player.toView([this.#wallX(), 0])[0]}px`;
      this.wallHandle.setAttribute("aria-label", say("wallhandle", { x: Math.round(this.#wallX()) }));
    }
    this.#mark();
  }

  #changed() {
    this.#list();
    part("result").replaceChildren();
    this.#follow();
  }

  /** Let the frames beside a moved joint follow at once, as they will when the clip is judged again. */
  #follow() {
    const data = structuredClone(this.kept);
    data.wall_x = this.wall ?? this.kept.wall_x;
    const now = player.index;
    for (const put of this.joints.values()) {
      if ([...this.kept.corrections.joints].some((one) => one.row === put.row && one.joint === put.joint && one.x === put.x && one.y === put.y)) continue;
      const at = data.rows.indexOf(put.row);
      const seen = this.kept.joints[put.joint][at];
      if (at < 0 || !seen) continue;
      const by = [put.x - seen[0], put.y - seen[1]];
      data.time_s.forEach((t, k) => {
        const part = 1 - Math.abs(t - data.time_s[at]) / NEAR;
        const point = this.kept.joints[put.joint][k];
        if (part > 0 && point && k !== at && !this.joints.has(`${data.rows[k]} ${put.joint}`)) data.joints[put.joint][k] = [point[0] + by[0] * part, point[1] + by[1] * part];
      });
      data.joints[put.joint][at] = [put.x, put.y];
    }
    player.index = now;
    player.data = { far_joints: {}, ...data };
    player.go(now);
  }

  #list() {
    const rows = [...this.joints.values()].sort((a, b) => a.row - b.row);
    const items = rows.map((one) => {
      const at = this.kept.rows.indexOf(one.row);
      const name = [...part("joint").options].find((option) => option.value === one.joint)?.textContent ?? one.joint;
      const text = say("moved", { joint: name, t: say("second", { t: (this.kept.time_s[at] ?? 0).toFixed(2) }) });
      return this.#item(text, () => { this.joints.delete(`${one.row} ${one.joint}`); this.#changed(); }, () => player.go(at));
    });
    if (this.wall !== null) items.push(this.#item(say("wallmoved"), () => { this.wall = null; this.#changed(); }, null));
    if (!items.length) {
      const none = document.createElement("li");
      none.className = "soft";
      none.textContent = say("nothing");
      items.push(none);
    }
    part("list").replaceChildren(...items);
  }

  #item(text, remove, show) {
    const item = document.createElement("li");
    const label = document.createElement(show ? "button" : "span");
    label.textContent = text;
    if (show) {
      label.type = "button";
      label.className = "button button--quiet";
      label.addEventListener("click", show);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = "✕";
    button.setAttribute("aria-label", say("remove", { what: text }));
    button.addEventListener("click", remove);
    item.append(label, button);
    return item;
  }

  async preview() {
    const place = part("result");
    const wait = document.createElement("p");
    wait.textContent = say("working");
    place.replaceChildren(wait);
    try {
      const told = await send(`${this.url}/preview`, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(this.#wanted()) });
      player.show({ ...told.replay, revision: this.revision, corrections: this.kept.corrections });
      place.replaceChildren(...this.#changes(told));
      this.#position();
    } catch (error) { this.#trouble(error, place); }
  }

  #changes(told) {
    const title = document.createElement("h3");
    title.textContent = say("changed");
    const rows = [
      [say("outcome"), told.outcome.before, told.outcome.after],
      ...told.reps.map((one) => [say("rep", { n: one.number }), one.before, one.after]),
      ...told.measures.map((one) => [one.label, one.before, one.after]),
      [say("next"), told.next.before, told.next.after],
    ];
    const table = document.createElement("table");
    table.className = "table";
    const head = table.createTHead().insertRow();
    for (const text of ["", say("before"), say("after")]) {
      const cell = document.createElement(text ? "th" : "td");
      if (text) cell.scope = "col";
      cell.textContent = text;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const [label, before, after] of rows) {
      const row = body.insertRow();
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = label;
      row.append(name);
      row.insertCell().textContent = before;
      const cell = row.insertCell();
      cell.textContent = before === after ? say("same") : after;
      if (before === after) cell.className = "soft";
    }
    const wrap = document.createElement("div");
    wrap.className = "table-wrap";
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "region");
    wrap.setAttribute("aria-label", title.textContent);
    wrap.append(table);
    return told.measures.length || told.reps.some((one) => one.before !== one.after) ? [title, wrap] : [title, wrap, Object.assign(document.createElement("p"), { textContent: say("nochange") })];
  }

  #trouble(error, place) {
    const text = document.createElement("p");
    text.className = "error notmet";
    text.textContent = [error.message, error.expected, error.nextStep].filter(Boolean).join(" ");
    place.replaceChildren(text);
  }

  async save(form) {
    const error = part("error");
    error.hidden = true;
    const told = { ...this.#wanted(), reason: form.elements.reason.value, by: form.elements.by?.value ?? "" };
    try {
      const answer = await send(this.url, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) });
      this.kept = { ...this.kept, corrections: { joints: told.joints, wall_x: told.wall_x } };
      this.revision = answer.revision;
      announce(say("saved"));
      location.assign(answer.url);
    } catch (problem) {
      error.textContent = [problem.message, problem.expected, problem.nextStep].filter(Boolean).join(" ");
      error.hidden = false;
    }
  }
}

if (root && player) new Correct();
