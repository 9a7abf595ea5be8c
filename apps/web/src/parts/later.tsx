// SPDX-License-Identifier: AGPL-3.0-or-later
// A part of the page whose code is fetched when it is first shown.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../words";
import { Button } from "./button";
import { Skeleton } from "./skeleton";

export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let found: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [, setReady] = useState(found !== null);
    const [failed, setFailed] = useState(false);
    const fetchIt = () => {
      setFailed(false);
      load().then((part) => { found = part; setReady(true); }, () => setFailed(true));
    };
    useEffect(() => { if (!found) fetchIt(); }, []);
    if (found) {
      const Part = found;
      return <Part {...props} />;
    }
    if (!failed) return <Skeleton />;
    return <div class="empty"><p>{t("A part of this page could not be fetched.")}</p><Button onClick={fetchIt}>{t("Try again")}</Button></div>;
  };
}
