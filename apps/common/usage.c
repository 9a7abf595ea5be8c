/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/usage.h"

void
usage_add(void *usage, const struct zt_file *f)
{
	struct usage *u = usage;

	u->folders += f->is_folder;
	u->files += !f->is_folder;
	u->bytes += f->size;
}
