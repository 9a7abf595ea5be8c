/* SPDX-License-Identifier: Apache-2.0 */
/* file_writer.h - a local file that is being written. */
#ifndef ZT_CONTENT_FILE_WRITER_H
#define ZT_CONTENT_FILE_WRITER_H

#include "content/local.h"
#include "content/temp.h"
#include "content/transfer.h"
#include "session/session.h"

/* An open local folder; the last user closes it. */
struct folder {
	int fd;
	size_t users;
	struct temp_place at;
};
struct file_writer {
	struct transfer *t;
	struct folder *in; /* NULL: the content is only checked */
	size_t pending;    /* blocks in flight, plus one for the caller while it adds blocks */
	enum zt_err err;   /* the first error; OS_ERROR: its errno, 0 if none */
	int os_error;
	int fd;     /* or -1 */
	int direct; /* the same file past the page cache, or -1 */
	bool is_whole, is_sparse;
	bool may_replace; /* the destination may be replaced if it is still as in WAS */
	struct stat was,
	    is; /* the destination at file_writer_new; our file under its final name */
	struct local what; /* the version being written */
	struct id author;  /* the device that wrote it */
	bool compares;     /* what is there may hold it: file_writer_is_there tells */
	bool is_ours;      /* and zt wrote or sent that before */
	char temp[TEMP_NAME + 1];
	char *name, *shown;  /* SHOWN: path for messages */
	char *beside;        /* path of what stays, when this is put beside it; or NULL */
	uint64_t size, data; /* DATA: without holes */
	uint64_t reserved;   /* bytes of disk space allocated (large files) */
	unsigned mode;
	struct timespec times[2];
};
/* Takes ownership of FD, also on failure. Unless it IS_MADE by this transfer, clears it of what
 * earlier runs left behind (temp.h). Errors: MEMORY. */
ZT_CHECKED enum zt_err folder_new(
    const struct transfer *t, int fd, bool is_made, struct folder **out);
/* Releases one use; the last closes FD. NULL is nothing. */
void folder_drop(struct folder *f);
/* Creates a writer for F. NAME: file name; SHOWN: path for messages; WHAT: the version. Opens
 * nothing. Holds one reference for the caller. *OUT is NULL if the file is up to date. Errors:
 * MEMORY, EXISTS (another file is there, which zt did not write, or which was changed
 * since). */
struct file_writer_place {
	struct folder *in; /* NULL: the content is only checked */
	const char *name, *shown;
	const char *beside; /* path of what stays, when this is put beside it; or NULL */
	struct local what;
	struct id author; /* the device that wrote it */
};
ZT_CHECKED enum zt_err file_writer_new(struct transfer *t, const struct file_writer_place *at,
    const Zt__FileManifest *f, struct file_writer **out);
/* Of a writer that COMPARES: whether what is there holds F, and the servers do. Takes as long
 * as reading both, and needs no store. */
bool file_writer_is_there(struct file_writer *k, const Zt__FileManifest *f);
/* Releases K, of which nothing was written. */
void file_writer_drop(struct file_writer *k);
/* Reports that what is there as NAME in IN, whose path is SHOWN, was not replaced. */
void file_writer_refused(
    struct transfer *t, const struct folder *in, const char *name, const char *shown);
/* These three run on any thread, one at a time per file writer, and set K->err: create the
 * temporary file in the destination's folder, write to it, rename it. Page-aligned whole pages
 * of a large file bypass the page cache. */
void file_writer_open(struct file_writer *k);
void file_writer_write(struct file_writer *k, uint64_t offset, struct bytes b);
void file_writer_name(struct file_writer *k);
/* Allocates disk space up to UPTO, and some ahead, on the caller's thread. Never allocates a
 * manifest's claimed size before its blocks arrive. Sets K->err. */
void file_writer_reserve(struct file_writer *k, uint64_t upto);
/* Releases one reference, on the caller's thread. The last one names or deletes the file and
 * frees K. Lost or damaged content, and an errno, skip that file; any other error is the
 * transfer's. */
void file_writer_end(struct file_writer *k);

#endif
