/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/stop.h"

#include <signal.h>
#include <stddef.h>

#include "zt/cancel.h"

static struct zt_cancel stopped; /* by the signal handler, which can be given nothing */

const struct zt_cancel *
stop_cancel(void)
{
	return &stopped;
}

static void
on_signal(int number)
{
	(void)number;
	zt_cancel(&stopped);
}

void
stop_heed_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct sigaction was;

		/* What nohup began stays when its terminal is closed. */
		if (numbers[i] != SIGHUP ||
		    (sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN))
			(void)sigaction(numbers[i], &a, NULL);
	}
}

bool
stop_is_asked(void)
{
	return zt_cancel_is_set(&stopped);
}
