/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "rpc/message.h"

#include <stdio.h>
#include <string.h>

#include "encode/encode.h"
#include "rpc/call.h"
#include "rpc/json.h"
#include "rpc/types.h"

/* Whether MESSAGE has a number NAME, which is then *OUT. */
static bool
take_number(const json_t *message, const char *name, uint64_t *out)
{
	const json_t *n = json_object_get(message, name);
	struct type_fault fault;

	if (!type_check("number", true, n, &fault))
		return false;
	*out = (uint64_t)json_integer_value(n);
	return true;
}

static void
look(const json_t *read, struct rpc_message *out)
{
	const char *method = json_string_value(json_object_get(read, "method")),
		   *device = json_string_value(json_object_get(read, "device"));

	if (method != NULL && take_number(read, "id", &out->id)) {
		out->kind = RPC_REQUEST;
		out->row = rpc_find(method);
		if (device != NULL && strlen(device) < sizeof out->device)
			(void)snprintf(out->device, sizeof out->device, "%s", device);
	} else if (take_number(read, "reply", &out->id)) {
		out->kind = take_number(read, "ask", &out->ask) ? RPC_REPLY : RPC_OTHER;
	} else if (take_number(read, "cancel", &out->id)) {
		out->kind = RPC_CANCEL;
	}
}

void
rpc_look(const char *text, size_t n, struct rpc_message *out)
{
	struct call c = { .lane = NULL };
	json_t *read = NULL;

	*out = (struct rpc_message){ .kind = RPC_OTHER };
	if (json_read(&c, text, n, &read) != ZT_OK)
		return;
	look(read, out);
	json_decref(read);
}

enum zt_err
rpc_refuse(const struct rpc_host *host, uint64_t id, enum zt_err err, struct rpc_answer *out)
{
	struct rpc_lane l = { .host = *host, .request = encode_number(id) };
	struct call c = { .lane = &l };

	*out = (struct rpc_answer){ .json = NULL };
	err = l.request != NULL ? call_write(&c, err, out) : ZT_ERR_MEMORY;
	json_decref(l.request);
	return err;
}
