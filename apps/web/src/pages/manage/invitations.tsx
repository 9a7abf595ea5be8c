// SPDX-License-Identifier: AGPL-3.0-or-later
// Invites people, and welcomes them with codes.
import { Copy, Hand, Laptop, LifeBuoy, Mail, Plus, Table, UserPlus, X } from "lucide-preact";
import type { Invitation, Profile } from "@rpc";
import { encode } from "uqr";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Empty, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { Exchange } from "../../state/exchange";
import { hostName } from "../../state/host";
import { isCode, sentenceOfError, tell } from "../../state/notices";
import { invitationOf, type Invited, type Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shown, when } from "../../words/format";
import { pageOfInvitation } from "../../words/typed";
import { Codes } from "../codes";
import { useStatus } from "../trail";
import { manageAddress, Rooms, type RoomProps } from "./manage";
import { ProfileChoice } from "./profile";

export function Invitations({ organization }: RoomProps) {
  const [made, setMade] = useState("");
  const [greeted, setGreeted] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => { organization.readInvitations().catch(setProblem); }, []);
  const all = organization.invitations.value;
  const list = (all ?? []).filter((one) => one.state === "open").sort((a, b) => b.created - a.created);
  useStatus(all ? tn("%d invitation", "%d invitations", list.length) : "");
  const invite = async () => {
    const { link } = await organization.call("invitations.create", { kind: "user" });
    setMade(link);
    await organization.readInvitations();
  };
  const cancel = async (one: Invitation) => {
    await organization.call("invitations.cancel", { id: one.id });
    await organization.readInvitations();
    tell(t("The invitation was cancelled"));
  };
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="invitations" />
        <div class="toolbar"><p class="muted grow">{t("An invitation lets nobody in by itself: you compare codes with the newcomer, and then decide.")}</p>
          {organization.isAdmin && <><a class="btn" href={manageAddress(organization, "invite-many")}><Icon of={Table} size="s" /><span>{t("Invite many…")}</span></a><Button kind="primary" icon={Plus} onClick={invite}>{t("Invite")}</Button></>}</div>
        {problem !== null && <Note kind="bad" alert>{sentenceOfError(problem)}</Note>}
        {all === null ? problem === null && <Skeleton /> : list.length === 0
          ? <div class="drop"><Empty icon={Mail} title={t("No invitation is open")} actions={organization.isAdmin ? <Button icon={UserPlus} onClick={invite}>{t("Invite a person")}</Button> : undefined}>{t("An invitation is a link. You send it as you like: by mail, by chat, or as a picture to scan.")}</Empty></div>
          : (
            <table class="tbl two-lines">
              <colgroup><col /><col class="c14" /></colgroup>
              <thead><tr><th scope="col">{t("Invitation")}</th><th><span class="vh">{t("Actions")}</span></th></tr></thead>
              <tbody>{list.map((one) => {
                const whom = organization.invited.value.get(one.id);
                return (
                <tr key={one.id}>
                  <td><div class="name"><span class="ico"><Icon of={one.kind === "device" ? Laptop : one.kind === "recovery" ? LifeBuoy : UserPlus} /></span><div>
                    <b class="cut">{one.kind === "device" ? t("A device of yours") : one.kind === "recovery" ? t("A colleague who comes back") : whom ? shown(whom.name || whom.email) : t("A new person")}</b><span class="cut small muted">{[whom && shown(whom.email), t("Made %s", when(one.created))].filter(Boolean).join(", ")}</span></div></div></td>
                  <td class="num"><span class="row end">
                    <Button kind="primary" icon={Hand} onClick={() => setGreeted(one.id)}>{t("Welcome")}</Button>
                    <Button kind="quiet" class="icon" icon={X} aria-label={t("Cancel the invitation")} title={t("Cancel the invitation")} onClick={() => cancel(one)} /></span></td>
                </tr>
                );
              })}</tbody>
            </table>
          )}
      </div>
      {made !== "" && <LinkDialog organization={organization} link={made} title={t("Invite a person")} close={() => setMade("")} greet={() => { setGreeted(made); setMade(""); }} />}
      {greeted !== null && <Greet organization={organization} link={greeted} close={() => { setGreeted(null); void organization.refresh(); void organization.readInvitations().catch(() => {}); }} />}
    </main>
  );
}

/** Whether the organization's server gives the page too: it gave this one, or a look of this device found it. */
function usePageOfServer(organization: Organization): string | null {
  const server = organization.identity.value?.server;
  const [found, setFound] = useState(server !== undefined && location.origin === server);
  useEffect(() => {
    if (found || hostName.value?.host !== "agent") return;
    organization.call("releases.list", {}).then(async ({ newest }) => {
      const look = newest ?? await organization.call("releases.check", {});
      setFound(look.state !== "none" && look.state !== "gone" && !look.alarm);
    }).catch(() => {});
  }, []);
  return found && server ? server : null;
}

