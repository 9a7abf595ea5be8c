/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A settings file. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus/config.h"
#include "fuzz.h"

struct settings {
	char name[CONFIG_TEXT_MAX];
	int64_t number;
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_key keys[] = {
		{ "name", CONFIG_TEXT, offsetof(struct settings, name), "x", 0, 0, "" },
		{ "number", CONFIG_INT, offsetof(struct settings, number), "1", 1, 9, "" },
	};
	struct settings s;
	char path[64], message[200] = "";
	int fd = memfd_create("config", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (config_load(path, keys, 2, &s, message) == ZT_OK)
		fuzz_demand(s.number >= 1 && s.number <= 9);
	else
		fuzz_demand(message[0] != 0);
	(void)close(fd);
	return 0;
}
