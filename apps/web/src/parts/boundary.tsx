// SPDX-License-Identifier: AGPL-3.0-or-later
// Catches what fails in a part of the page, so that the rest stays.
import { Bug } from "lucide-preact";
import { Component, type ComponentChildren } from "preact";
import { t } from "../words";
import { Button } from "./button";
import { Empty } from "./marks";

/** Where AT is another one, what failed is tried again. */
export class Boundary extends Component<{ children: ComponentChildren; at?: string }, { failed: Error | null }> {
  state = { failed: null as Error | null };
  componentDidUpdate(before: { at?: string }) {
    if (before.at !== this.props.at && this.state.failed) this.setState({ failed: null });
  }
  static getDerivedStateFromError(failed: Error) {
    return { failed };
  }
  componentDidCatch(error: Error) {
    console.error(error);
  }
  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert">
        <Empty icon={Bug} title={t("This part of the page failed")} actions={<Button kind="primary" onClick={() => this.setState({ failed: null })}>{t("Try again")}</Button>}>
          {t("Your files are not concerned. What had reached the server stays there.")}
        </Empty>
        <details class="pad5"><summary>{t("Details")}</summary><p class="muted small">{this.state.failed.message}</p></details>
      </div>
    );
  }
}
