// SPDX-License-Identifier: AGPL-3.0-or-later
declare module "virtual:words/fr" {
  const words: Record<string, string | string[]>;
  export default words;
}
