/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - whether this is the client of a page in a browser, and of which one. */
#ifndef ZT_PORT_PAGE_H
#define ZT_PORT_PAGE_H

enum { PORT_ORIGIN = 256 };

/* The origin of the page whose browser runs this, "https://zt.acme.example"; "" in a program.
 */
void port_page_origin(char out[PORT_ORIGIN]);

#endif
