/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* gate.h - a gateway of a test's own before the real services of a scene, with the limits that
 * the test is about, and callers that speak to it over raw sockets. Any failure fails the test.
 * "Another address" is another one of 127.0.0.0/8. */
#ifndef ZT_TEST_GATE_H
#define ZT_TEST_GATE_H

#include "world.h"

enum { GATE_OWN = 1, GATE_MIB = 1 << 20 };
enum { GATE_LONG_S = 30 }; /* for what has to happen, on a slow machine */

struct gate {
	struct scene *s;
	pid_t pid;
	int port;
	char port_file[128];
};

/* For cmocka_run_group_tests, with scene_end: a scene, and as many files as may be open. */
int gate_begin(void **state);
int gate_begin_with_eve(void **state);
/* Starts one with MORE (lines of YAML) in place of the world's settings of the same names. The
 * second preloads the library LIBRARY into it, which is beside the test. */
void gate_open(struct scene *s, const char *more, struct gate *g);
void gate_open_with(struct scene *s, const char *more, const char *library, struct gate *g);
/* SIGTERM; it ends in peace. */
void gate_close(struct gate *g);
/* How many lines of the log have WORD, of it and of those before it. */
unsigned gate_said(const struct gate *g, const char *word);
/* Waits for its end: the status for WIFEXITED. */
int gate_await_end(struct gate *g);
/* The processor time that it takes in the next MS, as a share of what a process takes in them
 * that never waits. */
double gate_share(const struct gate *g, long ms);

/* The folder of what was built, in which the test lies. */
void gate_built(char out[512]);
double gate_now(void); /* in seconds */
void gate_pause_ms(long ms);

/* A connection from 127.0.0.FROM. */
int gate_dial(const struct gate *g, unsigned from);
/* One to PORT; a narrow one takes a few KiB at once, so that the other side's system does not
 * take much more. */
int gate_dial_port(int port, unsigned from, bool is_narrow);
void gate_say(int fd, const void *p, size_t n);
/* REQUEST, of ROUTE_EVENTS: reads the head of the answer, then sends the first message. */
void gate_say_socket(int fd, const struct buf *request);
/* The status of the next answer on FD within SECONDS, read whole; 0: closed; -1: none came. */
int gate_status(int fd, double seconds);
/* Whether the other side has not closed FD. Reads nothing. */
bool gate_is_open(int fd);
/* Until FD is closed by the other side, within SECONDS, whatever comes before; how much came.
 */
size_t gate_await_close(int fd, double seconds);

/* What is signed, and how. */
struct gate_ask {
	enum route route;
	struct bytes body;
	const char *extra;   /* header lines */
	bool is_signed;      /* by the device; zeros otherwise */
	const struct id *as; /* the device that is named; NULL: its own */
};
extern const struct gate_ask gate_good, gate_bad;

#define GATE_UPGRADE                                                                           \
	"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"           \
	"sec-websocket-protocol: zt-events\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
/* The head of a call that needs no signature, but for its last lines. */
#define GATE_CLAIM                                                                             \
	"POST /v1/orgs/00112233445566778899aabbccddeeff/invitations/"                          \
	"00112233445566778899aabbccddeeff/claimer HTTP/1.1\r\nhost: x\r\n"

/* Appends TEXT, of 126 bytes or more, as a WebSocket's message whose mask is zeros. */
void gate_frame(struct bytes text, struct buf *out);
/* A whole request of P's device, which the caller frees; of ROUTE_EVENTS with its first message
 * behind it. */
struct buf gate_request(const struct person *p, const struct gate_ask *a);
/* The status of one call of P's, made from 127.0.0.FROM. */
int gate_call(
    const struct gate *g, unsigned from, const struct person *p, const struct gate_ask *a);

/* A service of the test's own, at URL for the gateway's settings. It takes what comes, and
 * gives each call ANSWER bytes on behalf of a caller who proved who they are; a batch is one
 * call. */
struct fake {
	char url[160];
	size_t answer;      /* bytes; FAKE_SILENT: none comes */
	bool first_is_dead; /* nothing is answered on the connection of the first call */
	void *inside;
};
#define FAKE_SILENT SIZE_MAX
void fake_open(struct scene *s, const char *name, struct fake *f);
void fake_close(struct fake *f);

#endif
