/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "auth/mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bus/clock.h"
#include "crypto/suite.h"
#include "format/invite_link.h"

enum { DEADLINE_S = 15, ADDRESS_MAX = 254, MESSAGE_MAX = 8192 };

struct mail {
	char url[CONFIG_TEXT_MAX], from[CONFIG_TEXT_MAX], user[CONFIG_TEXT_MAX],
	    server[CONFIG_TEXT_MAX], ca_file[CONFIG_TEXT_MAX], password[256];
	bool in_clear; /* the relay is reached without TLS */
};

bool
mail_is_address(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.!#$%&'*+/=?^_`{|}~-@";
	const char *at = strchr(text, '@');
	size_t n = strnlen(text, ADDRESS_MAX + 1);

	return n <= ADDRESS_MAX && strspn(text, good) == n && at != NULL && at != text &&
	       at[1] != 0 && strchr(at + 1, '@') == NULL;
}

static enum zt_err
bad(char reason[200], const char *text)
{
	(void)snprintf(reason, 200, "%s", text);
	return ZT_ERR_CONFIG;
}

static enum zt_err
read_password(const char *file, char out[256], char reason[200])
{
	FILE *f = fopen(file, "re");
	bool ok = f != NULL && fgets(out, 256, f) != NULL;

	if (f != NULL)
		(void)fclose(f);
	out[strcspn(out, "\r\n")] = 0;
	if (ok)
		return ZT_OK;
	(void)snprintf(reason, 200, "smtp_password_file: cannot read %.140s", file);
	return ZT_ERR_CONFIG;
}

enum zt_err
mail_open(const struct auth_settings *s, struct mail **out, char reason[200])
{
	struct mail *m;
	enum zt_err err = ZT_OK;

	*out = NULL;
	if (s->smtp_url[0] == 0)
		return ZT_OK;
	if (strncmp(s->smtp_url, "smtp://", 7) != 0 && strncmp(s->smtp_url, "smtps://", 8) != 0)
		return bad(reason, "smtp_url: an address such as smtp://mail.example:587");
	if (!mail_is_address(s->smtp_from))
		return bad(reason, "smtp_from: the address that invitations come from");
	if (strncmp(s->public_url, "http", 4) != 0)
		return bad(reason, "public_url: the address that people reach this server by");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (m = calloc(1, sizeof *m)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(m->url, s->smtp_url, sizeof m->url);
	memcpy(m->from, s->smtp_from, sizeof m->from);
	memcpy(m->user, s->smtp_user, sizeof m->user);
	memcpy(m->server, s->public_url, sizeof m->server);
	memcpy(m->ca_file, s->smtp_ca_file, sizeof m->ca_file);
	m->in_clear = s->smtp_in_clear != 0;
	if (s->smtp_password_file[0] != 0)
		err = read_password(s->smtp_password_file, m->password, reason);
	if (err == ZT_OK)
		*out = m;
	else
		mail_close(m);
	return err;
}

void
mail_close(struct mail *m)
{
	if (m == NULL)
		return;
	wipe(m, sizeof *m);
	free(m);
	curl_global_cleanup();
}

/* ---- one message ---- */

static void
compose(const struct mail *m, const char *to, const char *slug, const char *link,
    const struct id *invitation, struct buf *out)
{
	char date[64], id[ID_TEXT];
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm t;

	(void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &t));
	id_print(invitation, id);
	buf_printf(out,
	    "Date: %s\r\nFrom: %s\r\nTo: %s\r\nMessage-ID: <%s.%lld@zt.invalid>\r\n"
	    "Subject: zt: invitation to %s\r\nMIME-Version: 1.0\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "8bit\r\n\r\n",
	    date, m->from, to, id, (long long)now, slug);
	buf_printf(out,
	    "You are invited to the organization %s.\r\n\r\n    zt claim %s --email %s\r\n\r\n"
	    "The person who invited you must be there at the same time: you compare codes, by "
	    "voice "
	    "or\r\n"
	    "in person. This message proves nothing about who sent it.\r\n\r\n--\r\n\r\n",
	    slug, link, to);
	buf_printf(out,
	    "Vous êtes invité dans l'organisation %s.\r\n\r\n    zt claim %s --email %s\r\n\r\n"
	    "La personne qui vous invite doit être là en même temps : vous comparez des codes, "
	    "de\r\n"
	    "vive voix ou en présence. Ce message ne prouve rien sur qui l'a envoyé.\r\n",
	    slug, link, to);
}

struct upload {
	struct bytes left;
};

static size_t
give(char *to, size_t size, size_t count, void *ctx)
{
	struct upload *u = ctx;
	size_t n = size * count < u->left.n ? size * count : u->left.n;

	if (n > 0)
		memcpy(to, u->left.p, n);
	u->left = bytes_of(u->left.p + n, u->left.n - n);
	return n;
}

static CURLcode
send_message(const struct mail *m, CURL *c, const char *to, struct bytes message, char *said)
{
	struct curl_slist *rcpt = curl_slist_append(NULL, to);
	struct upload u = { message };
	CURLcode rv = CURLE_OUT_OF_MEMORY;

	if (rcpt == NULL)
		return rv;
	said[0] = 0;
	(void)curl_easy_setopt(c, CURLOPT_URL, m->url);
	(void)curl_easy_setopt(
	    c, CURLOPT_USE_SSL, (long)(m->in_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	if (m->ca_file[0] != 0)
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, m->ca_file);
	if (m->user[0] != 0) {
		(void)curl_easy_setopt(c, CURLOPT_USERNAME, m->user);
		(void)curl_easy_setopt(c, CURLOPT_PASSWORD, m->password);
	}
	(void)curl_easy_setopt(c, CURLOPT_MAIL_FROM, m->from);
	(void)curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt);
	(void)curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	(void)curl_easy_setopt(c, CURLOPT_READDATA, &u);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)DEADLINE_S);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, said);
	rv = curl_easy_perform(c);
	curl_slist_free_all(rcpt);
	return rv;
}

enum zt_err
mail_invite(const struct mail *m, const char *to, const char *slug, const struct id *org,
    const struct id *invitation, char reason[200])
{
	struct invite_link l = { .org = *org, .invitation = *invitation };
	struct buf link = buf_init(1024), message = buf_init(MESSAGE_MAX);
	char said[CURL_ERROR_SIZE];
	CURL *c = curl_easy_init();
	CURLcode rv = CURLE_OUT_OF_MEMORY;
	enum zt_err err;

	(void)snprintf(l.server, sizeof l.server, "%.500s", m->server);
	invite_link_print(&l, &link);
	compose(m, to, slug, buf_text(&link), invitation, &message);
	if ((err = buf_err(&message)) == ZT_OK && c != NULL)
		rv = send_message(m, c, to, buf_bytes(&message), said);
	if (rv != CURLE_OK) {
		(void)snprintf(reason, 200, "the mail relay did not take the message: %.150s",
		    rv != CURLE_OUT_OF_MEMORY && said[0] != 0 ? said : curl_easy_strerror(rv));
		err = ZT_ERR_UNAVAILABLE;
	}
	curl_easy_cleanup(c);
	buf_free(&link);
	buf_free(&message);
	return err;
}
