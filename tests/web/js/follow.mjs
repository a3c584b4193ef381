// Follows the background over grey pictures of one size, as the camera's watch does frame by frame.
import { Mover } from '../../../src/hiphinge/web/static/js/pose/watch.js';

/** Follow the background over grey pictures of one size: its shift in each, pixels. */
export function followAll(pictures, width, height, box) {
  let mover = new Mover(pictures[0], width, height, box, [0, 0]);
  return pictures.map((grey) => {
    const shift = mover.follow(grey, box);
    mover = mover.next;
    return shift;
  });
}
