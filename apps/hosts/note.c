/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "hosts/note.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"

char *
note_of(const char *json, size_t n, const char *key, size_t *out_n)
{
	json_t *device = key != NULL ? json_pack("{s:s}", "device", key) : NULL;
	size_t k = 0;
	char *head = device != NULL ? encode_json(device, &k) : NULL;
	char *out = malloc(k + n + 1);

	json_decref(device);
	if (out != NULL) {
		memcpy(out + k, json, n);
		*out_n = k + n;
	}
	if (out != NULL && head != NULL) { /* {"device":"KEY"} and {... are one object */
		memcpy(out, head, k);
		out[k - 1] = ',';
		memmove(out + k, out + k + 1, n - 1);
		*out_n = k + n - 1;
	}
	free(head);
	return out;
}

uint64_t
note_ask(const char *json, size_t n)
{
	json_t *read = json_loadb(json, n, 0, NULL);
	json_int_t ask = json_integer_value(json_object_get(read, "ask"));

	json_decref(read);
	return (uint64_t)ask;
}
