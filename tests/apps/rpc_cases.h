/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* rpc_cases.h - the cases of rpc_test by what they ask about. They are one program on one
 * stage: its last cases ask each method again, and demand that each was asked. */
#ifndef ZT_TEST_APPS_RPC_CASES_H
#define ZT_TEST_APPS_RPC_CASES_H

/* rpc_log.c */
void a_device_names_itself_and_its_log(void **state);
void pages_of_the_log_make_the_whole(void **state);
void the_log_is_exported_for_an_auditor(void **state);

/* rpc_files.c */
void a_file_is_written_and_read_in_ranges(void **state);
void small_files_are_written_together(void **state);
void small_files_share_blocks(void **state);
void a_page_keeps_notes_and_files(void **state);
void a_folder_is_listed_in_pages(void **state);
void what_is_moved_and_removed_is_found_again(void **state);

/* rpc_trees.c */
void a_name_is_found_in_a_tree(void **state);
void a_tree_is_copied(void **state);
void a_verification_says_what_is_lost(void **state);
void a_repair_says_what_is_not_restored(void **state);

/* rpc_people.c */
void settings_bind_and_releases_are_pinned(void **state);
void people_are_found_and_given_profiles(void **state);
void the_server_says_what_it_allows_and_freezes(void **state);
void of_two_admins_who_freeze_each_other_one_does(void **state);
void an_invitation_is_made_and_cancelled(void **state);
void a_device_is_acknowledged_and_revoked(void **state);

/* rpc_workspaces.c */
void a_workspace_is_made_shared_and_ended(void **state);
void what_a_revoked_person_owned_is_claimed(void **state);
void keys_are_wrapped_again_and_changesets_declared_void(void **state);

/* rpc_chat.c */
void people_talk_in_a_channel(void **state);

/* rpc_certificates.c */
void requests_by_certificate_are_accepted_and_rejected(void **state);

#endif
