/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cmd_agent.c - the agent: begun, asked, ended; the page that it serves; and commands that it
 * answers, where it has the device open. */
#include "ui/cmd_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/l10n.h"
#include "common/output.h"
#include "ui/agent.h"

/* An agent that begins waits up to ten seconds for one that ends (ENDS_MS). */
enum { BEGINS_MS = 15000, LOOK_MS = 20, LOG_MAX = 1024 * 1024, PAGE = 1000 };

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* ---- beginning one ---- */

/* Opens the log in the agent's folder, which is there, as standard output and error. */
static bool
open_log(const struct agent_place *p)
{
	char path[PATH_MAX + 8];
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof path, "%s/log", p->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && st.st_size > LOG_MAX && ftruncate(fd, 0) != 0)
		return false;
	return dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0;
}

/* In the child: becomes the agent, which outlives this terminal. */
static void
become_agent(const struct cli *c, const struct agent_place *p)
{
	char self[PATH_MAX] = "", beside[PATH_MAX + 16];
	const char *args[8] = { "zt-agent" };
	ssize_t got = readlink("/proc/self/exe", self, sizeof self - 1);
	size_t n = 1;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (got < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || !open_log(p) ||
	    setsid() < 0 || close_range(STDERR_FILENO + 1, UINT_MAX, 0) != 0 || chdir("/") != 0)
		_exit(71);
	if (!p->is_usual) {
		args[n++] = "--root";
		args[n++] = p->root;
	}
	if (c->o.ca_file != NULL) {
		args[n++] = "--ca-file";
		args[n++] = c->o.ca_file;
	}
	if (c->o.in_clear)
		args[n++] = "--insecure";
	(void)snprintf(beside, sizeof beside, "%s/zt-agent", dirname(self));
	(void)execv(beside, (char *const *)(uintptr_t)args);
	(void)execvp(args[0], (char *const *)(uintptr_t)args);
	_exit(71);
}

/* Waits until the agent that PID is answers, or ends: another one may have been first. */
static bool
await_agent(const struct agent_place *p, pid_t pid, struct agent **out)
{
	bool runs = true;

	for (int ms = 0; ms < BEGINS_MS; ms += LOOK_MS) {
		if (agent_dial(p, out) == ZT_OK)
			return true;
		if (!runs)
			return false;
		runs = waitpid(pid, NULL, WNOHANG) == 0;
		pause_ms(LOOK_MS);
	}
	return false;
}

static enum zt_err
no_answer(struct cli *c)
{
	(void)snprintf(c->message, sizeof c->message, "%s",
	    _("zt-agent does not answer: what it has open stays open until it ends"));
	return ZT_ERR_TIMEOUT;
}

static enum zt_err
find_place(struct cli *c, struct agent_place *p)
{
	if (agent_place_of_home(c->home, p) && agent_place_make(p))
		return ZT_OK;
	(void)snprintf(
	    c->message, sizeof c->message, _("%.180s: %s"), c->home, _(strerror(errno)));
	return errno == EPERM ? ZT_ERR_FOLDER : ZT_ERR_IO;
}

/* The agent of this device's root, begun where none runs. */
static enum zt_err
begin_agent(struct cli *c, struct agent **out)
{
	struct agent_place p;
	enum zt_err err = find_place(c, &p);
	pid_t pid;

	if (err != ZT_OK)
		return err;
	if (agent_dial(&p, out) == ZT_OK)
		return ZT_OK;
	(void)fflush(NULL);
	if ((pid = fork()) == 0)
		become_agent(c, &p);
	if (pid > 0 && await_agent(&p, pid, out))
		return ZT_OK;
	(void)snprintf(c->message, sizeof c->message,
	    _("the agent does not begin: %.150s/log says why"), p.folder);
	return ZT_ERR_UNAVAILABLE;
}

static enum zt_err
find_agent(struct cli *c, struct agent **out)
{
	struct agent_place p;
	enum zt_err err =
	    agent_place_of_home(c->home, &p) ? agent_dial(&p, out) : ZT_ERR_NOT_FOUND;

	if (err == ZT_ERR_TIMEOUT)
		return no_answer(c);
	if (err == ZT_ERR_NOT_FOUND)
		(void)snprintf(c->message, sizeof c->message, "%s", _("no agent runs"));
	return err;
}

/* ---- the page ---- */

