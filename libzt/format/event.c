/* SPDX-License-Identifier: Apache-2.0 */
#include "format/event.h"

#include <string.h>

#include "format/pb.h"
#include "proto/rpc.pb-c.h"

const char *
event_kind_name(enum event_kind k)
{
	switch (k) {
	case EVENT_LOG:
		return "log";
	case EVENT_CHAIN:
		return "chain";
	case EVENT_KEYS:
		return "keys";
	case EVENT_MESSAGE:
		return "message";
	case EVENT_OTHER:
		break;
	}
	return "";
}

enum event_kind
event_kind_of(const char *name)
{
	for (enum event_kind k = EVENT_LOG; k < EVENT_OTHER; k++)
		if (strcmp(event_kind_name(k), name) == 0)
			return k;
	return EVENT_OTHER;
}

enum zt_err
event_read(struct bytes message, struct event *out)
{
	Zt__Event *e = NULL;
	enum zt_err err;

	if ((err = pb_decode(&zt__event__descriptor, message, EVENT_MAX, &e)) == ZT_OK &&
	    (err = pb_id(e->topic, &out->topic)) == ZT_OK) {
		out->kind = event_kind_of(e->kind);
		out->position = e->position;
	}
	pb_free(e);
	return err;
}

static const char input_name[] = "signature-input: ", signature_name[] = "signature: ";

void
event_first_write(const char *input, const char *signature, struct buf *out)
{
	buf_printf(out, "%s%s\n%s%s\n", input_name, input, signature_name, signature);
}

/* Ends the line at *AT, which begins with NAME, and returns what is behind that; *AT is the
 * next one. NULL: it is another line. */
static const char *
take_line(char **at, const char *name)
{
	char *line = *at, *end = strchr(line, '\n');
	size_t n = strlen(name);

	if (end == NULL || strncmp(line, name, n) != 0)
		return NULL;
	*end = 0;
	*at = end + 1;
	return line + n;
}

enum zt_err
event_first_read(char *text, size_t n, const char **input, const char **signature)
{
	char *at = text;

	if (n == 0 || n > EVENT_FIRST_MAX || memchr(text, 0, n) != NULL || text[n - 1] != '\n')
		return ZT_ERR_INVALID;
	text[n - 1] = 0; /* the last line ends here */
	if ((*input = take_line(&at, input_name)) == NULL ||
	    strncmp(at, signature_name, strlen(signature_name)) != 0 ||
	    strchr(at, '\n') != NULL)
		return ZT_ERR_INVALID;
	*signature = at + strlen(signature_name);
	return ZT_OK;
}
