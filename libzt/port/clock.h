/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the two clocks. */
#ifndef ZT_PORT_CLOCK_H
#define ZT_PORT_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970; a person may set it. */
uint64_t port_wall_ms(void);
/* Milliseconds since some moment; it only continues. */
uint64_t port_steady_ms(void);

#endif
