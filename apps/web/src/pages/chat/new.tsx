// SPDX-License-Identifier: AGPL-3.0-or-later
// A new channel, and a new direct conversation.
import type { Person } from "@rpc";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/field";
import { Avatar, Note } from "../../parts/marks";
import { isCode, sentenceOfError } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { address, go } from "../../state/route";
import { t } from "../../words";
import { shown } from "../../words/format";

const MOST = 8;

export function NewChannel({ organization, close }: { organization: Organization; close: () => void }) {
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    setWrong("");
    try {
      const { id } = await organization.call("chat.create", { name: name.trim() });
      await organization.chat.read(false);
      close();
      go(address(["o", organization.key, "c", id], { people: "1" }));
    } catch (error) {
      setWrong(isCode(error, "EXISTS") ? t("You have a channel of this name already.") : sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("New channel")} close={close} submit={() => void create()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || name.trim() === ""}>{t("Create")}</Button></>}>
      <Field label={t("Name")} value={name} change={setName} wrong={wrong} first spell hint={t("You are its owner, and choose who is in it. Only they can read it: not the server.")} />
    </Dialog>
  );
}

export function NewConversation({ organization, close }: { organization: Organization; close: () => void }) {
  const [who, setWho] = useState("");
  const [person, setPerson] = useState<Person | null>(null);
  const [wrong, setWrong] = useState("");
  const words = who.trim().toLowerCase();
  const others = (organization.people.value ?? []).filter((one) => one.live && !one.me);
  const found = others.filter((one) => `${one.name} ${one.email}`.toLowerCase().includes(words)).slice(0, MOST);
  const begin = async (user: string) => {
    setWrong("");
    try {
      const one = await organization.call("people.find", { user });
      if (one.doubt !== "" && person?.id !== one.id) {
        setPerson(one);
        return;
      }
      const { id } = await organization.call("chat.direct", { user: one.id });
      await organization.chat.read(false);
      close();
      go(address(["o", organization.key, "c", id]));
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={t("New message")} close={close} submit={() => { if (person) void begin(person.id); else if (found[0]) void begin(found[0].id); }}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={found.length === 0}>{t("Write")}</Button></>}>
      <div class="col g3">
        <Field label={t("Name or e-mail")} value={who} change={(value) => { setWho(value); setPerson(null); }} wrong={wrong} first hint={t("Only the two of you can read what you write.")} />
        {person && <Note kind="warn" alert>{shown(person.doubt)}</Note>}
        <ul class="card list tight">{found.map((one) => (
          <li key={one.id}><button type="button" class="person-row" onClick={() => void begin(one.id)}><Avatar id={one.id} name={one.name || one.email} size="s" /><span class="grow"><b class="cut">{shown(one.name || one.email)}</b><span class="muted small cut">{shown(one.email)}</span></span></button></li>
        ))}</ul>
        {found.length === 0 && <p class="muted small">{t("Nobody of the organization is called so.")}</p>}
      </div>
    </Dialog>
  );
}
