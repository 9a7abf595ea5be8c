/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the kinds of the store's records; numbers never change. */
#ifndef ZT_STORE_KINDS_H
#define ZT_STORE_KINDS_H

enum store_kind {
	STORE_META = 1,       /* key: a word; n: 0 */
	STORE_LOG = 2,        /* key: empty; n: index */
	STORE_LINK = 3,       /* key: workspace; n: position */
	STORE_VERSION = 4,    /* key: workspace and vlob; n: version */
	STORE_KEY = 6,        /* key: workspace; n: generation */
	STORE_HANDLE = 7,     /* key: user */
	STORE_INVITATION = 8, /* key: invitation */
	STORE_UPLOAD = 9,     /* key: keyed hash of what is being uploaded */
	STORE_SEALED = 10, /* key: workspace and user; n: generation; user key generation that
			    * we sealed to */
	STORE_PUSH = 11,   /* key: workspace; n: position; a changeset, for repairs: with its
			      objects when this device wrote it */
	STORE_CHAIN = 12,  /* key: workspace; n: 0 */
	/* key: workspace and vlob; n: version; a folder's sealed manifest as received. (5 was
	 * keyed by the vlob alone.) */
	STORE_FOLDER = 13,
	STORE_PERSON = 14,   /* key: keyed hash of an address; n: 0; the user that it means */
	STORE_FORK = 15,     /* key: "fork", or a workspace; the error seen (freeze.c) */
	STORE_KNOWN = 16,    /* key: device; n: 0; one of this user's, acknowledged by a
			      * person */
	STORE_POSITION = 17, /* key: workspace; n: 0; the newest position signed by the log
			      * key */
	STORE_GREETING = 18, /* key: invitation; n: 0; accepted, but the claimer has no answer
			      * yet */
	STORE_LOCAL = 19,    /* key: device and inode / 32 of local files; n: 0 (local.c) */
	STORE_NOTE = 20,     /* key: a program's word; n: 0 (zt/keep.h) */
	/* key: workspace and vlob; n: version; a file's manifest as STORE_FOLDER has folders'
	 */
	STORE_FILE = 21,
	/* key: workspace, vlob and block; n: 0; the sealed block, as the servers have it */
	STORE_BLOCK = 22,
	STORE_PIN = 23,        /* the same, which a person wants here */
	STORE_TOPIC = 24,      /* key: space and topic; n: 0; how far it is verified */
	STORE_MESSAGE = 25,    /* key: space and topic; n: position */
	STORE_MESSAGE_ID = 26, /* key: space, topic and message; n: 0; its position */
	/* key: space and topic; n: position; the link that an author saw there, which is not
	 * held yet */
	STORE_OWED = 27,
	STORE_CHANNEL = 28, /* key: space and topic; n: 0; what was read, and noted (chat/) */
	STORE_ABOUT = 29,   /* key: space, topic and message; n: position of one about it */
	STORE_OUTBOX = 30,  /* key: space and topic; n: a number; a message to be sent */
};

#endif
