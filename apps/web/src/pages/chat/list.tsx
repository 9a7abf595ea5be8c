// SPDX-License-Identifier: AGPL-3.0-or-later
// All channels and direct conversations of this person.
import { Hash, MessageSquare, Plus } from "lucide-preact";
import type { Channel } from "@rpc";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Avatar, Badge, Empty } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import type { Organization } from "../../state/organization";
import { address } from "../../state/route";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { roleName } from "../../words/sentences";
import { useStatus, useTrail } from "../trail";

export function Discussions({ organization, newChannel, newConversation }: { organization: Organization; newChannel: () => void; newConversation: () => void }) {
  useTrail([{ name: t("Discussions") }]);
  const list = organization.chat.channels.value;
  useStatus(list ? tn("%d conversation", "%d conversations", list.length) : "");
  const buttons = <><Button kind="primary" icon={Plus} onClick={newChannel}>{t("New channel")}</Button><Button icon={MessageSquare} onClick={newConversation}>{t("New message")}</Button></>;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        {list === null ? <Skeleton />
          : list.length === 0
            ? <div class="drop"><Empty icon={MessageSquare} title={t("No discussion yet")} actions={<div class="row g2 wrap">{buttons}</div>}>{t("A channel is a room for several people; a direct message is for two. Only who is in it can read it: not the server.")}</Empty></div>
            : <><div class="toolbar">{buttons}</div><ul class="card list">{list.map((one) => <Row key={one.id} organization={organization} channel={one} />)}</ul></>}
      </div>
    </main>
  );
}

function Row({ organization, channel }: { organization: Organization; channel: Channel }) {
  return (
    <li>
      {channel.direct ? <Avatar id={channel.id} name={channel.name} /> : <span class="ico"><Icon of={Hash} /></span>}
      <a class="grow cut" href={address(["o", organization.key, "c", channel.id])}><b>{shown(channel.name)}</b></a>
      {channel.archived && <Badge>{t("Archived")}</Badge>}
      {channel.unread > 0 && <Badge kind="acc">{tn("%d new", "%d new", channel.unread)}</Badge>}
      <span class="muted small no-phone">{channel.direct ? t("Direct message") : roleName(channel.role)}</span>
    </li>
  );
}
