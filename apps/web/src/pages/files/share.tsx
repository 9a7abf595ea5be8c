// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is in a workspace or channel: add people with a role, change roles, end them; and what each role means.
import { ArrowRight, ShieldCheck, UserPlus, X } from "lucide-preact";
import type { Member, Person, Role } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Avatar, Badge, Note } from "../../parts/marks";
import { Button, IconButton } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { sentenceOfError, tell, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { channelRoleMeaning, profileName, roleMeaning, roleName } from "../../words/sentences";

const roles: Role[] = ["reader", "contributor", "manager", "owner"];

interface Place {
  id: string;
  name: string;
  role: Role;
}

export function Share({ organization, workspace, isChannel = false, close }: { organization: Organization; workspace: Place; isChannel?: boolean; close: () => void }) {
  const members = organization.members.value[workspace.id] ?? [];
  const [who, setWho] = useState("");
  const [person, setPerson] = useState<Person | null>(null);
  const [role, setRole] = useState<Role>("contributor");
  const [wrong, setWrong] = useState("");
  const manages = workspace.role === "owner" || workspace.role === "manager";
  const mine = organization.identity.value?.user;
  const refresh = () => (isChannel ? organization.chatMembers(workspace.id) : organization.readMembers(workspace.id));
  const give = (user: string, role: Role) => (isChannel ? organization.call("chat.share", { channel: workspace.id, user, role }) : organization.call("workspaces.share", { workspace: workspace.id, user, role }));
  const end = (user: string) => (isChannel ? organization.call("chat.unshare", { channel: workspace.id, user }) : organization.call("workspaces.unshare", { workspace: workspace.id, user }));
  useEffect(() => { void refresh().catch(() => {}); }, []);
  const others = (organization.people.value ?? []).filter((one) => one.live && !members.some((member) => member.user === one.id));
  const words = who.trim().toLowerCase();
  const found = words === "" || person ? [] : others.filter((one) => `${one.name} ${one.email}`.toLowerCase().includes(words)).slice(0, 6);
  const pick = async (user: string) => {
    setWrong("");
    try {
      const one = await organization.call("people.find", { user });
      setPerson(one);
      setWho(one.name || one.email);
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  const add = async () => {
    if (!person) return;
    setWrong("");
    try {
      await give(person.id, role);
      await refresh();
      tell(t("%s can open “%s” now", shown(person.name || person.email), shown(workspace.name)));
      setPerson(null);
      setWho("");
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  const change = (member: Member, next: Role | "none") => {
    const name = shown(member.name || member.email);
    const act = next === "none"
      ? end(member.user)
      : give(member.user, next);
    void act.then(refresh).then(() => tell(next === "none" ? t("%s no longer has access. The keys of “%s” were changed.", name, shown(workspace.name)) : t("%s has the role %s now", name, roleName(next))), tellRefusal);
  };
  const mayName = (one: Role) => workspace.role === "owner" || one === "reader" || one === "contributor";
  return (
    <Dialog wide bare title={t("Share “%s”", shown(workspace.name))} close={close}
      actions={<><span class="row muted small grow"><Icon of={ShieldCheck} size="s" />{t("Only these people can read it. The server cannot.")}</span><Button kind="primary" onClick={close}>{t("Done")}</Button></>}>
      <div class="sharegrid">
        <div class="col g4 pad5">
          {manages
            ? (
              <form class="col g3" onSubmit={(event) => { event.preventDefault(); if (person) void add(); else if (found[0]) void pick(found[0].id); else if (who.trim() !== "") void pick(who.trim()); }}>
                <div class="row g2 stack">
                  <label class="in big grow"><Icon of={UserPlus} size="s" /><span class="vh">{t("Add a person")}</span>
                    <input value={who} placeholder={t("Name or e-mail")} autocomplete="off" data-first="" onInput={(event) => { setWho(event.currentTarget.value); setPerson(null); }} />
                    {person && <IconButton icon={X} label={t("Another person")} onClick={() => { setPerson(null); setWho(""); }} />}</label>
                  <label><span class="vh">{t("Role")}</span><select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>{roles.filter(mayName).map((one) => <option key={one} value={one}>{roleName(one)}</option>)}</select></label>
                  <Button kind="primary" type="submit" big disabled={who.trim() === ""}>{t("Share")}</Button>
                </div>
                {found.length > 0 && <ul class="card list tight">{found.map((one) => (
                  <li key={one.id} class="press" onClick={() => void pick(one.id)}><Avatar id={one.id} name={one.name || one.email} size="s" /><span class="grow"><b class="cut">{shown(one.name)}</b><span class="muted small cut">{shown(one.email)}</span></span>
                    {one.profile === "outsider" && <Badge>{profileName("outsider")}</Badge>}<Button kind="quiet" icon={ArrowRight}>{t("Choose")}</Button></li>
                ))}</ul>}
                {words !== "" && !person && found.length === 0 && <p class="muted small">{t("Nobody of the organization is called so and is not in it yet. An administrator can invite people.")}</p>}
                {person && person.doubt !== "" && <Note kind="warn" alert>{shown(person.doubt)}</Note>}
                {person && <p class="muted small">{isChannel
                  ? t("%s will read all messages of “%s”, also those that were written before.", shown(person.name || person.email), shown(workspace.name))
                  : t("%s will read all files of “%s”, and their history.", shown(person.name || person.email), shown(workspace.name))}</p>}
                {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
              </form>
            )
            : <Note>{t("Managers and owners decide who has access. You have the role %s.", roleName(workspace.role))}</Note>}
          <section class="col g2">
            <h3>{tn("%d person has access", "%d people have access", members.length)}</h3>
            <ul class="list flush">
              {members.map((one) => {
                const name = shown(one.name || one.email);
                const fixed = one.user === mine || !manages || !mayName(one.role);
                return (
                  <li key={one.user}><Avatar id={one.user} name={one.name || one.email} />
                    <span class="grow"><b class="cut">{name}{one.user === mine ? ` ${t("(you)")}` : ""}</b><span class="muted small cut">{shown(one.email)}</span></span>
                    {fixed ? <span class="muted">{roleName(one.role)}</span> : (
                      <label><span class="vh">{t("Role of %s", name)}</span>
                        <select value={one.role} onChange={(event) => { const next = event.currentTarget.value as Role | "none"; event.currentTarget.value = one.role; change(one, next); }}>
                          {roles.filter(mayName).map((choice) => <option key={choice} value={choice}>{roleName(choice)}</option>)}
                          <option value="none">{t("No access any more")}</option>
                        </select></label>
                    )}
                  </li>
                );
              })}
            </ul>
          </section>
        </div>
        <aside class="roleside" aria-label={t("What each role means")}>
          <h3>{t("What each role means")}</h3>
          <ul class="rolelist col g1">{roles.map((one) => (
            <li key={one} class={one === role && person ? "on" : ""}><Icon of={one === "owner" || one === "manager" ? ShieldCheck : UserPlus} size="s" /><div><b>{roleName(one)}</b><p>{isChannel ? channelRoleMeaning(one) : roleMeaning(one)}</p></div></li>
          ))}</ul>
        </aside>
      </div>
    </Dialog>
  );
}
