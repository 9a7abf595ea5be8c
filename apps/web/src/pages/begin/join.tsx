// SPDX-License-Identifier: AGPL-3.0-or-later
// Joins by the link of an invitation: as a new person, or as another device of one.
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field, NewPassword } from "../../parts/field";
import { Note } from "../../parts/marks";
import { Exchange } from "../../state/exchange";
import { host, readState } from "../../state/host";
import { isCode, sentenceOfError } from "../../state/notices";
import { address, route } from "../../state/route";
import { t } from "../../words";
import { shown } from "../../words/format";
import { invitationOf } from "../../words/typed";
import { Codes } from "../codes";
import { useTitle } from "../title";
import { Guided, ownLabel } from "./begin";

export function Join({ device }: { device: boolean }) {
  useTitle(device ? t("Add this device") : t("Join with a link"));
  const [step, setStep] = useState(0);
  const [link, setLink] = useState(route.value.query.get("link") ?? "");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [label, setLabel] = useState(ownLabel());
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [misread, setMisread] = useState(false);
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const [done, setDone] = useState<{ key: string; warning: string } | null>(null);
  const steps = [t("The link"), t("Protect this device"), t("Compare codes"), t("Done")];
  const claim = async () => {
    const mine = new Exchange();
    setExchange(mine);
    setWrong("");
    setStep(2);
    try {
      const made = await mine.run(() => host().call(null, "host.claim", { link: invitationOf(link)!, email: email.trim(), name: name.trim(), label: label.trim(), password }, mine.how));
      await readState();
      setDone(made);
      setStep(3);
    } catch (error) {
      if (isCode(error, "GONE")) setWrong(t("The invitation was used or cancelled. Ask for a new one."));
      else if (!isCode(error, "INTERRUPTED")) setWrong(sentenceOfError(error));
      setStep(1);
    }
    setExchange(null);
  };
  const next = (event: Event) => {
    event.preventDefault();
    setMisread(invitationOf(link) === null);
    if (invitationOf(link) === null) return;
    if (step === 0) setStep(1);
    else void claim();
  };
  const ready = step === 0 ? link.trim() !== "" && email.includes("@") && name.trim() !== "" && label.trim() !== "" : password !== "";
  if (done) {
    return (
      <Guided title={device ? t("This device is added") : t("You are in")} intro={t("The other person let you in, and this device has verified the whole history of the organization.")} steps={steps} step={4}>
        {done.warning !== "" && <Note kind="warn">{shown(done.warning)}</Note>}
        <a class="btn primary big" href={address(["o", done.key])}><span>{t("Go to the workspaces")}</span></a>
      </Guided>
    );
  }
  if (exchange) return <Guided title="" steps={steps} step={2}><Codes exchange={exchange} other="" leave={() => exchange.leave()} /></Guided>;
  return (
    <Guided title={device ? t("Add this device") : t("Join with a link")} intro={device ? t("On your other device, open “My account” and choose “Add a device”. It shows a link.") : t("Somebody has sent you the link of an invitation.")} steps={steps} step={step}>
      <form class="col g4" key={step} onSubmit={next}>
        {step === 0 && <>
          <Field label={t("Link of the invitation")} value={link} change={setLink} first required lines={2}
            wrong={misread ? t("That is not the link of an invitation. Copy it whole: it begins with zt:// and ends with two long numbers.") : undefined} />
          <Field label={t("Your name")} value={name} change={setName} complete="name" required />
          <Field label={t("Your e-mail address")} type="email" value={email} change={setEmail} complete="email" required hint={t("Colleagues find you by it. The server does not learn it.")} />
          <Field label={t("What this device is called")} value={label} change={setLabel} required />
        </>}
        {step === 1 && <NewPassword change={setPassword} before={password} first />}
        {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
        {step === 1 && <p class="muted">{t("Next, you and the person who invited you compare codes. Call each other first.")}</p>}
        <div class="row">{step > 0 && <Button big onClick={() => setStep(step - 1)}>{t("Back")}</Button>}
          <Button kind="primary" big type="submit" disabled={!ready}>{step === 0 ? t("Continue") : t("We are both here: compare codes")}</Button></div>
      </form>
    </Guided>
  );
}
