/* A changeset as a server sends it. */
#include "fuzz.h"

#include "files/changeset.h"
#include "format/limits.h"
#include "format/pb.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Zt__Changeset *m = NULL;
	struct change *changes = NULL;
	struct changeset cs;

	fuzz_start();
	if (pb_decode(&zt__changeset__descriptor, bytes_of(data, size), LIMIT_CHANGESET, &m))
		return 0;
	if (changeset_read(m, &cs, &changes) == ZT_OK) {
		fuzz_demand(cs.count == m->n_changes && cs.count > 0);
		free(changes);
	}
	pb_free(m);
	return 0;
}
