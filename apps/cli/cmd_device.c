/* cmd_device.c - devices: listed in cmd_org.c, revoked here; and a key held for a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "common/l10n.h"
#include "common/qr.h"

enum { DEFAULT_S = 8 * 3600, MOST_S = 30 * 24 * 3600 };

unsigned
cli_duration(struct cli *c, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10), unit = 0;

	if (end != text && (end[0] == 0 || end[1] == 0))
		switch (end[0]) {
		case 0:
		case 's':
			unit = 1;
			break;
		case 'm':
			unit = 60;
			break;
		case 'h':
			unit = 3600;
			break;
		case 'd':
			unit = 24 * 3600;
			break;
		default:
			break;
		}
	if (n > 0 && n <= MOST_S && n * unit > 0 && n * unit <= MOST_S)
		return (unsigned)(n * unit);
	(void)snprintf(
	    c->why, sizeof c->why, "%s", _("a time such as 90s, 15m, 8h or 2d, at most 30d"));
	return 0;
}

uint64_t
cli_due(unsigned seconds)
{
	return ((uint64_t)time(NULL) + 1 + seconds) * 1000;
}

enum zt_err
cmd_unlock(struct cli *c)
{
	unsigned seconds = c->duration != NULL ? cli_duration(c, c->duration) : DEFAULT_S;
	enum zt_err err;

	if (seconds == 0)
		return ZT_ERR_USAGE;
	if ((err = cli_password(c, false)) == ZT_OK &&
	    (err = zt_unlock(&c->o, seconds, c->why)) == ZT_OK)
		cli_say(c, "unlocked for this session; zt lock ends it");
	return err;
}

enum zt_err
cmd_lock(struct cli *c)
{
	enum zt_err err = zt_lock(&c->o);

	if (err == ZT_OK)
		cli_say(c, "locked");
	return err;
}

enum zt_err
cmd_device_revoke(struct cli *c)
{
	return zt_device_revoke(c->zt, c->args[0]);
}

enum zt_err
cmd_password(struct cli *c)
{
	char new_password[sizeof c->password];
	enum zt_err err;

	if ((err = cli_password(c, false)) == ZT_OK &&
	    (err = cli_new_password(c, new_password, sizeof new_password)) == ZT_OK &&
	    (err = zt_change_password(&c->o, new_password, c->why)) == ZT_OK)
		cli_say(c,
		    "the password is changed; copies of the old device file still open with "
		    "the old one");
	explicit_bzero(new_password, sizeof new_password);
	return err;
}

static enum zt_err
protect_by_desktop(struct cli *c)
{
	enum zt_err err = zt_protect_by_desktop(&c->o, c->why);

	if (err == ZT_OK)
		cli_say(c,
		    "the desktop opens this device now, while you are logged in; copies of the "
		    "old device file still open as before");
	return err;
}

enum zt_err
cmd_protect(struct cli *c)
{
	char pin[256] = "";
	enum zt_err err = cli_password(c, false);

	if (err == ZT_OK && strcmp(c->args[0], "desktop") == 0)
		return protect_by_desktop(c);
	if (err == ZT_OK)
		err = c->pin_file != NULL
			  ? cli_read_line(c, c->pin_file, pin, sizeof pin)
			  : cli_prompt(c, _("PIN of the token:"), pin, sizeof pin);
	if (err == ZT_OK &&
	    (err = zt_protect_by_token(&c->o, c->args[0], pin, c->why)) == ZT_OK)
		cli_say(c,
		    "the token opens this device now; copies of the old device file still open "
		    "with the password");
	explicit_bzero(pin, sizeof pin);
	return err;
}

enum zt_err
cmd_recovery_create(struct cli *c)
{
	char words[ZT_RECOVERY_WORDS];
	enum zt_err err = zt_recovery_create(c->zt, words);

	if (err == ZT_OK) {
		cli_say(c, "write these words on paper and keep it safe: whoever has them can "
			   "become a device of yours");
		(void)printf("%s\n", words);
		if (c->qr)
			(void)qr_print(words);
	}
	explicit_bzero(words, sizeof words);
	return err;
}
