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
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "common/l10n.h"

enum zt_err
cli_read_line(struct cli *c, const char *file, char *out, unsigned size)
{
	FILE *f = fopen(file, "re");

	if (f != NULL)
		(void)setvbuf(f, NULL, _IONBF, 0); /* or its buffer would keep the secret */
	if (f == NULL || fgets(out, (int)size, f) == NULL) {
		(void)snprintf(c->why, sizeof c->why, "%.200s: %s", file, strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return ZT_ERR_NOT_FOUND;
	}
	(void)fclose(f);
	out[strcspn(out, "\r\n")] = 0;
	return ZT_OK;
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

/* One line of TTY into OUT, unseen. Signals wait until the terminal is as it was: they are
 * looked for (SIGNALS) and not taken. Errors: INTERRUPTED, TOO_BIG. */
static enum zt_err
read_unseen(int tty, int signals, char *out, unsigned size)
{
	struct pollfd look[] = { { tty, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct termios was, unseen;
	ssize_t n = -1;

	if (tcgetattr(tty, &was) != 0)
		return ZT_ERR_IO;
	unseen = was;
	unseen.c_lflag &= (tcflag_t)~ECHO;
	(void)tcsetattr(tty, TCSAFLUSH, &unseen);
	if (poll(look, 2, -1) > 0 && look[1].revents == 0)
		n = read(tty, out, size - 1);
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	(void)!write(tty, "\n", 1);
	if (n <= 0)
		return ZT_ERR_INTERRUPTED;
	out[n] = 0;
	if (strchr(out, '\n') == NULL && (unsigned)n == size - 1)
		return ZT_ERR_TOO_BIG;
	out[strcspn(out, "\r\n")] = 0;
	return ZT_OK;
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
		(void)!write(tty, text, strlen(text));
		(void)!write(tty, " ", 1);
		err = read_unseen(tty, signals, out, size);
		(void)close(signals);
	}
	*stopped = sigpending(&waiting) == 0 && sigismember(&waiting, SIGTSTP) == 1;
	(void)sigprocmask(
	    SIG_SETMASK, &was, NULL); /* here it ends, or stops, if it was told to */
	return err;
}

enum zt_err
cli_prompt(struct cli *c, const char *text, char *out, unsigned size)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool stopped = false;
	enum zt_err err = ZT_OK;

	if (tty < 0) {
		(void)snprintf(c->why, sizeof c->why, "%s",
		    _("there is no terminal to ask for the password; use --password-file, "
		      "--password-fd or zt unlock"));
		return ZT_ERR_USAGE;
	}
	do
		err = ask_once(tty, text, out, size, &stopped);
	while (err && stopped);
	(void)close(tty);
	return err;
}

/* An empty one would leave the device file as good as open. */
static enum zt_err
check_new(struct cli *c, enum zt_err err, const char *password)
{
	if (err || password[0] != 0)
		return err;
	(void)snprintf(c->why, sizeof c->why, "%s", _("an empty password protects nothing"));
	return ZT_ERR_USAGE;
}

static enum zt_err
ask_twice(struct cli *c, char *out, unsigned size)
{
	char again[sizeof c->password] = "";
	enum zt_err err = cli_prompt(c, _("New password:"), out, size);

	if (err == ZT_OK)
		err = cli_prompt(c, _("The same password again:"), again, sizeof again);
	if (err == ZT_OK && strcmp(again, out) != 0) {
		(void)snprintf(c->why, sizeof c->why, "%s", _("the two passwords differ"));
		err = ZT_ERR_USAGE;
	}
	explicit_bzero(again, sizeof again);
	return err;
}

/* The password as the options say, or asked for. */
static enum zt_err
find_password(struct cli *c, bool is_new)
{
	char path[32];

	if (c->password_file != NULL)
		return cli_read_line(c, c->password_file, c->password, sizeof c->password);
	if (c->password_fd >= 0) {
		(void)snprintf(path, sizeof path, "/dev/fd/%d", c->password_fd);
		return cli_read_line(c, path, c->password, sizeof c->password);
	}
	return is_new ? ask_twice(c, c->password, sizeof c->password)
		      : cli_prompt(c,
			    zt_is_by_token(c->o.home) ? _("PIN of the token:") : _("Password:"),
			    c->password, sizeof c->password);
}

enum zt_err
cli_password(struct cli *c, bool is_new)
{
	enum zt_err err;

	c->o.password = c->password;
	if (!is_new && c->password_file == NULL && c->password_fd < 0 &&
	    zt_is_unlocked(c->o.home)) {
		c->o.password = NULL;
		return ZT_OK;
	}
	err = find_password(c, is_new);
	return is_new ? check_new(c, err, c->password) : err;
}

enum zt_err
cli_new_password(struct cli *c, char *out, unsigned size)
{
	enum zt_err err = c->new_password_file != NULL
			      ? cli_read_line(c, c->new_password_file, out, size)
			      : ask_twice(c, out, size);

	return check_new(c, err, out);
}
