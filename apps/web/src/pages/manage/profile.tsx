// SPDX-License-Identifier: AGPL-3.0-or-later
// Gives a person another profile.
import type { Profile, User } from "@rpc";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Note } from "../../parts/marks";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown } from "../../words/format";
import { profileMeaning, profileName } from "../../words/sentences";

export const profiles: Profile[] = ["outsider", "standard", "admin"];

export function ProfileChoice({ value, change }: { value: Profile; change: (profile: Profile) => void }) {
  return (
    <fieldset class="col g2"><legend class="vh">{t("Profile")}</legend>
      {profiles.map((one) => (
        <label key={one} class="row g3 start option"><input type="radio" name="profile" checked={value === one} onChange={() => change(one)} /><span class="grow"><b>{profileName(one)}</b><span class="muted small block">{profileMeaning(one)}</span></span></label>
      ))}
    </fieldset>
  );
}

export function ProfileDialog({ organization, person, close }: { organization: Organization; person: User; close: () => void }) {
  const [profile, setProfile] = useState<Profile>(person.profile);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const name = shown(person.name || person.email);
  const change = async () => {
    setBusy(true);
    setWrong("");
    try {
      await organization.call("people.profile", { user: person.id, profile });
      await organization.readPeople();
      tell(t("%s has the profile %s now", name, profileName(profile)));
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Profile of %s", name)} close={close} submit={() => void change()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || profile === person.profile}>{t("Change")}</Button></>}>
      <ProfileChoice value={profile} change={setProfile} />
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
    </Dialog>
  );
}
