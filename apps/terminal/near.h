/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* near.h - the command that somebody may have meant. */
#ifndef ZT_TERMINAL_NEAR_H
#define ZT_TERMINAL_NEAR_H

/* The words of the command, or of the first in the group, that is nearest to TYPED: one slip of
 * the hand in four letters away at most (one in words of three): a letter more, less, another,
 * or two that changed places. NULL: none is near. Static. */
const char *near_command(const char *typed);

#endif
