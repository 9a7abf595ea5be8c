/* local.h - which local files are known to hold which versions. */
#ifndef ZT_CLIENT_LOCAL_H
#define ZT_CLIENT_LOCAL_H

#include <sys/stat.h>

#include "client/client.h"

struct local {
	struct id workspace, vlob;
	uint64_t version;
};
struct local_note {
	struct local is;
	struct stat st; /* when the file held that */
};

/* Whether it is noted what the file ST holds, and it was not changed since. */
bool local_find(struct zt *z, const struct stat *st, struct local *out);
/* Whether that is VERSION of VLOB in S. */
bool local_is(struct space *s, const struct stat *st, const struct id *vlob, uint64_t version);
/* Whether the file was changed so lately that a change after ST may bear the same time. */
bool local_is_young(const struct stat *st);
/* Notes COUNT files, where it can. No transaction is open. */
void local_keep(struct zt *z, const struct local_note *notes, size_t count);

#endif
