/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* logind.c - the part of a desktop's login manager that zt-agent asks, on the bus of
 * DBUS_SYSTEM_BUS_ADDRESS, for machines that cannot sleep. A line of standard input is an
 * order: "sleep" says that the machine is about to, and "wake" that it is awake again. Printed
 * is when somebody asks to be waited for, and when nobody does any more.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define PATH "/org/freedesktop/login1"
#define FACE "org.freedesktop.login1.Manager"

static int waited = -1; /* our end of what somebody holds */

static int
inhibit(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *what, *who, *why, *mode;
	int ends[2], rc;

	(void)arg;
	(void)error;
	if (sd_bus_message_read(m, "ssss", &what, &who, &why, &mode) < 0 ||
	    pipe2(ends, O_CLOEXEC) != 0)
		errx(1, "Inhibit");
	if (waited >= 0)
		(void)close(waited);
	waited = ends[0];
	rc = sd_bus_reply_method_return(m, "h", ends[1]);
	(void)close(ends[1]);
	(void)printf("waits for %s: %s, %s\n", who, what, mode);
	return rc;
}

static void
obey(sd_bus *bus)
{
	char order[16] = "";

	if (fgets(order, sizeof order, stdin) == NULL)
		_exit(0);
	if (sd_bus_emit_signal(
		bus, PATH, FACE, "PrepareForSleep", "b", strcmp(order, "sleep\n") == 0) < 0)
		errx(1, "%s", order);
}

int
main(void)
{
	static const sd_bus_vtable table[] = { SD_BUS_VTABLE_START(0),
		SD_BUS_METHOD("Inhibit", "ssss", "h", inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
		SD_BUS_SIGNAL("PrepareForSleep", "b", 0), SD_BUS_VTABLE_END };
	sd_bus *bus;

	if (sd_bus_open_system(&bus) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, PATH, FACE, table, NULL) < 0 ||
	    sd_bus_request_name(bus, "org.freedesktop.login1", 0) < 0)
		errx(1, "no bus");
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)printf("ready\n");
	for (;;) {
		struct pollfd of[] = { { .fd = sd_bus_get_fd(bus), .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = waited } };

		while (sd_bus_process(bus, NULL) > 0)
			;
		(void)sd_bus_flush(bus);
		of[2].fd = waited;
		if (poll(of, 3, -1) < 0)
			err(1, "poll");
		if (of[1].revents != 0)
			obey(bus);
		if (of[2].revents != 0) {
			(void)close(waited);
			waited = -1;
			(void)printf("waits for nobody\n");
		}
	}
}