/* Whether this person's desktop has opened URL. */
static bool
open_browser(const char *url)
{
	const char *args[] = { "xdg-open", url, NULL };
	int status = 1, null;
	pid_t pid;

	if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
		return false;
	(void)fflush(NULL);
	if ((pid = fork()) == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
			_exit(71);
		(void)execvp(args[0], (char *const *)(uintptr_t)args);
		_exit(71);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

enum zt_err
cmd_ui(struct cli *c)
{
	struct agent *a = NULL;
	json_t *ticket = NULL;
	const char *url;
	enum zt_err err = begin_agent(c, &a);

	if (err == ZT_OK)
		err = agent_ask(a, "host.ticket", json_object(), NULL, &ticket, c->message);
	url = json_string_value(json_object_get(ticket, "url"));
	if (err == ZT_OK && url == NULL)
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK && c->json)
		output_json(stdout, "link", "{s:s}", "link", url);
	else if (err == ZT_OK && (c->print_link || !open_browser(url)))
		(void)printf("%s\n", url);
	else if (err == ZT_OK)
		cli_done(c, "%s", _("the page is open in the browser"));
	json_decref(ticket);
	agent_close(a);
	return err;
}

/* ---- the agent itself ---- */

enum zt_err
cmd_agent_start(struct cli *c)
{
	struct agent *a = NULL;
	enum zt_err err = begin_agent(c, &a);

	agent_close(a);
	if (err == ZT_OK)
		cli_done(c, "%s", _("the agent runs"));
	return err;
}

enum zt_err
cmd_agent_stop(struct cli *c)
{
	struct agent *a = NULL;
	json_t *nothing = NULL;
	enum zt_err err = find_agent(c, &a);

	if (err == ZT_OK)
		err = agent_ask(a, "host.stop", json_object(), NULL, &nothing, c->message);
	json_decref(nothing);
	if (err == ZT_OK)
		agent_await_end(a); /* its devices are locked then */
	agent_close(a);
	if (err == ZT_OK)
		cli_done(c, "%s", _("the agent has ended, and its devices are locked"));
	return err;
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text != NULL ? text : "";
}

static void
show_device(const struct cli *c, const json_t *d)
{
	const char *state = text_of(d, "state");

	if (c->json) {
		output_json(stdout, "agent", "{s:o,s:s,s:o,s:o}", "key",
		    output_text(text_of(d, "key")), "state", state, "organization",
		    output_text(text_of(d, "organization")), "email",
		    output_text(text_of(d, "email")));
		return;
	}
	output_show(text_of(d, "key"));
	(void)printf("  %s  ", strcmp(state, "open") == 0      ? _("is open")
			       : strcmp(state, "opening") == 0 ? _("is opening")
			       : strcmp(state, "joining") == 0 ? _("is joining")
							       : _("is locked"));
	output_show(text_of(d, "organization"));
	(void)printf("  ");
	output_show(text_of(d, "email"));
	(void)printf("\n");
}

static void
show_devices(const struct cli *c, const json_t *all)
{
	for (size_t i = 0; i < json_array_size(all); i++)
		show_device(c, json_array_get(all, i));
}

enum zt_err
cmd_agent_state(struct cli *c)
{
	struct agent *a = NULL;
	json_t *state = NULL;
	enum zt_err err = find_agent(c, &a);

	if (err == ZT_OK)
		err = agent_ask(a, "host.state", json_object(), NULL, &state, c->message);
	if (err == ZT_OK)
		show_devices(c, json_object_get(state, "devices"));
	json_decref(state);
	agent_close(a);
	return err;
}

/* ---- commands by the agent ---- */

/* A folder under way, by the agent. */
struct asked {
	struct cli *c;
	void (*show)(const struct cli *c, const struct zt_file *f);
	struct agent *a;
	const char *key;      /* of the device */
	char below[PATH_MAX]; /* the folder, as zt_ls shows it */
	bool shown;           /* something was */
};

static enum zt_err
ask(struct asked *k, const char *method, json_t *params, json_t **result)
{
	return agent_ask(k->a, method, params, k->key, result, k->c->message);
}

static enum zt_err
show_entry(struct asked *k, const json_t *entry)
{
	const json_t *details = json_object_get(entry, "details");
	json_int_t ms = json_integer_value(json_object_get(details, "modified"));
	char path[2 * PATH_MAX];
	struct zt_file f = { .path = path,
		.is_folder = json_is_true(json_object_get(entry, "folder")),
		.size = (uint64_t)json_integer_value(json_object_get(details, "size")),
		.version = (uint64_t)json_integer_value(json_object_get(details, "version")),
		.modified = ms / 1000 - (ms % 1000 < 0) };

	if (snprintf(path, sizeof path, "%s/%s", k->below, text_of(entry, "name")) >=
	    (int)sizeof path)
		return ZT_ERR_TOO_BIG;
	k->shown = true;
	k->show(k->c, &f);
	return ZT_OK;
}

/* Shows the page from *FROM on; *FROM is that of the next one, or -1. */
static enum zt_err
show_page(struct asked *k, json_int_t handle, json_int_t *from)
{
	json_t *page = NULL;
	const json_t *entries, *next;
	enum zt_err err = ask(k, "list.next",
	    json_pack("{s:I,s:I,s:i}", "handle", handle, "from", *from, "max", PAGE), &page);

	if (err != ZT_OK)
		return err;
	entries = json_object_get(page, "entries");
	for (size_t i = 0; err == ZT_OK && i < json_array_size(entries); i++)
		err = show_entry(k, json_array_get(entries, i));
	next = json_object_get(page, "next");
	*from = next != NULL ? json_integer_value(next) : -1;
	json_decref(page);
	return err;
}

static enum zt_err
show_folder(struct asked *k)
{
	json_t *opened = NULL;
	json_int_t handle, from = 0;
	enum zt_err err = ask(k, "list.open",
	    json_pack("{s:s,s:b,s:I}", "path", k->c->args[0], "details", k->c->details, "time",
		(json_int_t)k->c->at),
	    &opened);

	if (err != ZT_OK)
		return err;
	handle = json_integer_value(json_object_get(opened, "handle"));
	json_decref(opened);
	while (err == ZT_OK && from >= 0)
		err = show_page(k, handle, &from);
	return err; /* the handle ends with the connection */
}

/* The path of REMOTE in its workspace, as zt_ls begins with it: "" or "/a/b". */
static void
path_in(const char *remote, char out[PATH_MAX])
{
	const char *at = strchr(remote, ':');
	size_t n = 0, length;

	for (at = at != NULL ? at + 1 : ""; *(at += strspn(at, "/")) != 0; at += length) {
		length = strcspn(at, "/");
		if (length + 2 > PATH_MAX - n)
			break; /* no folder has such a path */
		out[n++] = '/';
		memcpy(out + n, at, length);
		n += length;
	}
	out[n] = 0;
}

/* Connects K to the agent of its device. HOME has room for K's key. Errors: those of
 * agent_dial. */
static enum zt_err
reach_any(struct asked *k, char home[PATH_MAX])
{
	struct agent_place p;
	enum zt_err err =
	    agent_place_of_home(k->c->home, &p) ? agent_dial(&p, &k->a) : ZT_ERR_NOT_FOUND;

	if (err)
		return err;
	(void)snprintf(home, PATH_MAX, "%s", k->c->home);
	k->key = basename(home);
	return ZT_OK;
}

/* The same, unless C is to do without. */
static bool
reach(struct asked *k, char home[PATH_MAX])
{
	const struct cli *c = k->c;
	const char *wish = getenv("ZT_AGENT");

	/* A password that is given is looked at. */
	if (c->no_agent || c->password_file != NULL || cli_has(c, OPTION_PASSWORD_FD) ||
	    (wish != NULL && strcmp(wish, "no") == 0))
		return false;
	return reach_any(k, home) == ZT_OK;
}

bool
ui_act(struct cli *c, const char *method, json_t *params, json_t **result, enum zt_err *err)
{
	struct asked k = { .c = c };
	char home[PATH_MAX];
	bool is_done;

	if (params == NULL ||
	    !reach(&k, home)) { /* a name that is not UTF-8 is none of JSON's */
		json_decref(params);
		return false;
	}
	*err = ask(&k, method, params, result);
	/* Where the agent has gone meanwhile, it may have been done: it is not done twice. */
	if (*err == ZT_ERR_UNSURE)
		(void)snprintf(c->message, sizeof c->message, "%s",
		    _("zt-agent ended meanwhile: it may be done, or not; look before you do "
		      "it again"));
	is_done = *err != ZT_ERR_NO_DEVICE;
	agent_close(k.a);
	if (!is_done)
		c->message[0] = 0;
	return is_done;
}

bool
ui_lock(struct cli *c, enum zt_err *err)
{
	struct asked k = { .c = c };
	char home[PATH_MAX];
	json_t *state = NULL, *done = NULL, *d;
	size_t i;
	bool is_open = false;
	enum zt_err reached;

	/* However the device is opened otherwise: where the agent has it, it is open. */
	if ((reached = reach_any(&k, home)) == ZT_ERR_NOT_FOUND)
		return false; /* *ERR stays as it is */
	if (reached) {
		*err = reached == ZT_ERR_TIMEOUT ? no_answer(c) : reached;
		return true;
	}
	*err = agent_ask(k.a, "host.state", json_object(), NULL, &state, c->message);
	json_array_foreach(json_object_get(state, "devices"), i, d) is_open =
	    is_open || (strcmp(text_of(d, "key"), k.key) == 0 &&
			   strcmp(text_of(d, "state"), "locked") != 0);
	if (*err == ZT_OK && is_open)
		*err = agent_ask(k.a, "host.lock", json_pack("{s:s}", "key", k.key), NULL,
		    &done, c->message);
	json_decref(state);
	json_decref(done);
	agent_close(k.a);
	return *err != ZT_OK || is_open;
}

bool
ui_ls(
    struct cli *c, void (*show)(const struct cli *c, const struct zt_file *f), enum zt_err *err)
{
	struct asked k = { .c = c, .show = show };
	char home[PATH_MAX];
	bool is_done;

	/* JSON has more of a time than the agent. */
	if (c->recursive || c->json || !reach(&k, home))
		return false;
	path_in(c->args[0], k.below);
	*err = show_folder(&k);
	/* It has the device not open, has gone, or the path is a file's. */
	is_done = *err == ZT_OK || k.shown ||
		  !(*err == ZT_ERR_NO_DEVICE || agent_has_gone(k.a) || *err == ZT_ERR_INVALID);
	if (*err == ZT_ERR_UNSURE)
		(void)snprintf(c->message, sizeof c->message, "%s",
		    _("zt-agent ended before all was listed"));
	agent_close(k.a);
	if (!is_done)
		c->message[0] = 0;
	return is_done;
}
