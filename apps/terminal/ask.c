/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ask.c - what a person types, or leaves in a file: passwords, PINs, words. None of it stays in
 * a buffer of the C library, and an interrupted question leaves the terminal as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include "common/l10n.h"
#include "terminal/command.h"
#include "zt/protect.h"

static enum zt_err
file_failed(struct cli *c, const char *name)
{
	int saved_errno = errno;

	(void)cli_refuse(c, _("%.180s: %s"), name, _(strerror(saved_errno)));
	return saved_errno == ENOENT ? ZT_ERR_NOT_FOUND : ZT_ERR_IO;
}

/* The line of N bytes in OUT, which has a byte more: what is hidden in it would be cut off, and
 * something else than it says would open. */
static enum zt_err
check_line(struct cli *c, const char *name, char *out, size_t n)
{
	static const char mark[] = "\xef\xbb\xbf";

	out[n] = 0;
	if (n > 0 && out[n - 1] == '\r')
		out[--n] = 0;
	if (n >= 3 && memcmp(out, mark, 3) == 0) {
		memmove(out, out + 3, n - 3 + 1);
		n -= 3;
	}
	if (memchr(out, 0, n) != NULL || memchr(out, '\r', n) != NULL)
		return cli_refuse(
		    c, _("%.180s: the line holds a NUL or a carriage return"), name);
	return n > 0 ? ZT_OK : cli_refuse(c, _("%.180s: the first line is empty"), name);
}

/* Byte by byte, because what is behind the line is for others who read there; and into no
 * buffer of the C library, which would keep the secret. NAME is for complaints. */
static enum zt_err
read_line(struct cli *c, int fd, const char *name, char *out, unsigned size)
{
	char line[ZT_PASSWORD_MAX + 6]; /* with a mark before, and CR LF behind */
	unsigned n = 0;
	ssize_t got;
	enum zt_err err = ZT_OK;

	while ((got = read(fd, line + n, 1)) != 0 && n < sizeof line - 1) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = file_failed(c, name);
			goto out;
		}
		if (line[n] == '\n')
			break;
		n++;
	}
	if ((err = check_line(c, name, line, n)))
		goto out;
	if (strlen(line) >= size) {
		(void)cli_refuse(
		    c, _("%.180s: the line is longer than %u bytes"), name, size - 1);
		err = ZT_ERR_TOO_BIG;
		goto out;
	}
	memcpy(out, line, strlen(line) + 1);
out:
	explicit_bzero(line, sizeof line);
	return err;
}

enum zt_err
cli_read_line(struct cli *c, const char *file, char *out, unsigned size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum zt_err err;

	if (fd < 0)
		return file_failed(c, file);
	err = read_line(c, fd, file, out, size);
	(void)close(fd);
	return err;
}

/* What ends or stops a program at its terminal. */
static void
blocked_signals(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGHUP);
	(void)sigaddset(out, SIGQUIT);
	(void)sigaddset(out, SIGTSTP);
}

/* Asks TEXT at TTY; one line of the answer into OUT, unseen. The echo is off, and what was
 * typed ahead is dropped, before a person sees the question: a fast answer is neither shown nor
 * lost. Signals wait until the terminal is as it was: they are looked for (SIGNALS) and not
 * taken. Errors: IO, INTERRUPTED, TOO_BIG, USAGE. */
