/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 9421 fields: Signature-Input, then Signature, in two lines, and the first message of an
 * event socket. */
#include "fuzz.h"

#include "format/event.h"
#include "format/httpsig.h"

static const char *
field(const void *ctx, const char *name)
{
	return strcmp(name, "content-digest") == 0 ? ctx : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *second = strchr(text, '\n');
	struct httpsig_message m = { .method = "POST",
		.target = "/v1/orgs/x?a=b",
		.authority = "host",
		.field = field,
		.ctx = "sha-512=:AA==:" };
	struct httpsig_params p;
	struct bytes label;
	const char *input, *value;
	struct buf base = buf_init(1 << 16);
	uint8_t signature[SIGN_BYTES], key[SIGN_PUBLIC_BYTES] = { 1 };

	fuzz_start();
	if (second != NULL)
		*second++ = 0;
	(void)!httpsig_params(text, &p);
	if (httpsig_base(&m, text, &label, &base) == ZT_OK && second != NULL)
		(void)!httpsig_signature(second, label, signature);
	if (second != NULL) {
		fuzz_demand(httpsig_verify(&m, text, second, key) != ZT_OK);
		(void)!httpsig_digest_check(second, bytes_text("body"));
	}
	buf_free(&base);
	free(text);
	text = fuzz_text(data, size);
	if (event_first_read(text, size, &input, &value) == ZT_OK)
		fuzz_demand(strlen(input) + strlen(value) < size);
	free(text);
	return 0;
}
