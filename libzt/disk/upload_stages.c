/* SPDX-License-Identifier: Apache-2.0 */
/* upload_stages.c - three batches of a put, one behind the other. */
#include <stdlib.h>

#include "content/lend.h"
#include "content/send.h"
#include "disk/upload.h"
#include "tree/batch.h"

enum zt_err
upload_begin(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < STAGES; i++) {
		if ((t->push[i] = calloc(1, sizeof *t->push[i])) == NULL)
			return ZT_ERR_MEMORY;
		err = batch_new(t->s, &t->push[i]->batch);
	}
	return err;
}

void
upload_end(struct transfer *t)
{
	for (size_t i = 0; i < STAGES; i++) {
		if (t->push[i] != NULL)
			batch_free(t->push[i]->batch);
		free(t->push[i]);
	}
}

enum zt_err
upload_lend(struct transfer *t, uint64_t size)
{
	enum zt_err err;

	if (size < LEND_BYTES && !lend_is_due(t))
		return ZT_OK;
	if ((err = batch_finish(t->push[PUSHED]->batch)) == ZT_OK)
		lend_begin(t);
	return err;
}

enum zt_err
upload_move_on(struct transfer *t)
{
	struct push *first = t->push[GATHERED], *empty = t->push[PUSHED];
	enum zt_err err;

	send_gathered(t);
	/* In this order: the device is lent while no push is under way. On a slow line the
	 * content of others would hold up the push, and the device with it. */
	if ((err = batch_finish(t->push[PUSHED]->batch)) ||
	    (err = lend_while(
		 t, batch_needs_line(t->push[WAITING]->batch) ? NULL : t->push[WAITING])))
		return err;
	t->files += empty->files;
	empty->files = 0;
	if ((err = batch_start(t->push[WAITING]->batch)))
		return err;
	t->push[PUSHED] = t->push[WAITING];
	t->push[WAITING] = first;
	t->push[GATHERED] = empty;
	return ZT_OK;
}

enum zt_err
upload_finish(struct transfer *t)
{
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < STAGES; i++)
		err = upload_move_on(t);
	return err;
}

bool
upload_is_dry(const struct transfer *t)
{
	return t->p != NULL && t->p->would != NULL;
}
