// SPDX-License-Identifier: AGPL-3.0-or-later
// What a look at the page that a server sends has found, in words.
import type { Device, PageLook } from "@rpc";
import { shown } from "./format";
import { t } from "./index";

export function lookTitle(look: PageLook): string {
  switch (look.state) {
    case "none": return t("The server sends no page");
    case "good": return t("The server sends an accepted release");
    case "unknown": return t("The server sends one whole release");
    case "altered": return t("The server sends an altered page");
    case "foreign": return t("The server sends a page that nobody accepted");
    case "old": return t("The server sends an older page again");
    case "gone": return t("The server hides its page from this device");
    case "unseen": return t("The server does not show its page to this device");
  }
}

export function lookText(look: PageLook): string {
  switch (look.state) {
    case "none": return t("Nobody can open zt in a browser there.");
    case "good": return t("Each file is as the release says.");
    case "unknown": return t("The organization has not said which releases it accepts, so that nobody can tell whether it is the right one.");
    case "altered": return t("A file is not as the release says: %s. A person who opens zt in a browser there runs other code, which could read and send all that this person sees.", shown(look.file));
    case "foreign": return t("An administrator may have forgotten to accept a new release. Or somebody has put another page there, which could read and send all that its visitors see.");
    case "old": return t("The organization accepted this release once, and does not any more. It may have faults that are known.");
    case "gone": return t("There was a page before. The operator may have turned it off, or it is shown to others and not to this device.");
    case "unseen": return t("It answers this device, and a look at its page fails. That may pass by itself; after a day it is an alarm.");
  }
}

/** Where the code of a device in a browser comes from; "" for a program. */
export function browserMark(device: Device): string {
  return device.browser === "" ? "" : t("In a browser: its code comes from %s", shown(device.browser));
}
