/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-auth: the trust log, enrolment, decisions. */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "auth/mail.h"
#include "bus/peer.h"
#include "crypto/secret.h"
#include "frame/log.h"
#include "migrations_auth.h"

static handler *const handlers[ROUTE_COUNT] = {
	[ROUTE_ORG_CREATE] = orgs_create,
	[ROUTE_ORG_LIST] = operator_list,
	[ROUTE_ORG_SET] = operator_set,
	[ROUTE_ORG_ACCEPT] = operator_accept,
	[ROUTE_ORG_LOSS] = operator_loss,
	[ROUTE_OVERVIEW] = overview_get,
	[ROUTE_FREEZE] = overview_freeze,
	[ROUTE_BOOTSTRAP] = orgs_bootstrap,
	[ROUTE_LOG_APPEND] = entries_append,
	[ROUTE_LOG_READ] = entries_read,
	[ROUTE_LOG_REPAIR] = repair_log,
	[ROUTE_TOPIC_READ] = entries_topic,
	[ROUTE_DISCLOSE] = disclosures_put,
	[ROUTE_DISCLOSURES] = disclosures_get,
	[ROUTE_INVITE] = invitations_put,
	[ROUTE_INVITATIONS] = invitations_list,
	[ROUTE_INVITE_MAIL] = invitations_mail,
	[ROUTE_INVITATION_END] = invitations_end,
	[ROUTE_GREET] = exchanges_greet,
	[ROUTE_CLAIM] = exchanges_claim,
	[ROUTE_PKI_ASK] = pki_requests_put,
	[ROUTE_PKI_STATE] = pki_requests_state,
	[ROUTE_PKI_LIST] = pki_requests_list,
	[ROUTE_PKI_END] = pki_requests_end,
	[ROUTE_RECOVERY_PUT] = recovery_put,
	[ROUTE_RECOVERY_GET] = recovery_get,
};

static const struct service_rpc rpcs[] = { { "/decision", decisions_ask },
	{ "/hear", decisions_hear }, { "/members", decisions_members },
	{ "/changeset", judge_changeset }, { "/message", judge_message },
	{ "/goals", judge_goals }, { "/operator", operator_ask }, { "/due", decisions_due } };

#define TEXT(name, help)                                                                       \
	{                                                                                      \
#name, CONFIG_TEXT, offsetof(struct auth_settings, name), "", 0, 0, help       \
	}

static const struct config_key keys[] = {
	SERVICE_KEYS(struct auth_settings),
	{ "operator_token_file", CONFIG_TEXT,
	    offsetof(struct auth_settings, operator_token_file), NULL, 0, 0,
	    "file with the operator's token, which creates organizations" },
	{ "metadata", CONFIG_ADDRESS, offsetof(struct auth_settings, metadata), NULL, 0, 0,
	    "nng address of the metadata service" },
	{ "messaging", CONFIG_ADDRESS, offsetof(struct auth_settings, messaging), NULL, 0, 0,
	    "nng address of the messaging service" },
	{ "marks", CONFIG_TEXT, offsetof(struct auth_settings, marks), NULL, 0, 0,
	    "file of marks, outside the database and its backups: how far each log once was" },
	TEXT(public_url, "address that people reach this server by, for links in mails"),
	TEXT(smtp_url, "mail relay for invitations, such as smtp://mail.example:587"),
	TEXT(smtp_from, "address that invitations come from"),
	TEXT(smtp_user, "user at the relay"),
	TEXT(smtp_password_file, "file with that user's password"),
	TEXT(smtp_ca_file, "who vouches for the relay (PEM); else the system's authorities"),
	{ "smtp_in_clear", CONFIG_INT, offsetof(struct auth_settings, smtp_in_clear), "0", 0, 1,
	    "1: speak to the relay without TLS, for one on this machine" },
	{ "purge_after", CONFIG_INT, offsetof(struct auth_settings, purge_after), "600", 0,
	    30 * 24 * 3600,
	    "seconds after a deletion is due at which data is deleted; a take-back may be 300 "
	    "late" },
};

