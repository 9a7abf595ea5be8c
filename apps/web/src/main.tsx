// SPDX-License-Identifier: AGPL-3.0-or-later
// The page begins here: settings, words, the line to the host, then what is shown.
import "./style/tokens.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/marks.css";
import "./style/shell.css";
import "./style/panels.css";
import "./style/guided.css";
import "./style/content.css";
import "./style/chat.css";
import "./style/phone.css";
import { render } from "preact";
import { App } from "./pages/app";
import { noteAddress, noteText, noteTitle } from "./pages/notes";
import { readTelling, tellOutside } from "./state/browser_notices";
import { hearNotes } from "./state/organization";
import { lineOfPage, startHost } from "./state/host";
import { go, startRoutes } from "./state/route";
import { readSettings } from "./state/settings";
import { startStreams } from "./state/streams";
import { preferredLanguage, useLanguage } from "./words";

readSettings();
startRoutes();
readTelling();
hearNotes((organization, note) => tellOutside(`${organization.key} ${note.kind} ${note.about}`, noteTitle(note), noteText(organization, note), () => go(noteAddress(organization, note))));
startHost(await lineOfPage());
startStreams();
// English is shown where the catalogue of another language cannot be fetched.
await useLanguage(preferredLanguage(), false).catch(() => {});
render(<App />, document.getElementById("app")!);
