// After the set: the clip and the still that can be shared, made when they are asked for.

import { fill } from "./view.js";
import { deepest } from "./record.js";
import { drawCard, frameBox, handOver, makeClip, makeStill, SIZE, videoKind } from "./share.js";

export class After {
  constructor(view, strings, { drill, notice }) {
    this.view = view;
    this.strings = strings;
    this.about = { title: drill, notice };
    this.rep = null;
  }

  /** Offer what was recorded; nothing is offered where no rep was. */
  offer(recording, summary, doorX) {
    this.rep = recording.best();
    this.view.one("share").hidden = this.rep === null;
    if (this.rep === null) {
      return;
    }
    const step = summary.cue || summary.next?.reason;
    const next = step ? fill(this.strings.share_next, { text: step }) : summary.praise || this.strings.share_again;
    this.card = { ...this.about, sentence: summary.headline, next, doorX };
    const canvas = this.view.one("share-canvas");
    Object.assign(canvas, SIZE);
    drawCard(canvas.getContext("2d"), deepest(this.rep.poses), frameBox(this.rep.poses), this.card);
    this.say("");
  }

  async clip() {
    const kind = videoKind();
    if (kind === null) {
      this.say(this.strings.share_not);
      return;
    }
    await this.#make(`${this.strings.share_name}.${kind[1]}`, () =>
      makeClip(this.rep, this.card, {
        kind,
        onProgress: (share) => this.say(fill(this.strings.share_making, { percent: Math.round(share * 10) * 10 })),
      }),
    );
  }

  async still() {
    await this.#make(`${this.strings.share_name}.png`, () => makeStill(this.rep, this.card));
  }

  async #make(name, make) {
    if (this.busy) {
      return;
    }
    this.busy = true;
    try {
      const blob = await make();
      const handed = await handOver(blob, name, this.card.sentence);
      this.say(handed ? this.strings.share_done : "");
    } catch {
      this.say(this.strings.share_failed);
    } finally {
      this.busy = false;
    }
  }

  say(text) {
    const place = this.view.one("share-text");
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }
}
