// SPDX-License-Identifier: AGPL-3.0-or-later
// What changed between two texts, line by line: the shortest list of changes (Myers 1986), as long as they are few.

export interface Change {
  kind: "same" | "added" | "removed";
  lines: string[];
}

const MOST_CHANGES = 2000;

/** The changes from BEFORE to AFTER; null where they are too many to be worth a look. */
export function changes(before: string, after: string): Change[] | null {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middle = shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  if (!middle) return null;
  const list: Change[] = [];
  const add = (kind: Change["kind"], lines: string[]) => {
    if (lines.length === 0) return;
    const last = list.at(-1);
    if (last?.kind === kind) last.lines.push(...lines);
    else list.push({ kind, lines: [...lines] });
  };
  add("same", a.slice(0, head));
  for (const one of middle) add(one.kind, one.lines);
  add("same", a.slice(a.length - tail));
  return list;
}

function shortest(a: readonly string[], b: readonly string[]): Change[] | null {
  const most = Math.min(a.length + b.length, MOST_CHANGES);
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? reach.get(k + 1) ?? 0 : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(trace, a, b, d);
    }
    reach = new Map(reach);
  }
  return null;
}

function back(trace: readonly Map<number, number>[], a: readonly string[], b: readonly string[], end: number): Change[] {
  const list: Change[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = end; d >= 0; d--) {
    const reach = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : reach.get(fromK) ?? 0;
    const fromY = d === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY && a[x - 1] === b[y - 1]) {
      list.unshift({ kind: "same", lines: [a[x - 1]!] });
      x--;
      y--;
    }
    if (d === 0) break;
    if (down) list.unshift({ kind: "added", lines: [b[--y]!] });
    else list.unshift({ kind: "removed", lines: [a[--x]!] });
  }
  return list;
}
