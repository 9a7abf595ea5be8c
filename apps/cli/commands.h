/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* commands.h - the commands of zt, and what they share. */
#ifndef ZT_CLI_COMMANDS_H
#define ZT_CLI_COMMANDS_H

#include "terminal/command.h"

/* Counts in CTX, an unsigned, the revocation lists that end within a week. */
struct zt_pki_item;
void cli_count_ending(void *ctx, const struct zt_pki_item *i);
/* Shows a new device of this user: a line, or one of JSON. */
void cli_show_new_device(struct cli *c, const struct zt_device *d);

/* Where the code of a device in a browser comes from; nothing for others. */
void cli_show_browser(const struct zt_device *d);

/* Shows a member of a workspace or channel; CTX is the struct cli. */
void cli_show_member(void *ctx, const struct zt_member *m);
/* From now on Ctrl-C ends what is watched, and not the process: it has ended well. And whether
 * it did, or nobody reads standard output any more. */
void cli_watch_signals(void);
bool cli_watch_stops(void);

/* The commands themselves, one a row of the table; those of files are in files/files.h. */
enum zt_err cmd_org_bootstrap(struct cli *c);
enum zt_err cmd_users(struct cli *c);
enum zt_err cmd_user_revoke(struct cli *c);
enum zt_err cmd_user_profile(struct cli *c);
enum zt_err cmd_devices(struct cli *c);
enum zt_err cmd_device_revoke(struct cli *c);
enum zt_err cmd_device_ack(struct cli *c);
enum zt_err cmd_log_show(struct cli *c);
enum zt_err cmd_log_verify(struct cli *c);
enum zt_err cmd_log_head(struct cli *c);
enum zt_err cmd_log_export(struct cli *c);
enum zt_err cmd_status(struct cli *c);
enum zt_err cmd_unlock(struct cli *c);
enum zt_err cmd_lock(struct cli *c);
enum zt_err cmd_recovery_create(struct cli *c);
enum zt_err cmd_recover(struct cli *c);
enum zt_err cmd_recovery_colleagues(struct cli *c);
enum zt_err cmd_invite_recovery(struct cli *c);
enum zt_err cmd_password(struct cli *c);
enum zt_err cmd_protect(struct cli *c);
enum zt_err cmd_invite_user(struct cli *c);
enum zt_err cmd_invite_device(struct cli *c);
enum zt_err cmd_invite_list(struct cli *c);
enum zt_err cmd_invite_cancel(struct cli *c);
enum zt_err cmd_greet(struct cli *c);
enum zt_err cmd_claim(struct cli *c);
enum zt_err cmd_workspace_create(struct cli *c);
enum zt_err cmd_workspace_list(struct cli *c);
enum zt_err cmd_workspace_members(struct cli *c);
enum zt_err cmd_workspace_share(struct cli *c);
enum zt_err cmd_workspace_unshare(struct cli *c);
enum zt_err cmd_workspace_rotate(struct cli *c);
enum zt_err cmd_workspace_rewrap(struct cli *c);
enum zt_err cmd_workspace_void_change(struct cli *c);
enum zt_err cmd_workspace_void_pin(struct cli *c);
enum zt_err cmd_workspace_rename(struct cli *c);
enum zt_err cmd_workspace_archive(struct cli *c);
enum zt_err cmd_workspace_unarchive(struct cli *c);
enum zt_err cmd_workspace_delete(struct cli *c);
enum zt_err cmd_workspace_undelete(struct cli *c);
enum zt_err cmd_workspace_claim(struct cli *c);
enum zt_err cmd_pki_trust(struct cli *c);
enum zt_err cmd_pki_show(struct cli *c);
enum zt_err cmd_pki_request(struct cli *c);
enum zt_err cmd_pki_status(struct cli *c);
enum zt_err cmd_pki_list(struct cli *c);
enum zt_err cmd_pki_accept(struct cli *c);
enum zt_err cmd_pki_reject(struct cli *c);
enum zt_err cmd_chat_list(struct cli *c);
enum zt_err cmd_chat_create(struct cli *c);
enum zt_err cmd_chat_members(struct cli *c);
enum zt_err cmd_chat_invite(struct cli *c);
enum zt_err cmd_chat_remove(struct cli *c);
enum zt_err cmd_chat_send(struct cli *c);
enum zt_err cmd_chat_read(struct cli *c);
enum zt_err cmd_chat_follow(struct cli *c);
enum zt_err cmd_chat_edit(struct cli *c);
enum zt_err cmd_chat_delete(struct cli *c);
enum zt_err cmd_chat_react(struct cli *c);
enum zt_err cmd_chat_search(struct cli *c);
enum zt_err cmd_chat_flush(struct cli *c);
enum zt_err cmd_watch(struct cli *c);
enum zt_err cmd_repair(struct cli *c);

#endif
