// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { foundingCodeOf, invitationOf, pageOfInvitation, serverOf, slugOf } from "../src/words/typed";

const org = "0123456789abcdef0123456789abcdef";
const invitation = "fedcba9876543210fedcba9876543210";

test("the address of a server has a scheme and no path", () => {
  expect(serverOf(" https://zt.example/ ")).toBe("https://zt.example");
  expect(serverOf("zt.example")).toBe("https://zt.example");
  expect(serverOf("zt.example:8443/o/acme")).toBe("https://zt.example:8443");
  expect(serverOf("http://127.0.0.1:8080/")).toBe("http://127.0.0.1:8080");
  expect(serverOf("HTTPS://ZT.example")).toBe("https://zt.example");
  for (const wrong of ["", "ftp://zt.example", "javascript://x", "https://", "two words"]) expect(serverOf(wrong)).toBeNull();
});

test("an invitation is found in what was pasted", () => {
  const link = `zt://zt.example/${org}/${invitation}`;
  expect(invitationOf(`  ${link}\n`)).toBe(link);
  expect(invitationOf(`zt://zt.example/${org}/\n ${invitation}`)).toBe(link);
  expect(invitationOf(`https://zt.example/${org}/${invitation}`)).toBe(link);
  expect(invitationOf(`zt+http://127.0.0.1:8080//${org}/${invitation}/`)).toBe(`zt+http://127.0.0.1:8080/${org}/${invitation}`);
  expect(invitationOf(`http://127.0.0.1:8080/${org}/${invitation}`)).toBe(`zt+http://127.0.0.1:8080/${org}/${invitation}`);
  expect(invitationOf(`https://zt.example/#/begin/join?link=${encodeURIComponent(link)}`)).toBe(link);
  expect(invitationOf(pageOfInvitation("https://zt.example", link))).toBe(link);
  for (const wrong of ["", "hello there", "https://zt.example/abc", `zt://zt.example/${org}`, "x?link=%E0%A4%A"]) expect(invitationOf(wrong)).toBeNull();
});

test("the name and the code of a founder", () => {
  expect(slugOf(" Acme-2 ")).toBe("acme-2");
  for (const wrong of ["", "Harbour Ltd", "-acme", "a.b"]) expect(slugOf(wrong)).toBeNull();
  expect(foundingCodeOf(` ${org}${org}\n${org}${org.toUpperCase()} `)).toBe(org.repeat(4));
  for (const wrong of ["", "abc", org]) expect(foundingCodeOf(wrong)).toBeNull();
});
