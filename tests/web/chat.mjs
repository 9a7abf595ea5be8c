// SPDX-License-Identifier: AGPL-3.0-or-later
// Two people talk: a channel, answers, reactions, an edit, a deletion, a search, a direct message. Anne has a computer, Karim a
// telephone; a part of two_people.mjs.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { check, exact, root, step } from "./world.mjs";

const SOON_MS = 10_000;
const shots = process.env.SHOTS ? join(root, "build/web-shots") : null;

export async function talk(a, k) {
  const button = (page, name) => page.getByRole("button", exact(name));
  const said = (page, text) => page.locator("li.msg", { hasText: text });
  const write = async (page, name, text) => {
    await page.getByLabel(`Write to ${name}`).fill(text);
    await page.getByLabel(`Write to ${name}`).press("Enter");
    await page.locator("textarea.txt:placeholder-shown").waitFor(); // it is sent
  };
  const shot = async (page, name) => {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `chat-${name}.png`) });
  };
  await step("anne makes a channel and lets karim in", async () => {
    await button(a, "New channel").click();
    await a.getByLabel("Name", { exact: true }).fill("harbour watch");
    await a.getByRole("dialog").getByRole("button", exact("Create")).click();
    const dialog = a.getByRole("dialog", { name: "Share “harbour watch”" });
    await dialog.getByPlaceholder("Name or e-mail").fill("karim");
    await dialog.getByRole("button", { name: "Choose" }).click();
    await dialog.getByText(/Karim Benali will read all messages/).waitFor();
    await dialog.getByRole("button", exact("Share")).click();
    await a.getByText("Karim Benali can open “harbour watch” now").waitFor();
    await shot(a, "share");
    await dialog.getByRole("button", exact("Done")).click();
    await a.getByText("Nothing was written yet").waitFor();
  });
  await step("what she writes is there for karim, who sees that it is new", async () => {
    await write(a, "harbour watch", "**The quay lights** are back.");
    await write(a, "harbour watch", "@karim@harbour.example can you look at https://example.org/crane?");
    await k.getByRole("link", { name: /Discussions/ }).click();
    await k.getByText("2 new", { exact: true }).last().waitFor();
    await k.getByRole("link", exact("harbour watch")).click();
    await said(k, "The quay lights are back.").waitFor();
    check(await k.locator("li.msg strong", { hasText: "The quay lights" }).count() === 1, "it is not bold");
    check(await k.locator(".mention", { hasText: "Karim Benali" }).count() === 1, "he is not named");
    check(await k.locator("a[href='https://example.org/crane']").getAttribute("rel") === "noopener noreferrer", "the address is not safe");
    await shot(k, "phone");
  });
  await step("he answers, in a thread; both see it without doing anything", async () => {
    await write(k, "harbour watch", "I am on my way.");
    await said(a, "I am on my way.").waitFor({ timeout: SOON_MS });
    await said(a, "The quay lights are back.").hover();
    await said(a, "The quay lights are back.").getByRole("button", { name: /^Answer/ }).click();
    const thread = a.getByRole("complementary", { name: "Thread" });
    await thread.getByLabel("Answer", { exact: true }).fill("Thank you!");
    await thread.getByRole("button", exact("Send")).click();
    await thread.getByText("1 answer").first().waitFor();
    await shot(a, "thread");
    await thread.getByRole("button", { name: "Close the thread" }).click();
    await said(k, "Thank you!").waitFor({ timeout: SOON_MS });
    await said(k, "Thank you!").getByText(/Anne Le Goff: /).waitFor();
  });
  await step("reactions are counted, and taken back", async () => {
    await said(k, "Thank you!").click();
    await button(said(k, "Thank you!"), "React to the message of Anne Le Goff").click();
    await k.getByRole("menuitem", { name: "🎉" }).click();
    await said(a, "Thank you!").getByRole("button", { name: "🎉, 1 person" }).click();
    await said(k, "Thank you!").getByRole("button", { name: "🎉, 2 people" }).waitFor({ timeout: SOON_MS });
    await said(k, "Thank you!").getByRole("button", { name: "🎉, 2 people" }).click();
    await said(a, "Thank you!").getByRole("button", { name: "🎉, 1 person" }).waitFor({ timeout: SOON_MS });
  });
  await step("an edit and a deletion are seen by both", async () => {
    const more = async (text) => {
      await said(a, text).hover();
      await said(a, text).getByRole("button", { name: /^More about the message/ }).click();
    };
    await write(a, "harbour watch", "At ten.");
    await more("At ten.");
    await a.getByRole("menuitem", exact("Edit")).click();
    await a.getByLabel("New text of the message").fill("At eleven.");
    await button(a, "Save").click();
    await said(k, "At eleven.").getByText("(edited)").waitFor({ timeout: SOON_MS });
    await more("At eleven.");
    await a.getByRole("menuitem", exact("Delete…")).click();
    await a.getByRole("dialog").getByRole("button", exact("Delete")).click();
    await said(k, "This message was deleted.").waitFor({ timeout: SOON_MS });
    check(await said(k, "At eleven.").count() === 0, "it is still there");
  });
  await step("script in a message is text", async () => {
    await write(a, "harbour watch", "<img src=x onerror=\"document.title='evil'\"> [x](javascript:alert(1))");
    await said(k, "<img src=x").waitFor({ timeout: SOON_MS });
    check(await k.locator("li.msg img").count() === 0 && (await k.locator("li.msg a[href^='javascript']").count()) === 0, "it is not text");
    check((await k.title()) !== "evil", "it ran");
  });
  await step("a search finds a word without its accents", async () => {
    await write(k, "harbour watch", "La réunion est à midi.");
    await button(a, "Search in this channel").click();
    await a.getByLabel("Words of a message").fill("REUNION");
    await a.getByText("1 message", { exact: true }).waitFor();
    await a.getByRole("complementary", { name: "Search in this channel" }).getByRole("button", { name: /La réunion/ }).click();
    await a.locator("li.msg:focus", { hasText: "La réunion" }).waitFor();
    await shot(a, "search");
    await a.getByRole("complementary", { name: "Search in this channel" }).getByRole("button", exact("Close")).click();
  });
  await step("what is typed stays where she looks elsewhere", async () => {
    await a.getByLabel("Write to harbour watch").fill("A draft @kar");
    await a.getByRole("option", { name: /Karim Benali/ }).click();
    check((await a.getByLabel("Write to harbour watch").inputValue()) === "A draft @karim@harbour.example ", "he is not completed");
    await a.getByRole("link", { name: "All workspaces" }).click();
    await a.getByRole("link", exact("harbour watch")).click();
    await a.getByLabel("Write to harbour watch").and(a.locator(":not(:placeholder-shown)")).waitFor();
    await a.getByLabel("Write to harbour watch").fill("");
  });
  await step("a direct message is for two", async () => {
    await button(a, "New message").click();
    await a.getByRole("dialog").getByRole("button", { name: /Karim Benali/ }).click();
    await a.getByText("Only the two of you can read this.").waitFor();
    await a.getByLabel(/^Write to /).fill("Just us.");
    await a.getByLabel(/^Write to /).press("Enter");
    await said(a, "Just us.").waitFor();
    await k.getByRole("link", { name: "Back to Discussions" }).click();
    await k.getByText("1 new", { exact: true }).last().waitFor({ timeout: SOON_MS });
    await k.getByRole("link", { name: /Anne|anne/ }).click();
    await said(k, "Just us.").waitFor();
    await shot(a, "direct");
    await k.getByRole("link", { name: /^Files/ }).click();
    await k.getByRole("link", exact("Crisis cell")).click();
    await a.getByRole("link", exact("Crisis cell")).click();
  });
}
