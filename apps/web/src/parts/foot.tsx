// SPDX-License-Identifier: AGPL-3.0-or-later
// What is at the end of every page: how this page was delivered, the language, light or dark.
import { Globe, Laptop, Moon, Sun } from "lucide-preact";
import { hostName } from "../state/host";
import { isDark, theme, useTheme } from "../state/settings";
import { language, t, useLanguage } from "../words";
import { Icon } from "./icon";

export function Delivery() {
  const found = hostName.value;
  if (!found) return null;
  const sentence = found.host === "agent" ? t("zt %s, installed on this computer", found.version) : t("This page comes from your organization's server. The people who run it could change it.");
  return <><Icon of={found.host === "agent" ? Laptop : Globe} size="s" /><span title={sentence}>{sentence}</span></>;
}

export function Toggles() {
  void theme.value;
  const other = language() === "fr" ? "en" : "fr";
  return (
    <>
      <button type="button" lang={other} onClick={() => void useLanguage(other, true)}>{other === "fr" ? "Français" : "English"}</button>
      <button type="button" aria-label={t("Light or dark")} title={t("Light or dark")} onClick={() => useTheme(isDark() ? "light" : "dark")}>
        <Icon of={isDark() ? Moon : Sun} size="s" />
      </button>
    </>
  );
}

export function Foot() {
  return (
    <footer class="foot">
      <span class="row grow"><Delivery /></span>
      <span class="right"><Toggles /></span>
    </footer>
  );
}
