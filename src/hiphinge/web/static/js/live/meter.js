// The range meter: always something to see. Depth is the share of the drill's aimed lean; the target stands at 1.

export const FULL = 1.25;
/** ``unjudged``: it is seen, and this drill says nothing of it. */
export const BACKS = ["flat", "near", "past", "unjudged", "unknown"];

/** Share of the bar that is filled, 0..1; null where the depth is not known. */
export function fillShare(depth) {
  return Number.isFinite(depth) ? Math.min(1, Math.max(0, depth / FULL)) : null;
}

/** Where the target stands on the bar, 0..1. */
export const targetShare = () => 1 / FULL;

/** The state of the back that a message names; anything else is unknown. */
export const backOf = (meter) => (meter && BACKS.includes(meter.back) ? meter.back : "unknown");

/** What a screen reader hears: in steps of 10 %, so that it is not told at each frame. */
export function meterText(meter, strings) {
  const depth = meter && Number.isFinite(meter.depth) ? meter.depth : null;
  if (depth === null) {
    return strings.meter_unknown;
  }
  const percent = String(Math.round(Math.max(0, depth) * 10) * 10);
  const back = strings[`back_${backOf(meter)}`] ?? "";
  return `${strings.meter_depth.replace("{percent}", percent)} ${back}`.trim();
}
