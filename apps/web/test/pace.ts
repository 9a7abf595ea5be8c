// SPDX-License-Identifier: AGPL-3.0-or-later
// What an act costs beside a loop: what else runs all the time makes both longer.

function loop(): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < 50_000_000; i++) sum = (sum * 31 + i) | 0;
  return sum === 1 ? 0 : performance.now() - start;
}

/** How often a loop of fifty million steps would have run in the time of ACT: beside other programs both take longer. */
export function loopsOf(act: () => void): number {
  loop(); // the first one is compiled
  const before = loop();
  const start = performance.now();
  act();
  const took = performance.now() - start;
  return (2 * took) / (before + loop());
}
