import assert from "node:assert/strict";
import { test } from "node:test";

import { backoffMs, LiveLink } from "../../../src/hiphinge/web/static/js/live/socket.js";
import { FakeSocket, frame, HandClock } from "./tools.mjs";

function open(options = {}) {
  const clock = new HandClock();
  const sockets = [];
  const link = new LiveLink("ws://test", {
    clock,
    open: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1);
    },
    ...options,
  });
  const states = [];
  link.addEventListener("link", ({ detail }) => states.push(detail.state));
  const welcome = (next_seq = 0, next_command = 0) => {
    sockets.at(-1).accept();
    sockets.at(-1).say({ type: "welcome", next_seq, next_command });
  };
  return { clock, link, sockets, states, welcome };
}

const frames = (socket) => socket.sent.filter((one) => one.magic).flatMap(({ first, times }) => times.map((timeS, i) => [first + i, timeS]));
const commands = (socket) => socket.sent.filter((one) => one.type === "command");

test("nothing is sent before the server's welcome, then everything in its order", () => {
  const { link, sockets, welcome } = open();
  link.start();
  link.command("start");
  link.push(frame({ timeS: 0 }));
  link.push(frame({ timeS: 0.1 }));
  link.command("calibrate");
  link.push(frame({ timeS: 0.2 }));
  assert.deepEqual(sockets[0].sent, []);
  welcome();
  assert.deepEqual(sockets[0].sent.map((one) => one.name ?? [one.first, one.count]), ["start", [0, 2], "calibrate", [2, 1]]);
  assert.deepEqual(commands(sockets[0]).map((one) => [one.number, one.after_seq]), [[0, 0], [1, 2]]);
  assert.equal(sockets[0].sent[1].magic, "HHL1");
});

test("what was not confirmed is sent again after a reconnect, and only that", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  for (let i = 0; i < 6; i += 1) link.push(frame({ timeS: i / 10 }));
  link.command("stop");
  sockets[0].say({ type: "ack", next_seq: 2, next_command: 0 });
  sockets[0].drop();
  link.push(frame({ timeS: 0.6 }));
  assert.equal(link.state, "lost");
  assert.equal(link.waiting, 5);
  clock.pass(1000);
  assert.equal(sockets.length, 2);
  welcome(4, 0); // two more had arrived, their acknowledgement had not
  assert.deepEqual(frames(sockets[1]), [[4, 0.4], [5, 0.5], [6, 0.6]]);
  assert.deepEqual(sockets[1].sent.map((one) => one.name ?? one.first), [4, "stop", 6]);
  assert.equal(link.waiting, 3);
  sockets[1].say({ type: "ack", next_seq: 7, next_command: 1 });
  assert.equal(link.waiting, 0);
  assert.deepEqual(link.commands, []);
});

test("a command that the server has is not sent again", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  link.command("start");
  link.command("calibrate");
  sockets[0].drop();
  clock.pass(1000);
  welcome(0, 1);
  assert.deepEqual(commands(sockets[1]).map((one) => [one.number, one.name]), [[1, "calibrate"]]);
});

test("after a reload the server's numbers go on", () => {
  const { link, sockets, welcome } = open();
  link.push(frame({ timeS: 9 }));
  link.command("calibrate");
  link.start();
  welcome(120, 3);
  assert.deepEqual(frames(sockets[0]), [[120, 9]]);
  assert.deepEqual(commands(sockets[0]).map((one) => [one.number, one.after_seq]), [[3, 121]]);
});

test("at most 64 frames go into one message", () => {
  const { link, sockets, welcome } = open();
  for (let i = 0; i < 150; i += 1) link.push(frame({ timeS: i }));
  link.start();
  welcome();
  assert.deepEqual(sockets[0].sent.map((one) => [one.first, one.count]), [[0, 64], [64, 64], [128, 22]]);
});

test("frames wait here where the network is behind, and a command keeps its place", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  sockets[0].bufferedAmount = 1e9;
  link.push(frame({ timeS: 0 }));
  link.command("stop");
  assert.deepEqual(sockets[0].sent, []);
  sockets[0].bufferedAmount = 0;
  clock.pass(4000); // the ping flushes
  assert.deepEqual(sockets[0].sent.map((one) => one.type ?? "frames"), ["ping", "frames", "command"]);
});

test("memory is bounded, numbers have no gap, and there is room again after an acknowledgement", () => {
  const { link, sockets, states, welcome } = open({ maxFrames: 3 });
  link.start();
  welcome();
  const taken = [0, 1, 2, 3, 4].map((timeS) => link.push(frame({ timeS })));
  assert.deepEqual(taken, [true, true, true, false, false]);
  assert.equal(link.state, "full");
  sockets[0].say({ type: "ack", next_seq: 2, next_command: 0 });
  assert.equal(link.state, "open");
  assert.ok(link.push(frame({ timeS: 5 })));
  assert.deepEqual(frames(sockets[0]), [[0, 0], [1, 1], [2, 2], [3, 5]]);
  assert.deepEqual(states, ["connecting", "open", "full", "open"]);
});

test("tries come further apart, up to eight seconds and a quarter", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((tries) => backoffMs(tries, 0.5)), [500, 1000, 2000, 4000, 8000, 8000]);
  assert.equal(backoffMs(0, 0), 375);
  assert.equal(backoffMs(9, 1), 10000);
});

test("the server being away for long, each try is told, and the device coming online tries at once", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  sockets[0].drop();
  for (let i = 0; i < 4; i += 1) {
    clock.pass(20000);
    sockets.at(-1).drop();
  }
  const before = sockets.length;
  link.retry();
  assert.equal(sockets.length, before + 1);
  welcome();
  assert.equal(link.state, "open");
});

test("a silent line is taken for dead", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  clock.pass(8000);
  sockets[0].say({ type: "pong", t: 8000 });
  clock.pass(12000);
  assert.equal(sockets.length, 1);
  clock.pass(4000);
  assert.equal(link.state, "lost");
  assert.equal(sockets[0].readyState, 3);
});

test("another device took over, the set is gone, nobody is signed in: no further try", () => {
  for (const [code, state] of [[4001, "taken"], [4004, "gone"], [4404, "gone"], [4401, "refused"], [4000, "over"]]) {
    const { clock, link, sockets, welcome } = open();
    link.start();
    welcome();
    sockets[0].drop(code);
    clock.pass(60000);
    assert.equal(link.state, state);
    assert.equal(sockets.length, 1);
  }
});

test("words of an old connection are not heard any more", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  link.push(frame());
  sockets[0].drop();
  clock.pass(1000);
  sockets[0].say({ type: "ack", next_seq: 1, next_command: 0 });
  assert.equal(link.waiting, 1);
});

test("a closed line is quiet", () => {
  const { clock, link, sockets, welcome } = open();
  link.start();
  welcome();
  link.close();
  clock.pass(60000);
  assert.equal(link.state, "closed");
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].readyState, 3);
});

test("pictures carry their own number and stand between frames", () => {
  const { link, sockets, welcome } = open();
  link.start();
  welcome(5, 0);
  link.push({ timeS: 1.5, flags: 1, jpeg: new Uint8Array([1, 2, 3]).buffer });
  link.push({ timeS: 1.6, flags: 0, jpeg: new Uint8Array(10).buffer });
  assert.deepEqual(sockets[0].sent, [
    { picture: 5, timeS: 1.5, flags: 1, size: 3 },
    { picture: 6, timeS: 1.6, flags: 0, size: 10 },
  ]);
});
