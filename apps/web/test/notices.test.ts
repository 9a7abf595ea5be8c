// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dismiss, notice, say, spokenNow, tell, tellRefusal } from "../src/state/notices";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { dismiss(); say(""); vi.useRealTimers(); });

test("what was said does not stay for who reads the page later", () => {
  say("2 items selected");
  expect(spokenNow.value).toBe("2 items selected");
  vi.advanceTimersByTime(600);
  say("3 items selected"); // has its own time
  vi.advanceTimersByTime(600);
  expect(spokenNow.value).toBe("3 items selected");
  vi.advanceTimersByTime(600);
  expect(spokenNow.value).toBe("");
  say("3 items selected"); // the same words are a change again
  expect(spokenNow.value).toBe("3 items selected");
});

test("a refusal or a result takes the place of what was said before", () => {
  say("2 items selected");
  tellRefusal(new Error("the role is a reader's"));
  expect(spokenNow.value).toBe("");
  expect(notice.value?.bad).toBe(true);
  const first = notice.value?.id;
  say("saving");
  tell("saved");
  expect(spokenNow.value).toBe("");
  expect(notice.value?.id).not.toBe(first); // the same sentence twice is another notice
});
