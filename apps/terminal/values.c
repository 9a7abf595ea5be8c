/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "terminal/values.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/l10n.h"
#include "terminal/command.h"

/* A hundred years: seconds that an unsigned holds. What a command takes may be less. */
static const unsigned duration_max_s = 36500u * 24 * 3600;

/* The digits at the front of TEXT, N of them. False: none, or more than 64 bits hold. */
static bool
read_digits(const char *text, size_t n, uint64_t *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = 10 * sum + digit;
	}
	*out = sum;
	return n > 0;
}

static size_t
count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

enum zt_err
value_number(struct cli *c, const char *what, const char *text, uint64_t min, uint64_t max,
    uint64_t *out)
{
	size_t n = count_digits(text);
	uint64_t is;

	if (text[n] == 0 && read_digits(text, n, &is) && is >= min && is <= max) {
		*out = is;
		return ZT_OK;
	}
	if (max == UINT64_MAX)
		return cli_refuse(c, _("%.40s: \"%.80s\" is no whole number from %llu on"),
		    what, text, (unsigned long long)min);
	return cli_refuse(c, _("%.40s: \"%.80s\" is no whole number from %llu to %llu"), what,
	    text, (unsigned long long)min, (unsigned long long)max);
}

enum zt_err
value_size(struct cli *c, const char *what, const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	size_t n = count_digits(text);
	const char *unit = text[n] != 0 ? strchr(units, text[n]) : NULL;
	unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t is;

	if (read_digits(text, n, &is) && (text[n] == 0 || (unit != NULL && text[n + 1] == 0)) &&
	    is <= (uint64_t)INT64_MAX >> shift) {
		*out = is << shift;
		return ZT_OK;
	}
	return cli_refuse(c, _("%.40s: \"%.80s\" is no size, such as 500M or 2T"), what, text);
}

enum zt_err
value_time(struct cli *c, const char *what, const char *text, uint64_t *out)
{
	static const char form[] = "%Y-%m-%d %H:%M:%S";
	struct tm tm = { .tm_isdst = -1 };
	char again[40];
	time_t at;

	/* What mktime has to put right (31 February, the hour that a clock skips) never was. */
	if (strptime(text, form, &tm) == NULL || (at = mktime(&tm)) < 0 ||
	    strftime(again, sizeof again, form, &tm) == 0 || strcmp(again, text) != 0)
		return cli_refuse(c,
		    _("%.40s: \"%.80s\" is no time; one is written as YYYY-MM-DD HH:MM:SS, "
		      "from 1970 on"),
		    what, text);
	if (at > time(NULL))
		return cli_refuse(
		    c, _("%.40s: %.80s has not come yet on this machine's clock"), what, text);
	*out = (uint64_t)at * 1000;
	return ZT_OK;
}

/* Seconds in UNIT; 0: it is none. */
static uint64_t
seconds_of(char unit)
{
	switch (unit) {
	case 0:
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 24 * 3600;
	default:
		return 0;
	}
}

enum zt_err
value_duration(struct cli *c, const char *what, const char *text, unsigned *out)
{
	size_t n = count_digits(text);
	uint64_t is, each = seconds_of(text[n]);

	if (strcmp(text, "ever") == 0) {
		*out = 0;
		return ZT_OK;
	}
	if (each > 0 && (text[n] == 0 || text[n + 1] == 0) && read_digits(text, n, &is) &&
	    is <= duration_max_s / each) {
		*out = (unsigned)(is * each);
		return ZT_OK;
	}
	return cli_refuse(
	    c, _("%.40s: \"%.80s\" is no time such as 90s, 15m, 8h or 2d"), what, text);
}

enum zt_err
value_server(struct cli *c, const char *what, const char *text, const char **out)
{
	if (strncasecmp(text, "https://", 8) != 0 && strncasecmp(text, "http://", 7) != 0)
		return cli_refuse(c,
		    _("%.40s: \"%.80s\" is no address such as https://zt.example:8443"), what,
		    text);
	*out = text;
	return ZT_OK;
}

enum { SOON_S = 30 * 24 * 3600 };

uint64_t
cli_due(unsigned seconds)
{
	return ((uint64_t)time(NULL) + 1 + seconds) * 1000;
}

enum zt_err
cli_soon(struct cli *c, unsigned unless_said, unsigned *out)
{
	*out = cli_has(c, OPTION_FOR) ? c->seconds : unless_said;
	return *out <= SOON_S ? ZT_OK : cli_refuse(c, _("%.40s is at most 30d"), "--for");
}
