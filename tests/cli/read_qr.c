/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* read_qr.c - reads the QR code that zt prints, as a phone's camera would: standard input to
 * pixels, zbar to text. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

enum { MAX = 220, PIXELS = 4 };

int
main(void)
{
	static unsigned char dark[MAX][MAX];
	char line[4096];
	int rows = 0, width = 0;
	unsigned char *image;
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *z = zbar_image_create();

	while (fgets(line, sizeof line, stdin) != NULL && rows + 2 <= MAX) {
		char *p = strstr(line, "107m");
		int x = 0;

		if (p == NULL)
			continue; /* not of the code */
		for (p += 4; *p != 0 && *p != '\033' && x < MAX; x++) {
			bool is_block = strncmp(p, "█", 3) == 0;

			dark[rows][x] = is_block || strncmp(p, "▀", 3) == 0;
			dark[rows + 1][x] = is_block || strncmp(p, "▄", 3) == 0;
			p += *p == ' ' ? 1 : 3;
		}
		width = x;
		rows += 2;
	}
	if (width == 0 ||
	    (image = malloc((size_t)width * PIXELS * (size_t)rows * PIXELS)) == NULL)
		errx(1, "there is no QR code");
	for (int y = 0; y < rows * PIXELS; y++)
		for (int x = 0; x < width * PIXELS; x++)
			image[y * width * PIXELS + x] = dark[y / PIXELS][x / PIXELS] ? 0 : 255;
	zbar_image_set_format(z, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(z, (unsigned)(width * PIXELS), (unsigned)(rows * PIXELS));
	zbar_image_set_data(z, image, (size_t)width * PIXELS * (size_t)rows * PIXELS, NULL);
	if (zbar_scan_image(scanner, z) != 1)
		errx(1, "the code cannot be read");
	(void)printf("%s\n", zbar_symbol_get_data(zbar_image_first_symbol(z)));
	zbar_image_destroy(z);
	zbar_image_scanner_destroy(scanner);
	free(image);
	return 0;
}
