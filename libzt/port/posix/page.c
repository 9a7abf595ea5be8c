/* SPDX-License-Identifier: Apache-2.0 */
#include "port/page.h"

void
port_page_origin(char out[PORT_ORIGIN])
{
	out[0] = 0;
}
