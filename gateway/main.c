/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* main.c - zt-gateway: the public HTTP and WebSocket endpoint of the servers. */
#include <stdio.h>
#include <string.h>

#include "crypto/suite.h"
#include "frame/log.h"
#include "frame/service.h"
#include "gateway/gateway.h"

#define TEXT(name, fallback, help)                                                             \
	{                                                                                      \
#name, CONFIG_TEXT, offsetof(struct gateway_settings, name), fallback, 0, 0,   \
		    help                                                                       \
	}
#define INTEGER(name, fallback, min, max, help)                                                \
	{                                                                                      \
#name, CONFIG_INT, offsetof(struct gateway_settings, name), fallback, min,     \
		    max, help                                                                  \
	}
#define SERVICE(name, NAME)                                                                    \
	{                                                                                      \
#name, CONFIG_ADDRESS,                                                         \
		    offsetof(struct gateway_settings, service[SERVICE_##NAME]), NULL, 0, 0,    \
		    "nng address of the service"                                               \
	}

static const struct config_key keys[] = {
	TEXT(listen_host, "127.0.0.1", "address to listen on"),
	INTEGER(port, "0", 0, 65535, "port; 0 picks a free one"),
	TEXT(port_file, "", "file to write the port to"),
	TEXT(tls_certificate, "", "PEM file; TLS is on when given"),
	TEXT(tls_key, "", "PEM file of its private key"),
	TEXT(metrics_host, "127.0.0.1", "address for /metrics and /metrics/SERVICE"),
	INTEGER(
	    metrics_port, "-1", -1, 65535, "their port; 0 picks a free one, -1: they are not"),
	TEXT(metrics_port_file, "", "file to write that port to"),
	SERVICE(auth, AUTH),
	SERVICE(metadata, METADATA),
	SERVICE(blocks, BLOCKS),
	SERVICE(messaging, MESSAGING),
	{ "messaging_events", CONFIG_ADDRESS,
	    offsetof(struct gateway_settings, messaging_events), "", 0, 0,
	    "nng address of messaging's events" },
	TEXT(key_file, NULL, "file with the key that all services share for their events"),
	LINK_KEYS(struct gateway_settings, peers),
	INTEGER(connections, "10000", 1, 60000, "connections at once"),
	INTEGER(connections_per_address, "1000", 1, 60000, "of one address"),
	INTEGER(connections_per_user, "256", 1, 60000, "of one user"),
	INTEGER(sockets_per_device, "8", 1, 60000, "event sockets of one device"),
	INTEGER(rate, "1000", 1, 1000000, "signed calls a second of one device"),
	INTEGER(burst, "10000", 1, 1000000, "of one device at once"),
	INTEGER(org_rate, "4000", 1, 1000000, "signed calls a second of one organization"),
	INTEGER(org_burst, "40000", 1, 1000000, "of one organization at once"),
	INTEGER(unproved_rate, "20", 1, 1000000,
	    "calls a second of one address that nobody signed, or not well"),
	INTEGER(unproved_burst, "1000", 1, 1000000, "of one address at once"),
	INTEGER(memory, "512", 64, 65536, "MiB for bodies of users who proved who they are"),
	INTEGER(memory_per_user, "128", 32, 65536, "of one user"),
	INTEGER(unproved_memory, "64", 1, 65536, "MiB for bodies of others"),
	INTEGER(unproved_memory_per_address, "4", 1, 65536, "of one address"),
	INTEGER(least_rate, "4096", 1, 1000000000,
	    "bytes a second: a body or an answer that is slower ends"),
	INTEGER(patience, "10", 1, 600, "seconds for which it may pause"),
	TEXT(proxies, "",
	    "addresses, separated by commas, of proxies whose X-Forwarded-For is believed"),
	TEXT(web, "",
	    "folder of the page, which the gateway then serves (see docs/operations.md)"),
	INTEGER(deadline_s, "30", 1, 600, "seconds that a service may take"),
};

enum { KEYS = sizeof keys / sizeof keys[0] };

static int
usage(FILE *to)
{
	(void)fprintf(to, "usage: zt-gateway --config FILE\n\nSettings of FILE (YAML):\n");
	for (size_t i = 0; i < KEYS; i++)
		(void)fprintf(to, "  %-24s %s%s%s%s\n", keys[i].name, keys[i].help,
		    keys[i].fallback == NULL ? " (required" : " (default: ",
		    keys[i].fallback == NULL ? "" : keys[i].fallback, ")");
	return to == stdout ? 0 : 64;
}

int
main(int argc, char **argv)
{
	struct gateway_settings settings = { 0 };
	char message[200] = "";
	enum zt_err err;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc != 3 || strcmp(argv[1], "--config") != 0)
		return usage(stderr);
	service_harden();
	service_keep_memory();
	log_start("gateway");
	if ((err = config_load(argv[2], keys, KEYS, &settings, message)) == ZT_OK &&
	    (err = suite_init()) == ZT_OK &&
	    (err = link_new(&settings.peers, config_is_far(keys, KEYS, &settings),
		 &settings.link, message)) == ZT_OK)
		err = gateway_run(&settings, message);
	if (err)
		log_line("error", "stopped", "error", err_name(err), "why",
		    message[0] != 0 ? message : err_text(err), NULL);
	link_free(settings.link);
	return err_exit(err);
}
