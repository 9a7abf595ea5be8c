// SPDX-License-Identifier: AGPL-3.0-or-later
// A small picture of an image. It is read once, a few at a time, and forgotten when it leaves the view.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../parts/icon";
import type { Organization } from "../../state/organization";
import { wholeFile } from "../../state/streams";
import { kindOf } from "./kinds";

const LIMIT = 16 << 20;
const AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
}

function leave(): void {
  running--;
  waiting.shift()?.();
}

export function Thumbnail({ organization, path, name, bytes }: { organization: Organization; path: string; name: string; bytes: number | undefined }) {
  const [url, setUrl] = useState("");
  const kind = kindOf(name);
  useEffect(() => {
    let ended = false;
    let made = "";
    if (bytes === undefined || bytes > LIMIT) return;
    void (async () => {
      await turn();
      try {
        if (ended) return;
        const content = await wholeFile(organization, path, LIMIT);
        if (!content || ended) return;
        made = URL.createObjectURL(new Blob([content], { type: kind.type }));
        setUrl(made);
      } catch {
        // The icon stays.
      } finally {
        leave();
      }
    })();
    return () => {
      ended = true;
      if (made !== "") URL.revokeObjectURL(made);
    };
  }, [path, bytes]);
  return url === "" ? <Icon of={kind.icon} size="l" /> : <img src={url} alt="" loading="lazy" decoding="async" draggable={false} />;
}
