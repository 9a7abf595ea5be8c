/* SPDX-License-Identifier: Apache-2.0 */
#include "format/event.h"

#include <string.h>

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