export function LinkDialog({ organization, link, title, close, greet }: { organization: Organization; link: string; title: string; close: () => void; greet: () => void }) {
  const [email, setEmail] = useState("");
  const [wrong, setWrong] = useState("");
  const server = usePageOfServer(organization);
  const [forZt, setForZt] = useState(false);
  const given = server !== null && !forZt ? pageOfInvitation(server, link) : link;
  const copy = () => navigator.clipboard.writeText(given).then(() => tell(t("Link copied")));
  const mail = async () => {
    setWrong("");
    try {
      await organization.call("invitations.mail", { link, email: email.trim() });
      tell(t("The invitation was sent to %s", email.trim()));
      setEmail("");
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={title} close={close} actions={<><Button onClick={close}>{t("Later")}</Button><Button kind="primary" icon={Hand} onClick={greet}>{t("Welcome now: compare codes")}</Button></>}>
      <p class="muted">{t("Send this link. Whether it is read on the way does not matter: without the codes nobody comes in.")}</p>
      <div class="row g4 start stack"><QrCode text={given} />
        <div class="col g4 grow">
          {server !== null && <label class="row g2"><input type="checkbox" checked={forZt} onChange={(event) => setForZt(event.currentTarget.checked)} /><span>{t("For somebody who has zt installed")}</span></label>}
          <div class="linkbox"><code>{given}</code><Button icon={Copy} onClick={copy}>{t("Copy")}</Button></div>
          <form class="col g2" onSubmit={(event) => { event.preventDefault(); void mail(); }}>
            <Field label={t("Or let the server mail it")} type="email" value={email} change={setEmail} placeholder="name@example.org" wrong={wrong} hint={t("The server then learns this address.")} />
            <div class="row"><Button icon={Mail} type="submit" disabled={!email.includes("@")}>{t("Send")}</Button></div>
          </form>
        </div></div>
    </Dialog>
  );
}

function QrCode({ text }: { text: string }) {
  const code = useMemo(() => encode(text, { ecc: "L", border: 2 }), [text]);
  const path = useMemo(() => code.data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join(""), [code]);
  return <svg class="qr" viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={t("The link as a picture to scan")} shape-rendering="crispEdges"><path d={path} /></svg>;
}

export function Greet({ organization, link, close }: { organization: Organization; link: string; close: () => void }) {
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const [done, setDone] = useState<{ email: string; fetched: boolean } | null>(null);
  const [wrong, setWrong] = useState("");
  const [name, setName] = useState("");
  const start = async () => {
    const mine = new Exchange();
    setExchange(mine);
    organization.history.expect("invitation", invitationOf(link));
    setWrong("");
    try {
      setDone(await mine.run(() => organization.call("exchange.greet", { link }, mine.how)));
    } catch (error) {
      if (isCode(error, "INTERRUPTED")) close();
      else setWrong(sentenceOfError(error));
    }
  };
  useEffect(() => { void start(); }, []);
  const asked = exchange?.asked.value;
  const leave = () => {
    exchange?.leave();
    close();
  };
  return (
    <Dialog title={t("Welcome a newcomer")} close={leave} actions={done ? <Button kind="primary" onClick={close}>{t("Done")}</Button> : wrong !== "" ? <><Button onClick={close}>{t("Close")}</Button><Button kind="primary" onClick={() => void start()}>{t("Try again")}</Button></> : undefined}>
      {done
        ? <Note kind="ok"><b>{t("%s is in", shown(name || done.email))}</b><p>{done.fetched ? t("The other side has all it needs.") : t("The other side fetches the rest by the same link.")}</p></Note>
        : wrong !== "" ? <Note kind="bad" alert>{wrong}</Note>
          : asked?.kind === "accept" ? <Accept data={asked.data} invited={organization.invited.value.get(invitationOf(link))} answer={(accept, profile) => { setName(asked.data.name); asked.answer(accept, profile); }} />
            : asked?.kind === "help" ? (
              <div class="col g4"><h2>{t("Do you help %s to come back?", shown(asked.data.name))}</h2><p class="muted">{shown(asked.data.email)}</p><p>{t("Answer yes only if you have just spoken with this person.")}</p>
                <div class="row"><Button big onClick={() => asked.answer(false)}>{t("No, stop")}</Button><Button kind="primary" big onClick={() => asked.answer(true)}>{t("Yes, help")}</Button></div></div>
            )
              : exchange && <Codes exchange={exchange} other="" leave={leave} />}
    </Dialog>
  );
}

type AcceptData = { email: string; name: string; device: string; doubt: string; profile?: Profile };

function Accept({ data, invited, answer }: { data: AcceptData; invited: Invited | undefined; answer: (accept: boolean, profile?: Profile) => void }) {
  const [profile, setProfile] = useState<Profile | undefined>(data.profile === undefined ? undefined : invited?.profile ?? data.profile);
  const isOther = invited !== undefined && invited.email.toLowerCase() !== data.email.toLowerCase();
  return (
    <div class="col g4">
      <div><h2>{data.profile === undefined ? t("Add the device “%s”?", shown(data.device)) : t("Let %s in?", shown(data.name))}</h2><p class="muted">{shown(data.email)}, “{shown(data.device)}”</p></div>
      {data.doubt !== "" && <Note kind="warn" alert>{shown(data.doubt)}</Note>}
      {isOther && <Note kind="warn" alert>{t("You made this invitation for %s.", shown(invited.email))}</Note>}
      <p>{t("The codes were the same. This is what the newcomer typed; zt cannot check a name.")}</p>
      {profile !== undefined && <ProfileChoice value={profile} change={setProfile} />}
      <div class="row"><Button big onClick={() => answer(false)}>{t("Do not let in")}</Button><Button kind="primary" big icon={UserPlus} onClick={() => answer(true, profile)}>{t("Let in")}</Button></div>
    </div>
  );
}
