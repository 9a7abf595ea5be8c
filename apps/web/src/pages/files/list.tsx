// SPDX-License-Identifier: AGPL-3.0-or-later
// A list of any length: only what is in view is in the page. Rows have one height, so that no row is measured.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const MORE = 8;

interface ListProps extends Omit<JSX.HTMLAttributes<HTMLDivElement>, "label"> {
  count: number;
  height: number;
  /** The row of the keyboard, which is kept in view. */
  at: number;
  head?: ComponentChildren;
  /** SLOT is the same for the row that takes another's place when it leaves the view: its parts are used again. */
  row: (place: number, top: number, slot: number) => ComponentChildren;
  /** Rows from, to: what is in view now. */
  seen?: (from: number, to: number) => void;
  wide?: (width: number) => void;
}

export function List({ count, height, at, head, row, seen, wide, ...rest }: ListProps) {
  const ref = useRef<HTMLDivElement>(null);
  const headRef = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ from: 0, to: 40 });
  const look = () => {
    const box = ref.current;
    if (!box) return;
    const from = Math.max(0, Math.floor(box.scrollTop / height) - MORE);
    const to = Math.min(count, Math.ceil((box.scrollTop + box.clientHeight) / height) + MORE);
    setView((before) => (before.from === from && before.to === to ? before : { from, to }));
  };
  useLayoutEffect(look, [count, height]);
  useEffect(() => {
    const box = ref.current!;
    const watch = new ResizeObserver(() => {
      wide?.(box.clientWidth);
      look();
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, [height, count]);
  useEffect(() => {
    const box = ref.current!;
    if (at < 0) return;
    const under = headRef.current?.offsetHeight ?? 0;
    const top = at * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height + under > box.scrollTop + box.clientHeight) box.scrollTop = top + height + under - box.clientHeight;
  }, [at, height]);
  useEffect(() => { seen?.(view.from, view.to); }, [view.from, view.to, count]);
  const slots = useRef(1);
  slots.current = Math.max(slots.current, view.to - view.from);
  const rows: ComponentChildren[] = [];
  for (let place = view.from; place < Math.min(view.to, count); place++) rows.push(row(place, place * height, place % slots.current));
  return (
    <div ref={ref} {...rest} onScroll={look}>
      {head && <div ref={headRef} role="presentation">{head}</div>}
      <div class="files-space" role="presentation" style={{ height: `${count * height}px` }}>{rows}</div>
    </div>
  );
}
