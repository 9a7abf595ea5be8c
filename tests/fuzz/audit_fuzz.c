/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The records of an exported history: every accepted record was judged entry by entry. */
#include "fuzz.h"

#include "base/wire.h"
#include "history/audit.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_read(bytes_of(data, size));
	struct audit *a = NULL;
	struct id org = { { 0 } };

	fuzz_start();
	wire_copy(&r, org.b, ID_BYTES);
	if (audit_new(&org, &a))
		return 0;
	while (!r.bad && r.left > 0) {
		unsigned type = wire_u8(&r);
		struct bytes record = wire_span(&r, wire_u16(&r));

		if (r.bad || audit_take(a, (enum audit_record)type, record))
			break;
	}
	if (audit_end(a) == ZT_OK)
		fuzz_demand(audit_result(a)->entries > 0);
	else
		fuzz_demand(audit_result(a)->message != NULL);
	audit_free(a);
	return 0;
}
