// SPDX-License-Identifier: AGPL-3.0-or-later
// Comes back after all devices were lost: by words on paper, or with the help of colleagues.
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field, NewPassword } from "../../parts/field";
import { Note } from "../../parts/marks";
import { Exchange } from "../../state/exchange";
import { host, hostName, readState } from "../../state/host";
import { isCode, sentenceOfError } from "../../state/notices";
import { address } from "../../state/route";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { serverOf } from "../../words/typed";
import { Codes } from "../codes";
import { useTitle } from "../title";
import { Guided, ownLabel } from "./begin";

export function Recover() {
  useTitle(t("Recover access"));
  const [by, setBy] = useState<"words" | "colleagues">("words");
  const [step, setStep] = useState(0);
  const [server, setServer] = useState(hostName.value?.host === "agent" ? "" : location.origin);
  const [words, setWords] = useState("");
  const [links, setLinks] = useState("");
  const [email, setEmail] = useState("");
  const [label, setLabel] = useState(ownLabel());
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const [key, setKey] = useState("");
  const steps = [t("What you have"), t("Protect this device"), by === "words" ? t("Recover") : t("Compare codes"), t("Done")];
  const list = words.trim().split(/\s+/).filter((word) => word !== "");
  const recover = async () => {
    const mine = new Exchange();
    setExchange(mine);
    setWrong("");
    setStep(2);
    try {
      const params = by === "words"
        ? { server: serverOf(server) ?? server.trim(), words: list.join(" "), label: label.trim(), password }
        : { links: links.split(/\s+/).filter((one) => one !== ""), email: email.trim(), label: label.trim(), password };
      const made = await host().call(null, "host.recover", params, mine.how);
      await readState();
      setKey(made.key);
      setStep(3);
    } catch (error) {
      if (!isCode(error, "INTERRUPTED")) setWrong(sentenceOfError(error));
      setStep(1);
    }
    setExchange(null);
  };
  const ready = step === 0
    ? label.trim() !== "" && (by === "words" ? server.trim() !== "" && list.length >= 12 : links.trim() !== "" && email.includes("@"))
    : password !== "";
  if (key !== "") {
    return (
      <Guided title={t("You have access again")} intro={t("Your lost devices can do nothing any more: this device has renewed your keys.")} steps={steps} step={4}>
        <a class="btn primary big" href={address(["o", key])}><span>{t("Go to the workspaces")}</span></a>
      </Guided>
    );
  }
  const asked = exchange?.asked.value;
  if (exchange && asked?.kind === "returning") {
    return (
      <Guided title={t("Is this you?")} steps={steps} step={2}>
        <p><b>{shown(asked.data.person.name)}</b><br /><span class="muted">{shown(asked.data.person.email)}</span></p>
        <p>{tn("%d device will be shut out.", "%d devices will be shut out.", asked.data.devices)}</p>
        <div class="row"><Button big onClick={() => asked.answer(false)}>{t("No, stop")}</Button><Button kind="primary" big onClick={() => asked.answer(true)}>{t("Yes, recover my access")}</Button></div>
      </Guided>
    );
  }
  if (exchange) return <Guided title="" steps={steps} step={2}>{by === "words" ? <p role="status">{t("Your access is recovered. This takes a moment.")}</p> : <Codes exchange={exchange} other="" leave={() => exchange.leave()} />}</Guided>;
  return (
    <Guided title={t("Recover access")} intro={t("For when every device of yours is lost.")} steps={steps} step={step}>
      <form class="col g4" key={step} onSubmit={(event) => { event.preventDefault(); if (step === 0) setStep(1); else void recover(); }}>
        {step === 0 && <>
          <div class="seg" role="group" aria-label={t("What you have")}>
            <button type="button" aria-pressed={by === "words"} onClick={() => setBy("words")}>{t("Words on paper")}</button>
            <button type="button" aria-pressed={by === "colleagues"} onClick={() => setBy("colleagues")}>{t("Links of colleagues")}</button>
          </div>
          {by === "words" ? <>
            <Field label={t("Address of the server")} value={server} change={setServer} placeholder="https://zt.example" first required />
            <Field label={t("Your 36 words")} value={words} change={setWords} lines={5} required hint={tn("%d word so far. The first four letters of each are enough for you to check.", "%d words so far. The first four letters of each are enough for you to check.", list.length)} />
          </> : <>
            <Field label={t("Links of your colleagues, one a line")} value={links} change={setLinks} lines={4} first required />
            <Field label={t("Your e-mail address")} type="email" value={email} change={setEmail} complete="email" required />
          </>}
          <Field label={t("What this device is called")} value={label} change={setLabel} required />
        </>}
        {step === 1 && <NewPassword change={setPassword} before={password} first />}
        {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
        <div class="row">{step > 0 && <Button big onClick={() => setStep(step - 1)}>{t("Back")}</Button>}
          <Button kind="primary" big type="submit" disabled={!ready}>{step === 0 ? t("Continue") : t("Recover my access")}</Button></div>
      </form>
    </Guided>
  );
}
