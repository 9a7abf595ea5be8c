/* SPDX-License-Identifier: Apache-2.0 */
/* umask.h - the mode bits that new files of this process do not get. */
#ifndef ZT_PORT_UMASK_H
#define ZT_PORT_UMASK_H

/* Does not set it meanwhile, as umask() would: another thread may make a file. */
unsigned port_umask(void);

#endif