static enum zt_err
read_unseen(int tty, int signals, const char *text, char *out, unsigned size)
{
	struct pollfd look[] = { { tty, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct termios was, unseen;
	ssize_t n = -1;

	if (tcgetattr(tty, &was) != 0)
		return ZT_ERR_IO;
	unseen = was;
	unseen.c_lflag &= (tcflag_t)~ECHO;
	(void)tcsetattr(tty, TCSAFLUSH, &unseen);
	(void)!write(tty, text, strlen(text));
	(void)!write(tty, " ", 1);
	if (poll(look, 2, -1) > 0 && look[1].revents == 0)
		n = read(tty, out, size - 1);
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	(void)!write(tty, "\n", 1);
	if (n <= 0)
		return ZT_ERR_INTERRUPTED;
	if (out[n - 1] == '\n')
		n--;
	else if ((unsigned)n == size - 1)
		return ZT_ERR_TOO_BIG;
	out[n] = 0;
	/* The same rule as for lines of files. */
	return memchr(out, 0, (size_t)n) != NULL || memchr(out, '\r', (size_t)n) != NULL
		   ? ZT_ERR_USAGE
		   : ZT_OK;
}

/* The question, once; *STOPPED: the person went to another job and came back. */
static enum zt_err
ask_once(int tty, const char *text, char *out, unsigned size, bool *stopped)
{
	sigset_t blocked, was, waiting;
	int signals;
	enum zt_err err = ZT_ERR_IO;

	blocked_signals(&blocked);
	(void)sigprocmask(SIG_BLOCK, &blocked, &was);
	if ((signals = signalfd(-1, &blocked, SFD_CLOEXEC)) >= 0) {
		err = read_unseen(tty, signals, text, out, size);
		(void)close(signals);
	}
	*stopped = sigpending(&waiting) == 0 && sigismember(&waiting, SIGTSTP) == 1;
	(void)sigprocmask(SIG_SETMASK, &was, NULL); /* here it ends, or stops, if it shall */
	return err;
}

enum zt_err
cli_prompt(struct cli *c, const char *text, const char *instead, char *out, unsigned size)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool stopped = false;
	enum zt_err err = ZT_OK;

	if (tty < 0)
		return cli_refuse(c, _("there is no terminal to ask at; say %.100s"), instead);
	do
		err = ask_once(tty, text, out, size, &stopped);
	while (err && stopped);
	(void)close(tty);
	return err;
}

static const char by_file[] = "--password-file FILE | --password-fd N | zt unlock";

/* An empty one would leave the device file as good as open. */
static enum zt_err
ask_twice(struct cli *c, const char *instead, char *out, unsigned size)
{
	char again[sizeof c->password] = "";
	enum zt_err err = cli_prompt(c, _("New password:"), instead, out, size);

	if (err == ZT_OK && out[0] == 0)
		err = cli_refuse(c, "%s", _("an empty password protects nothing"));
	if (err == ZT_OK)
		err =
		    cli_prompt(c, _("The same password again:"), instead, again, sizeof again);
	if (err == ZT_OK && strcmp(again, out) != 0)
		err = cli_refuse(c, "%s", _("the two passwords differ"));
	explicit_bzero(again, sizeof again);
	return err;
}

/* The password as the options say, or asked for. */
static enum zt_err
find_password(struct cli *c, bool is_new)
{
	char name[32];

	if (c->password_file != NULL)
		return cli_read_line(c, c->password_file, c->password, sizeof c->password);
	if (cli_has(c, OPTION_PASSWORD_FD)) {
		(void)snprintf(name, sizeof name, "--password-fd %d", (int)c->password_fd);
		return read_line(c, (int)c->password_fd, name, c->password, sizeof c->password);
	}
	/* a founding or a request that was cut off continues: its device has a password already
	 */
	return is_new && !zt_has_device(c->o.home)
		   ? ask_twice(c, by_file, c->password, sizeof c->password)
		   : cli_prompt(c,
			 zt_is_by_token(c->o.home) ? _("PIN of the token:") : _("Password:"),
			 by_file, c->password, sizeof c->password);
}

enum zt_err
cli_check_device(struct cli *c)
{
	if (zt_has_device(c->o.home))
		return ZT_OK;
	(void)cli_refuse(c,
	    _("there is no device in %.80s: zt claim LINK, zt recover or zt org bootstrap "
	      "makes "
	      "one there; --home DIR names another folder"),
	    c->o.home);
	return ZT_ERR_NOT_FOUND;
}

/* Before a new password is asked for, which nothing would have. A folder that cannot be entered
 * is libzt's to name. */
enum zt_err
cli_check_no_device(struct cli *c)
{
	if (!zt_has_device(c->o.home) || access(c->o.home, X_OK) != 0)
		return ZT_OK;
	(void)cli_refuse(
	    c, "%s", _("this state folder holds a device already; zt status says whose"));
	return ZT_ERR_EXISTS;
}

enum zt_err
cli_password(struct cli *c, bool is_new)
{
	enum zt_err err;

	c->o.password = c->password;
	if (!is_new && !zt_is_joining(c->o.home) && (err = cli_check_device(c)))
		return err;
	if (!is_new && c->password_file == NULL && !cli_has(c, OPTION_PASSWORD_FD) &&
	    zt_is_unlocked(c->o.home)) {
		c->o.password = NULL;
		return ZT_OK;
	}
	return find_password(c, is_new);
}

enum zt_err
cli_joining_password(struct cli *c)
{
	enum zt_err err = cli_check_no_device(c);

	return err ? err : cli_password(c, !zt_is_joining(c->o.home));
}

enum zt_err
cli_new_password(struct cli *c, char *out, unsigned size)
{
	return c->new_password_file != NULL
		   ? cli_read_line(c, c->new_password_file, out, size)
		   : ask_twice(c, "--new-password-file FILE", out, size);
}
