/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "frame/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame/log.h"

/* RFC 5424, 6.2.1: facility 13, log audit; severity 5, notice. The structured data's name has
 * the enterprise number that RFC 5612 keeps for documentation. */
enum { PRI = 13 * 8 + 5 };
#define DATA_ID "zt@32473"

struct audit {
	const char *service;
	int file, socket; /* -1: none */
	char host[256];
};

static int
open_unix(const char *path, char message[200])
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof to.sun_path ||
	    (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0) {
		(void)snprintf(message, 200, "audit_syslog: %.120s cannot be used", path);
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		(void)snprintf(message, 200, "audit_syslog: %.120s: %s", path, strerror(errno));
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
open_udp(const char *host_port, char message[200])
{
	struct addrinfo hint = { .ai_socktype = SOCK_DGRAM }, *found = NULL;
	const char *colon = strrchr(host_port, ':');
	char host[200] = "";
	int fd = -1;

	if (colon != NULL && (size_t)(colon - host_port) < sizeof host)
		memcpy(host, host_port, (size_t)(colon - host_port));
	if (host[0] != 0 && getaddrinfo(host, colon + 1, &hint, &found) == 0 &&
	    (fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) >=
		0 &&
	    connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		(void)close(fd);
		fd = -1;
	}
	if (found != NULL)
		freeaddrinfo(found);
	if (fd < 0)
		(void)snprintf(
		    message, 200, "audit_syslog: udp:HOST:PORT, and not udp:%.120s", host_port);
	return fd;
}

enum zt_err
audit_open(const char *service, const char *file, const char *syslog, struct audit **out,
    char message[200])
{
	struct audit *a = calloc(1, sizeof *a);
	bool is_good = true;

	if (a == NULL)
		return ZT_ERR_MEMORY;
	*a = (struct audit){ .service = service, .file = -1, .socket = -1 };
	if (gethostname(a->host, sizeof a->host - 1) != 0)
		memcpy(a->host, "-", 2);
	if (file[0] != 0 &&
	    (a->file = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0) {
		(void)snprintf(message, 200, "audit_file: %.120s: %s", file, strerror(errno));
		is_good = false;
	}
	if (strncmp(syslog, "unix:", 5) == 0) {
		is_good = (a->socket = open_unix(syslog + 5, message)) >= 0 && is_good;
	} else if (strncmp(syslog, "udp:", 4) == 0) {
		is_good = (a->socket = open_udp(syslog + 4, message)) >= 0 && is_good;
	} else if (syslog[0] != 0) {
		(void)snprintf(message, 200,
		    "audit_syslog: unix:PATH or udp:HOST:PORT, and not %.120s", syslog);
		is_good = false;
	}
	if (!is_good) {
		audit_close(a);
		return ZT_ERR_CONFIG;
	}
	*out = a;
	return ZT_OK;
}

void
audit_close(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->file >= 0)
		(void)close(a->file);
	if (a->socket >= 0)
		(void)close(a->socket);
	free(a);
}

void
audit_line(struct audit *a, const char *event, const struct id *org, const struct id *device,
    const struct id *subject)
{
	static const char *const names[] = { "org", "device", "subject" };
	const struct id *const ids[] = { org, device, subject };
	struct buf b = buf_init(2048);
	char when[LOG_TIME], id[ID_TEXT];
	json_t *line;

	if (a == NULL || (a->file < 0 && a->socket < 0))
		return;
	log_time(when);
	line = json_pack("{s:s,s:s,s:s}", "time", when, "service", a->service, "event", event);
	buf_printf(&b, "<%d>1 %s %s zt-%s %d %s [" DATA_ID, PRI, when, a->host, a->service,
	    (int)getpid(), event);
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		if (ids[i] == NULL)
			continue;
		id_print(ids[i], id);
		log_add(line, names[i], id);
		buf_printf(&b, " %s=\"%s\"", names[i], id); /* nothing needs to be escaped */
	}
	buf_add_text(&b, "]");
	if (a->socket >= 0)
		(void)!send(a->socket, b.p, b.n, MSG_NOSIGNAL);
	buf_free(&b);
	log_write(a->file, line);
}
