/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* nng_close.c - preloaded into a gateway or a service: a socket that never finishes closing, as
 * nng's may. */
#include <nng/nng.h>
#include <unistd.h>

int
nng_close(nng_socket s)
{
	(void)s;
	for (;;)
		(void)pause();
}
