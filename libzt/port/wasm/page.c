/* SPDX-License-Identifier: Apache-2.0 */
#include "port/page.h"

/* Of the worker that runs this module; returns how many bytes it wrote. */
__attribute__((import_module("zt"), import_name("page_origin"))) int host_page_origin(
    char *out, int max);

void
port_page_origin(char out[PORT_ORIGIN])
{
	int n = host_page_origin(out, PORT_ORIGIN - 1);

	out[n > 0 && n < PORT_ORIGIN ? n : 0] = 0;
}
