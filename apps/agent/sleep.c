/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "agent/sleep.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/device.h"

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_FACE "org.freedesktop.login1.Manager"

struct sleep {
	struct agent *a;
	sd_bus *bus; /* NULL: it has ended */
	int delay;   /* while it is open, the machine waits; -1: it does not */
	bool comes;  /* the machine is about to sleep */
};

static void
let_sleep(struct sleep *s)
{
	if (s->delay >= 0)
		(void)close(s->delay);
	s->delay = -1;
}

/* The answer to ask_to_wait: a file, as long as which is open the machine waits. */
static int
take_delay(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct sleep *s = arg;
	int fd;

	(void)error;
	if (sd_bus_message_read(m, "h", &fd) < 0) /* an error: there is no login manager */
		return 0;
	let_sleep(s);
	s->delay = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* that of the message is the message's */
	return 0;
}

static void
ask_to_wait(struct sleep *s)
{
	(void)sd_bus_call_method_async(s->bus, NULL, LOGIN_NAME, LOGIN_PATH, LOGIN_FACE,
	    "Inhibit", take_delay, s, "ssss", "sleep", "zt-agent", "Devices lock first",
	    "delay");
}

/* True: the machine is about to sleep. False: it is awake again. */
static int
hear(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct sleep *s = arg;
	int comes;

	(void)error;
	if (sd_bus_message_read(m, "b", &comes) < 0)
		return 0;
	s->comes = comes != 0;
	if (s->comes) {
		agent_log("the machine is about to sleep");
		device_shut_all(s->a);
	} else {
		ask_to_wait(s);
	}
	return 0;
}

/* The loop has its own descriptor of the bus, which it closes. */
static bool
watch(struct sleep *s)
{
	lws_sock_file_fd_type fd;

	fd.filefd = fcntl(sd_bus_get_fd(s->bus), F_DUPFD_CLOEXEC, 0);
	return fd.filefd >= 0 && lws_adopt_descriptor_vhost(s->a->loop, LWS_ADOPT_RAW_FILE_DESC,
				     fd, "sleep", NULL) != NULL;
}

struct sleep *
sleep_begin(struct agent *a)
{
	struct sleep *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->a = a;
	s->delay = -1;
	if (sd_bus_open_system(&s->bus) < 0 ||
	    sd_bus_match_signal_async(s->bus, NULL, LOGIN_NAME, LOGIN_PATH, LOGIN_FACE,
		"PrepareForSleep", hear, NULL, s) < 0 ||
	    !watch(s)) {
		sleep_free(s);
		return NULL;
	}
	ask_to_wait(s);
	sleep_turn(s);
	return s;
}

void
sleep_turn(struct sleep *s)
{
	int more;

	if (s == NULL)
		return;
	more = s->bus != NULL ? 1 : 0;
	while (more > 0)
		more = sd_bus_process(s->bus, NULL);
	if (more < 0) { /* the bus has ended */
		s->bus = sd_bus_close_unref(s->bus);
		let_sleep(s);
	}
	if (s->comes && !device_is_open(s->a))
		let_sleep(s);
}

void
sleep_free(struct sleep *s)
{
	if (s == NULL)
		return;
	let_sleep(s);
	(void)sd_bus_close_unref(s->bus);
	free(s);
}
