/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* forge.h - what a member with a patched client signs, and a chain as a hostile server shows
 * it. */
#ifndef ZT_TEST_FORGE_H
#define ZT_TEST_FORGE_H

#include "proto/metadata.pb-c.h"
#include "world.h"

struct forged_change {
	struct id vlob;
	uint64_t version;
	const struct hash *prev; /* NULL for a first version */
	const Zt__Manifest *m;
	struct bytes
	    raw; /* the encoding of a manifest that no honest encoder makes, or empty */
	struct bytes blocks; /* ids that the change says it adds */
};

/* A changeset as its server would send it, and the push that carries it. */
struct forged {
	struct buf changeset, push;
	struct hash object; /* of the last change */
};

/* Signs CHANGES as BY, on top of what S has verified, under key GENERATION. */
void forge_changeset(struct person *by, struct workspace *s,
    const struct forged_change *changes, size_t count, unsigned generation, struct forged *out);
void forged_free(struct forged *f);
/* What F's author says of it, altered and signed again by BY. */
typedef void forge_fn(Zt__ChangesetBody *b, void *ctx);
void forged_alter(struct person *by, struct forged *f, forge_fn *alter, void *ctx);
/* The real server's answer to the push. */
enum zt_err forged_send(struct person *by, struct workspace *s, const struct forged *f);
/* PUSH, as it is or was sent, by REPAIR at POSITION: the real server's answer. */
enum zt_err forged_repair(
    struct person *by, const struct id *workspace, struct bytes push, uint64_t position);
/* That PUSH stood at LAST of the chain, behind the link BEFORE, as a way of one changeset whose
 * end SIGNED names (NULL: nothing does): the real server's answer. */
struct forged_way {
	struct bytes push;
	uint64_t last;
	const struct hash *before;
	Zt__Statement *stmt;
};
enum zt_err forged_show(
    struct person *by, const struct id *workspace, const struct forged_way *way);
/* A manifest of a small file with CONTENT, or of a folder with one entry; they live as long as
 * the caller's memory that they borrow. */
struct forged_file {
	Zt__Manifest m;
	Zt__FileManifest file;
};
void forge_file(struct forged_file *f, const char *content);
struct forged_folder {
	Zt__Manifest m;
	Zt__FolderManifest folder;
	Zt__FolderEntry entry, *entries[1];
};
void forge_folder(
    struct forged_folder *f, struct bytes name, const struct id *vlob, bool is_folder);

/* Pushes one new version of VLOB by P, who says what it is: RAW, or the manifest M; the real
 * server takes it. */
void forge_version(struct person *p, const char *workspace, const struct id *vlob,
    const char *raw, const Zt__Manifest *m);

/* Adds a changeset behind those of the page in ANSWER, whose newest position grows by one. */
void forge_chain_add(struct buf *answer, const struct forged *f);
/* For proxy_hooks.after: adds the struct forged CTX to each page of a chain. */
void forge_inject(void *forged, struct proxy_call *c);

#endif