static enum zt_err
read_token(const char *file, char out[128], char message[200])
{
	FILE *f = fopen(file, "re");
	enum zt_err err = ZT_OK;

	if (f == NULL || fgets(out, 128, f) == NULL) {
		(void)snprintf(message, 200, "operator_token_file: cannot read %.140s", file);
		err = ZT_ERR_CONFIG;
	} else {
		out[strcspn(out, "\r\n")] = 0;
		if (strlen(out) < 16) {
			(void)snprintf(
			    message, 200, "operator_token_file: the token is shorter than 16");
			err = ZT_ERR_CONFIG;
		}
	}
	if (f != NULL)
		(void)fclose(f);
	return err;
}

/* A database that no marks were kept of is believed as it is, once. */
static enum zt_err
open_marks(struct auth *a, const char *path, struct db *db, char message[200])
{
	bool is_new = false;
	enum zt_err err;

	if ((err = marks_open(path, &a->marks, &is_new, message)) || !is_new)
		return err;
	log_line("warn", "marks_begun", "file", path, "from", "the database as it is", NULL);
	if ((err = auth_mark_all(a, db)) == ZT_OK)
		err = marks_settle(a->marks);
	if (err)
		(void)snprintf(message, 200, "marks: %.150s cannot be begun", path);
	return err;
}

static void
free_org(void *p)
{
	struct auth_org *org = p;

	org_state_free(org->state);
	idmap_free(&org->frozen, NULL);
	idmap_free(&org->tallies, free);
	idmap_free(&org->seen, NULL);
	sign_free(org->log_key);
	(void)pthread_mutex_destroy(&org->lock);
	(void)pthread_cond_destroy(&org->done);
	free(org);
}

static void
close_auth(void *state)
{
	struct auth *a = state;

	idmap_free(&a->orgs, free_org);
	marks_close(a->marks);
	mail_close(a->mail);
	peer_close(a->metadata);
	peer_close(a->messaging);
	(void)pthread_mutex_destroy(&a->lock);
	explicit_bzero(a->operator_token, sizeof a->operator_token);
	free(a);
}

static enum zt_err
open_auth(struct service *s, const struct service_settings *settings, struct db *db,
    void **state, char message[200])
{
	const struct auth_settings *set = (const struct auth_settings *)(const void *)settings;
	struct auth *a = calloc(1, sizeof *a);
	enum zt_err err;

	(void)s;
	if (a == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_mutex_init(&a->lock, NULL);
	/* The others answer metadata and messaging, which may wait for them. */
	a->asking_max = set->base.workers > 1 ? (unsigned)set->base.workers / 2 : 1;
	a->purge_after_ms = (uint64_t)set->purge_after * 1000;
	if ((err = peer_open(service_link(s), set->metadata, &a->metadata)))
		(void)snprintf(
		    message, 200, "metadata: %.150s is not an nng address", set->metadata);
	if (err == ZT_OK && (err = peer_open(service_link(s), set->messaging, &a->messaging)))
		(void)snprintf(
		    message, 200, "messaging: %.150s is not an nng address", set->messaging);
	if (err || (err = read_token(set->operator_token_file, a->operator_token, message)) ||
	    (err = mail_open(set, &a->mail, message)) ||
	    (err = open_marks(a, set->marks, db, message))) {
		close_auth(a);
		return err;
	}
	*state = a;
	return ZT_OK;
}

int
main(int argc, char **argv)
{
	struct auth_settings settings;
	const struct service_def def = {
		.name = "auth",
		.service = SERVICE_AUTH,
		.handlers = handlers,
		.rpcs = rpcs,
		.rpc_count = sizeof rpcs / sizeof rpcs[0],
		.migrations = migrations,
		.migration_count = sizeof migrations / sizeof migrations[0],
		.has_database = true,
		.keys = keys,
		.key_count = sizeof keys / sizeof keys[0],
		.settings = &settings.base,
		.open = open_auth,
		.close = close_auth,
		.decide = auth_decide,
		.seen = overview_seen,
		.is_operator = operator_is,
		.sweep = auth_sweep,
	};

	return service_main(argc, argv, &def);
}
