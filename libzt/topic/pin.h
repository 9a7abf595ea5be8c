/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h - the places of a space's topics that an act pins: up to them the messages of those
 * who lose the right to write count (P6). */
#ifndef ZT_TOPIC_PIN_H
#define ZT_TOPIC_PIN_H

#include "proto/trust.pb-c.h"
#include "topic/topic.h"

/* The topics of a pin, which borrows from here. */
struct topic_pins {
	Zt__TopicPin pin, *list[1];
	struct id topic;
	struct hash link;
};

/* Adds the topics of S to PIN: for a ROTATION as far as this device, or a colleague by a
 * message, had verified them before the first loss of access that nothing pins yet; else as
 * far as it has now. A workspace has no topic yet. */
ZT_CHECKED enum zt_err topic_add_pins(
    struct workspace *s, bool is_rotation, struct topic_pins *keep, Zt__ChainPin *pin);

#endif
