/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "door/door.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
door_begin(struct door *d, int port)
{
	char name[MARK_HASH];

	*d = (struct door){ .origin = "" };
	mark_new(d->cookie);
	mark_hash(
	    d->cookie, strlen(d->cookie), name); /* random as well, and of small letters */
	(void)snprintf(d->origin, sizeof d->origin, "http://zt-%.16s.localhost:%d", name, port);
	mark_new(d->cookie);
	mark_new(d->run);
}

bool
door_ticket(struct door *d, uint64_t now_ms, char out[MARK_TEXT])
{
	for (size_t i = 0; i < DOOR_TICKETS; i++) {
		struct door_ticket *t = &d->tickets[i];

		if (t->until_ms > now_ms)
			continue;
		mark_new(t->text);
		t->until_ms = now_ms + DOOR_TICKET_MS;
		memcpy(out, t->text, MARK_TEXT);
		return true;
	}
	return false;
}

bool
door_use(struct door *d, uint64_t now_ms, const char *ticket)
{
	size_t n = strlen(ticket);
	bool is_open = false;

	for (size_t i = 0; i < DOOR_TICKETS; i++) {
		struct door_ticket *t = &d->tickets[i];

		if (t->until_ms <= now_ms || !mark_is(t->text, ticket, n))
			continue;
		explicit_bzero(t, sizeof *t);
		is_open = true;
	}
	return is_open;
}

bool
door_has_host(const struct door *d, const char *host)
{
	return host != NULL && strcmp(host, d->origin + strlen("http://")) == 0;
}

bool
door_has_origin(const struct door *d, const char *host, const char *origin)
{
	return door_has_host(d, host) && origin != NULL && strcmp(origin, d->origin) == 0;
}

bool
door_has_cookie(const struct door *d, const char *cookies)
{
	const size_t name = strlen(DOOR_COOKIE);
	bool is_there = false;

	for (const char *at = cookies; at != NULL && *at != 0;) {
		size_t n = strcspn(at, ";");

		if (n > name && strncmp(at, DOOR_COOKIE, name) == 0 && at[name] == '=' &&
		    mark_is(d->cookie, at + name + 1, n - name - 1))
			is_there = true;
		at += n;
		at += strspn(at, "; ");
	}
	return is_there;
}

/* Asks the kernel for the one socket whose own end is FROM, connected to TO. */
static bool
ask_kernel(int fd, const struct sockaddr_in *from, const struct sockaddr_in *to, uid_t *out)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} ask = { .head = { .nlmsg_len = sizeof ask,
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = AF_INET,
		    .sdiag_protocol = IPPROTO_TCP,
		    .idiag_states = UINT32_MAX } };
	struct {
		struct nlmsghdr head;
		struct inet_diag_msg body;
		uint8_t more[512];
	} answer;
	ssize_t n;

	ask.body.id.idiag_sport = from->sin_port;
	ask.body.id.idiag_dport = to->sin_port;
	ask.body.id.idiag_src[0] = from->sin_addr.s_addr;
	ask.body.id.idiag_dst[0] = to->sin_addr.s_addr;
	ask.body.id.idiag_cookie[0] = ask.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	if (send(fd, &ask, sizeof ask, 0) != (ssize_t)sizeof ask)
		return false;
	n = recv(fd, &answer, sizeof answer, 0);
	if (n < (ssize_t)(sizeof answer.head + sizeof answer.body) ||
	    answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    answer.body.idiag_state != TCP_ESTABLISHED) /* what was closed is nobody's */
		return false;
	*out = answer.body.idiag_uid;
	return true;
}

bool
door_user_of(int fd, uid_t *out)
{
	struct sockaddr_in mine = { 0 }, theirs = { 0 };
	socklen_t n = sizeof mine, m = sizeof theirs;
	bool knows = false;
	int kernel;

	if (getsockname(fd, (struct sockaddr *)&mine, &n) != 0 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &m) != 0 ||
	    mine.sin_family != AF_INET || theirs.sin_family != AF_INET ||
	    (kernel = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) < 0)
		return false;
	knows = ask_kernel(kernel, &theirs, &mine, out);
	(void)close(kernel);
	return knows;
}
