/* transfer.h - one run of files up or down. */
#ifndef ZT_CLIENT_TRANSFER_H
#define ZT_CLIENT_TRANSFER_H

#include <sys/stat.h>

#include "client/client.h"
#include "zt/file.h"

struct transfer {
	struct zt *z;
	struct space *s;
	struct batch *batch; /* up */
	const struct zt_progress *p;
	uint64_t done, total, files, blocks;
	enum zt_err err; /* the first of a block */
};

/* Fetches and verifies the content of F, and writes it to FD unless that is -1. */
ZT_CHECKED enum zt_err transfer_content(struct transfer *t, const Zt__FileManifest *f, int fd);
/* Fetches and verifies block I of F alone and writes it to FD, which may be a pipe. */
ZT_CHECKED enum zt_err transfer_block(
    struct transfer *t, const Zt__FileManifest *f, size_t i, int fd);
/* The error of errno NUMBER about NAME. */
enum zt_err transfer_err(struct zt *z, const char *name, int number);
void transfer_skip(struct transfer *t, const char *name, const char *why);
uint64_t transfer_modified(const struct stat *st);

#endif
