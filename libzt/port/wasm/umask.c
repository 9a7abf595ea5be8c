/* SPDX-License-Identifier: Apache-2.0 */
#include "port/umask.h"

unsigned
port_umask(void)
{
	return 077; /* files there are this origin's alone */
}
