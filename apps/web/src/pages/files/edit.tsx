// SPDX-License-Identifier: AGPL-3.0-or-later
// Edits a text. What somebody else wrote meanwhile is never lost: the person chooses what becomes of both.
import { Save, X } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Note } from "../../parts/marks";
import { passes } from "../../state/away";
import { draftOf, keepDraft } from "../../state/drafts";
import { isCode, sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, nameOf, parent } from "../../state/paths";
import { t } from "../../words";
import { shown } from "../../words/format";
import { Code } from "./code";
import { Saves, writeText } from "./write";

interface EditProps {
  organization: Organization;
  path: string;
  text: string;
  /** The version that the text is. */
  version: number;
  close: () => void;
  saved: (path: string) => void;
}

export function Edit({ organization, path, text: before, version, close, saved }: EditProps) {
  const [draft] = useState(() => draftOf(organization.key, path));
  const [text, setText] = useState(draft?.text ?? before);
  const [base, setBase] = useState(draft?.base ?? version);
  const [known, setKnown] = useState(before);
  const [conflict, setConflict] = useState(false);
  const [wrong, setWrong] = useState("");
  const [away, setAway] = useState(false);
  const typed = useRef(text);
  typed.current = text;
  const isGone = useRef(false);
  useEffect(() => () => { isGone.current = true; }, []);
  // It is there again when the device was locked, or the person was elsewhere.
  useEffect(() => { keepDraft(organization.key, path, text !== known ? { text, base } : undefined); }, [text, known, base]);
  const leave = () => {
    keepDraft(organization.key, path, undefined);
    close();
  };
  const saves = useRef(false);
  const [writes] = useState(() => new Saves(organization, path));
  const name = nameOf(path);
  const isChanged = text !== known;
  // The editor has no other ends of lines than \n.
  const withEnds = (edited: string) => (before.includes("\r\n") ? edited.replace(/\r?\n/g, "\r\n") : edited);
  useEffect(() => {
    if (!isChanged) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, [isChanged]);
  const save = async (how: "onTop" | "orConflict") => {
    if (saves.current) return;
    saves.current = true;
    setWrong("");
    const now = typed.current;
    try {
      setBase(await writes.save(base, withEnds(now), how));
      setKnown(now);
      setConflict(false);
      tell(t("“%s” is saved as a new version", shown(name)));
      saved(path);
    } catch (error) {
      if (isCode(error, "CONFLICT")) setConflict(true);
      else if (passes(error)) {
        organization.lost();
        setAway(true);
        const isBack = await organization.back(() => isGone.current);
        setAway(false);
        saves.current = false;
        if (isBack) await save(how);
      }
      else setWrong(sentenceOfError(error));
    } finally {
      saves.current = false;
    }
  };
  const saveBeside = async () => {
    const dot = name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length;
    const besideOf = (n: number) => child(parent(path), `${name.slice(0, dot)} (${t("mine")}${n > 1 ? ` ${n}` : ""})${name.slice(dot)}`);
    let n = 1;
    while ((await writeText(organization, besideOf(n), undefined, withEnds(text), "orConflict")) === null) n++;
    const beside = besideOf(n);
    tell(t("Yours is “%s” beside it", shown(nameOf(beside))));
    saved(path);
    leave();
  };
  return (
    <div class="editor">
      {conflict && (
        <Note kind="warn" alert actions={<div class="row wrap"><Button onClick={saveBeside}>{t("Keep both")}</Button><Button kind="primary" onClick={() => save("onTop")}>{t("Save mine on top")}</Button></div>}>
          <b>{t("Somebody else changed this file meanwhile.")}</b> {t("On top: the history keeps the other version. Both: yours becomes a file beside it.")}
        </Note>
      )}
      {away && <Note kind="warn" alert>{t("Your text is still here, and is saved once the server can be reached.")}</Note>}
      {wrong !== "" && <Note kind="bad" alert>{wrong} {t("Your text is still here.")}</Note>}
      <Code name={name} label={t("Text of %s", shown(name))} text={text} change={setText} save={() => { if (isChanged && !away) void save("orConflict"); }} />
      <div class="row editor-bar">
        <span class="muted small grow" role="status">{isChanged ? t("Not saved yet") : t("Saved")}</span>
        <Button icon={X} onClick={leave}>{isChanged ? t("Discard") : t("Close")}</Button>
        <Button kind="primary" icon={Save} disabled={!isChanged || away} title={`${t("Save")} (Ctrl S)`} onClick={() => save("orConflict")}>{t("Save")}</Button>
      </div>
    </div>
  );
}
