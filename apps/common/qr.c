/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/qr.h"

#include <qrencode.h>
#include <stdio.h>
#include <string.h>

enum { QUIET = 4 };

static bool
is_dark(const QRcode *q, int x, int y)
{
	return x >= 0 && y >= 0 && x < q->width && y < q->width &&
	       (q->data[y * q->width + x] & 1) != 0;
}

bool
qr_print(const char *text)
{
	QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (q == NULL)
		return false;
	for (int y = -QUIET; y < q->width + QUIET; y += 2) {
		(void)printf("\033[30;107m"); /* black on bright white */
		for (int x = -QUIET; x < q->width + QUIET; x++) {
			bool above = is_dark(q, x, y), below = is_dark(q, x, y + 1);

			(void)printf("%s", above && below ? "█"
					   : above        ? "▀"
					   : below        ? "▄"
							  : " ");
		}
		(void)printf("\033[0m\n");
	}
	memset(q->data, 0, (size_t)q->width * (size_t)q->width); /* it may be a secret */
	QRcode_free(q);
	return true;
}
