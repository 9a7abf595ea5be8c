// SPDX-License-Identifier: AGPL-3.0-or-later
// Creates an organization with the code that the server's operator gave.
import { KeyRound, UserPlus } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field, NewPassword } from "../../parts/field";
import { Note } from "../../parts/marks";
import { Slow } from "../../parts/skeleton";
import { host, hostName, readState } from "../../state/host";
import { isCode, sentenceOfError } from "../../state/notices";
import { address } from "../../state/route";
import { t } from "../../words";
import { foundingCodeOf, serverOf, slugOf } from "../../words/typed";
import { useTitle } from "../title";
import { Guided, ownLabel } from "./begin";

export function Create() {
  useTitle(t("Create an organization"));
  const [step, setStep] = useState(0);
  const [server, setServer] = useState(hostName.value?.host === "agent" ? "" : location.origin);
  const [code, setCode] = useState("");
  const [slug, setSlug] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [label, setLabel] = useState(ownLabel());
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [misread, setMisread] = useState<"server" | "slug" | "code" | null>(null);
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState("");
  const steps = [t("The server"), t("You"), t("Protect this device"), t("Done")];
  const create = async () => {
    setBusy(true);
    setWrong("");
    try {
      const made = await host().call(null, "host.create", { server: serverOf(server)!, code: foundingCodeOf(code)!, slug: slugOf(slug)!, email: email.trim(), name: name.trim(), label: label.trim(), password });
      await readState();
      setKey(made.key);
      setStep(3);
    } catch (error) {
      setWrong(isCode(error, "FORBIDDEN") ? t("The server does not know this name with this code. Check both; a code works once, and within a day. The operator can give you another.") : sentenceOfError(error));
    }
    setBusy(false);
  };
  const next = (event: Event) => {
    event.preventDefault();
    const unread = step > 0 ? null : serverOf(server) === null ? "server" : slugOf(slug) === null ? "slug" : foundingCodeOf(code) === null ? "code" : null;
    setMisread(unread);
    setWrong("");
    if (unread) return;
    if (step < 2) setStep(step + 1);
    else void create();
  };
  const ready = step === 0 ? server.trim() !== "" && code.trim() !== "" && slug.trim() !== "" : step === 1 ? name.trim() !== "" && email.includes("@") && label.trim() !== "" : password !== "";
  if (step === 3) {
    return (
      <Guided title={t("Your organization is there")} intro={t("You are its first administrator.")} steps={steps} step={4}>
        <Note kind="warn" icon={KeyRound}><b>{t("Two things to do today")}</b>
          <p>{t("Write recovery words on paper, and make a second person administrator. If this device is lost before that, the organization is lost.")}</p></Note>
        <div class="row wrap"><a class="btn primary big" href={address(["o", key, "account"])}><span>{t("Write recovery words")}</span></a>
          <a class="btn big" href={address(["o", key, "manage", "invitations"])}><UserPlus class="i s" aria-hidden="true" /><span>{t("Invite a person")}</span></a></div>
        <a href={address(["o", key])}>{t("Go to the workspaces")}</a>
      </Guided>
    );
  }
  return (
    <Guided title={t("Create an organization")} intro={step === 0 ? t("The operator of a zt server reserves the name and gives you a code.") : undefined} steps={steps} step={step}>
      <form class="col g4" key={step} onSubmit={next}>
        {step === 0 && <>
          <Field label={t("Address of the server")} value={server} change={setServer} placeholder="https://zt.example" first={server === ""} required
            wrong={misread === "server" ? t("That is not the address of a server.") : undefined} />
          <Field label={t("Name of the organization at the server")} value={slug} change={setSlug} first={server !== ""} wrong={misread === "slug" ? t("A name has small letters, digits and hyphens.") : undefined} hint={t("As the operator reserved it: small letters, digits and hyphens.")} required />
          <Field label={t("Code of the operator")} value={code} change={setCode} required wrong={misread === "code" ? t("That is not a code of an operator: it has 128 digits and letters from a to f.") : undefined} />
        </>}
        {step === 1 && <>
          <Field label={t("Your name")} value={name} change={setName} complete="name" first required />
          <Field label={t("Your e-mail address")} type="email" value={email} change={setEmail} complete="email" required hint={t("Colleagues find you by it. The server does not learn it.")} />
          <Field label={t("What this device is called")} value={label} change={setLabel} required />
        </>}
        {step === 2 && <NewPassword change={setPassword} before={password} first />}
        {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
        {busy && <Slow text={t("Keys are made on this device, its password protects them, and the first entries of the organization go to the server. That takes some seconds.")} />}
        <div class="row">{step > 0 && <Button big disabled={busy} onClick={() => setStep(step - 1)}>{t("Back")}</Button>}
          <Button kind="primary" big type="submit" disabled={!ready || busy}>{step < 2 ? t("Continue") : busy ? t("Creates…") : t("Create the organization")}</Button></div>
      </form>
    </Guided>
  );
}
