// SPDX-License-Identifier: AGPL-3.0-or-later
// Asks for the name of a folder, or for another name.
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/field";
import { isCode, sentenceOfError } from "../../state/notices";
import { t } from "../../words";

interface NameProps {
  title: string;
  act: string;
  /** The present name: what keeps it closes the dialog. */
  name?: string;
  /** A name that can be taken as it is. */
  offered?: string;
  hint?: string;
  close: () => void;
  run: (name: string) => Promise<unknown>;
  done: (name: string) => void;
}

export function NameDialog({ title, act, name: before = "", offered, hint, close, run, done }: NameProps) {
  const [name, setName] = useState(offered ?? before);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const chosen = name.trim();
  // What is typed takes the place of the name, and not of its ending.
  useEffect(() => {
    const field = document.querySelector<HTMLInputElement>("dialog[open] input[data-first]");
    const dot = name.lastIndexOf(".");
    field?.setSelectionRange(0, dot > 0 ? dot : name.length);
  }, []);
  const submit = async () => {
    if (chosen === before) {
      close();
      return;
    }
    setBusy(true);
    setWrong("");
    try {
      await run(chosen);
      close();
      done(chosen);
    } catch (error) {
      setWrong(isCode(error, "EXISTS") ? t("This name is taken here.") : sentenceOfError(error));
      setBusy(false);
    }
  };
  const check = (text: string) => {
    setName(text);
    setWrong(text.includes("/") ? t("A name has no /.") : "");
  };
  return (
    <Dialog title={title} close={close} submit={() => void submit()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || chosen === "" || name.includes("/")}>{act}</Button></>}>
      <Field label={t("Name")} value={name} change={check} wrong={wrong} hint={hint} first spell />
    </Dialog>
  );
}
