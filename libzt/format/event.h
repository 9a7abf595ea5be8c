/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - the kinds of events, which are words in proto/rpc.proto's Event. */
#ifndef ZT_FORMAT_EVENT_H
#define ZT_FORMAT_EVENT_H

/* A new entry of a log; of a workspace: a changeset, sealed keys. OTHER: of a newer version. */
enum event_kind { EVENT_LOG, EVENT_CHAIN, EVENT_KEYS, EVENT_OTHER };

/* Its word: "log", "chain", "keys"; "" for OTHER. */
const char *event_kind_name(enum event_kind k);
enum event_kind event_kind_of(const char *name);

#endif
