/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* new_device.h - what each host does alike to make a device (host.create, host.claim,
 * host.recover). */
#ifndef ZT_HOSTS_NEW_DEVICE_H
#define ZT_HOSTS_NEW_DEVICE_H

#include "rpc/message.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/recover.h"

struct call;

/* What C's parameters say of a new device; the texts are C's. */
struct zt_bootstrap new_device_bootstrap(const struct call *c);
struct zt_claim new_device_claim(const struct call *c);
/* The same of a recovery, whose person is asked by CODES; the caller frees *LINKS, which OUT
 * borrows, also after a failure. Errors: INVALID (neither words nor links), MEMORY; they are
 * answered. */
enum zt_err new_device_recovery(struct call *c, struct zt_codes *codes, const char ***links,
    struct zt_recovery *out) __attribute__((warn_unused_result));
/* Refuses the new password of C's parameter NAME, if it is empty or too long. Errors: INVALID,
 * which is answered. */
enum zt_err new_device_password(struct call *c, const char *name)
    __attribute__((warn_unused_result));

/* A name for the folder of a device in ORGANIZATION (a slug; or an address, whose domain's
 * first part it is), behind BEFORE, at most 8 letters. MARK, unless NULL, makes it the same one
 * when the person comes back with it, so that what was interrupted is continued: six digits
 * tell nothing about it. */
void new_device_folder(
    const char *before, const char *organization, const char *mark, char out[RPC_KEY_MAX]);

#endif
