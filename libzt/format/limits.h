/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - every size and count on any wire, each with its reason. */
#ifndef ZT_FORMAT_LIMITS_H
#define ZT_FORMAT_LIMITS_H

#define LIMIT_ENTRY                                                                            \
	(256 * 1024)        /* a log entry: a user key rotation seals to ~1,000 devices        \
			     */
#define LIMIT_LOG_PAGE 1000 /* entries in one answer: about 0.5 MiB */
#define LIMIT_TEXT 256      /* a name of a person, an address, a label */
#define LIMIT_SLUG 32       /* an organization's short name, a part of addresses */
#define LIMIT_NAME 255      /* bytes of a file's name: what file systems take */
#define LIMIT_DEPTH 64      /* names of a path that one may make */
#define LIMIT_DEPTH_READ                                                                       \
	128                 /* two people may make one deeper together, each within the limit */
#define LIMIT_FOLDER 131072 /* entries of one folder */
#define LIMIT_CHANGES 4096  /* versions in one changeset */
#define LIMIT_CHANGESET                                                                        \
	(2 * 1024 * 1024) /* its statement and changes, encoded, with 60,000 block ids */
#define LIMIT_MANIFEST (8 * 1024 * 1024)    /* one sealed manifest: a file of about 30 GiB */
#define LIMIT_PUSH (20 * 1024 * 1024)       /* objects that a client packs in one push */
#define LIMIT_PAGE (16 * 1024 * 1024)       /* one answer of objects or of the chain */
#define LIMIT_CHECKPOINT (20 * 1024 * 1024) /* entries of a checkpoint: 655,360 of 32 bytes */
#define LIMIT_SETTINGS                                                                         \
	(128 * 1024) /* of an organization: a few anchors and revocation lists                 \
		      */
#define LIMIT_CERTIFICATE (16 * 1024)   /* one in DER; a request holds it and those behind it */
#define LIMIT_CERTIFICATES 8            /* between a newcomer's and an anchor */
#define LIMIT_INLINE 8192               /* content that rides in manifests of one push */
#define LIMIT_BLOCK (512 * 1024)        /* clear bytes of a block */
#define LIMIT_BLOCK_LARGE (1024 * 1024) /* of a large file: half the calls */
#define LIMIT_LARGE (16 * 1024 * 1024)  /* a file from which on blocks are large */
#define LIMIT_BLOCK_WIDE                                                                       \
	(2 * 1024 * 1024)              /* of a wide file: signatures, heads, halved again      \
					*/
#define LIMIT_WIDE (256 * 1024 * 1024) /* a file, sent whole, from which on they are wide */
#define LIMIT_HUGE (8ull << 30)        /* a file from which on they are 4 MiB */
#define LIMIT_SMALL (128 * 1024)       /* a file that shares its block with others */
#define LIMIT_BLOCK_WIRE (4 * 1024 * 1024 + 256)
#define LIMIT_USER_DEVICES 64          /* live devices of one user, recovery devices included */
#define LOG_FORMAT 2                   /* of the trust log (docs/protocol.md) */
#define LIMIT_KEYS 4096                /* sealed keys in one deposit */
#define LIMIT_OLDER 64                 /* older keys that a rotation brings along */
#define LIMIT_TARGET 1024              /* a request's path and query */
#define LIMIT_HEAD 4096                /* one header field that services read */
#define LIMIT_CALL (8 * 1024)          /* an encoded Call without its body */
#define LIMIT_BATCH 32                 /* calls in one nng message */
#define LIMIT_CLOCK_MS (5 * 60 * 1000) /* how far two clocks may differ */
#define LIMIT_HEAD_AGE_MS (10 * 60 * 1000) /* of a tree head: twice what clocks may differ */
#define LIMIT_EXCHANGE (1024 * 1024)       /* the welcome of an organization of ~4,000 people */
#define LIMIT_EXCHANGE_STEP (4 * 1024)     /* each message before it: a claim takes 1.5 KiB */

#define LIMIT_DELETION_MS (24 * 60 * 60 * 1000) /* a deletion can be taken back so long */
#define LIMIT_DELETION_DELAY_MS                                                                \
	(30ull * LIMIT_DELETION_MS) /* what an organization may ask for instead */

#define LIMIT_MESSAGE (96 * 1024) /* a sealed payload: a long text, or a moment's edits */
#define LIMIT_MESSAGE_BODY 1024   /* what its author signs */
#define LIMIT_MESSAGE_TEXT 32768  /* bytes of a text that a person writes */
#define LIMIT_TOPIC_PINS 1024     /* topics that an act on a space pins */

#define LIMIT_RELEASES 16 /* of the page that an organization accepts at once */
#define LIMIT_ORIGIN 255  /* bytes: https:// and a name of DNS */

#endif
