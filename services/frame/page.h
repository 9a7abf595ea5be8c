/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* page.h - list queries bounded by the size of their answer.
 *
 * Such a query sums the sizes of its rows before it reads one, and returns the rows preceded
 * by less than a page. So neither the database nor the service ever holds more than a page and
 * one row, however large the members' data; and no page is empty, because the first row is
 * always included. The caller continues after the last row received. (octet_length reads no
 * row: the size of a large value is stored beside it.) */
#ifndef ZT_FRAME_PAGE_H
#define ZT_FRAME_PAGE_H

#include "format/limits.h"

/* In bytes, of the rows before the last one. */
#define PAGE_FILL (4 * 1024 * 1024)
/* Maximum bytes of a row in an answer besides its large columns. */
#define PAGE_ROW 256
/* Rows that one query looks at. */
#define PAGE_ROWS 2000

/* The largest row is an object, and a page with it is an answer. */
_Static_assert(
    PAGE_FILL + LIMIT_MANIFEST + 1024 + PAGE_ROW <= LIMIT_PAGE - 64 * 1024, "an answer's size");

#define PAGE_TEXT_OF(number) #number
#define PAGE_TEXT(number) PAGE_TEXT_OF(number)

/* A query: COLUMNS of ROWS (a SELECT without ORDER BY) in the order of ORDER, MAX at most, and
 * as many as a page of FILL bytes takes when a row takes SIZE besides PAGE_ROW. The column
 * is_more says whether another row follows this one: 1 or 0. */
#define PAGE_PART(columns, rows, order, max, size, fill)                                       \
	"SELECT " columns " FROM (SELECT *, row_number() OVER o AS nth, lead(1::int8, 1, "     \
	"0::int8) OVER o AS is_more, sum(" size " + " PAGE_TEXT(                               \
	    PAGE_ROW) ") OVER (o ROWS "                                                        \
		      "UNBOUNDED PRECEDING) - (" size " + " PAGE_TEXT(                         \
			  PAGE_ROW) ") AS in_front FROM (" rows " ORDER BY " order             \
				    " LIMIT " PAGE_TEXT(                                       \
					max) " + 1) found WINDOW o AS (ORDER BY " order        \
					     ")) page WHERE in_front < " fill                  \
					     " AND nth <= " PAGE_TEXT(max) " ORDER BY " order
#define PAGE_OF(columns, rows, order, max, size)                                               \
	PAGE_PART(columns, rows, order, max, size, PAGE_TEXT(PAGE_FILL))

#endif
