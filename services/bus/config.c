/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bus/config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "bus/link.h"

static bool
are_taken(const char *addresses)
{
	static const char between[] = ", ";

	for (addresses += strspn(addresses, between); *addresses != 0;
	     addresses += strspn(addresses, between)) {
		size_t n = strcspn(addresses, between);

		if (!link_is_address(addresses, n))
			return false;
		addresses += n;
	}
	return true;
}

static enum zt_err
set(const struct config_key *key, const char *value, void *settings, const char **problem)
{
	char *at = (char *)settings + key->offset, *end;
	long long v;

	*problem = "must be ipc://PATH, of this machine, or tls+tcp://HOST:PORT";
	if (key->type == CONFIG_ADDRESS && !are_taken(value))
		return ZT_ERR_CONFIG;
	if (key->type != CONFIG_INT) {
		*problem = "is too long";
		if (strlen(value) >= CONFIG_TEXT_MAX)
			return ZT_ERR_CONFIG;
		memcpy(at, value, strlen(value) + 1);
		return ZT_OK;
	}
	errno = 0;
	v = strtoll(value, &end, 10);
	*problem = "must be a whole number";
	if (*value == 0 || *end != 0 || errno != 0)
		return ZT_ERR_CONFIG;
	*problem = "is out of its range";
	if (v < key->min || v > key->max)
		return ZT_ERR_CONFIG;
	memcpy(at, &(int64_t){ v }, sizeof(int64_t));
	return ZT_OK;
}

static const struct config_key *
find(const struct config_key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static enum zt_err
say(char message[200], const char *file, size_t line, const char *key, const char *problem)
{
	(void)snprintf(message, 200, "%s:%zu: %.40s %s", file, line, key, problem);
	return ZT_ERR_CONFIG;
}

static enum zt_err
read_pairs(yaml_document_t *doc, const char *file, const struct config_key *keys, size_t count,
    void *settings, bool *given, char message[200])
{
	yaml_node_t *root = yaml_document_get_root_node(doc);

	if (root == NULL)
		return ZT_OK; /* an empty file: the defaults, if they suffice */
	if (root->type != YAML_MAPPING_NODE)
		return say(
		    message, file, root->start_mark.line + 1, "the file", "must be a mapping");
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     p < root->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(doc, p->key);
		yaml_node_t *v = yaml_document_get_node(doc, p->value);
		size_t line = k->start_mark.line + 1;
		const char *name = (const char *)k->data.scalar.value, *problem;
		const struct config_key *key;

		if (k->type != YAML_SCALAR_NODE)
			return say(message, file, line, "a key", "must be a word");
		if ((key = find(keys, count, name)) == NULL)
			return say(
			    message, file, line, name, "is not a setting of this service");
		if (v->type != YAML_SCALAR_NODE)
			return say(message, file, line, name, "must be a single value");
		if (given[key - keys])
			return say(message, file, line, name, "is there twice");
		if (set(key, (const char *)v->data.scalar.value, settings, &problem))
			return say(message, file, line, name, problem);
		given[key - keys] = true;
	}
	return ZT_OK;
}

static enum zt_err
fill_defaults(const char *file, const struct config_key *keys, size_t count, void *settings,
    const bool *given, char message[200])
{
	const char *problem;

	for (size_t i = 0; i < count; i++) {
		if (given[i])
			continue;
		if (keys[i].fallback == NULL)
			return say(message, file, 1, keys[i].name, "is missing");
		if (set(&keys[i], keys[i].fallback, settings, &problem))
			return say(message, file, 1, keys[i].name, problem);
	}
	return ZT_OK;
}

enum zt_err
config_load(const char *file, const struct config_key *keys, size_t count, void *settings,
    char message[200])
{
	FILE *f = fopen(file, "rbe");
	bool *given = calloc(count, sizeof *given);
	yaml_parser_t parser;
	yaml_document_t doc;
	enum zt_err err = ZT_ERR_MEMORY;

	if (f == NULL || given == NULL) {
		(void)snprintf(message, 200, "%s: %s", file, strerror(errno));
		err = f == NULL ? ZT_ERR_NOT_FOUND : ZT_ERR_MEMORY;
		goto out;
	}
	if (!yaml_parser_initialize(&parser))
		goto out;
	yaml_parser_set_input_file(&parser, f);
	if (!yaml_parser_load(&parser, &doc)) {
		err = say(message, file, parser.problem_mark.line + 1, "",
		    parser.problem != NULL ? parser.problem : "is not YAML");
	} else {
		err = read_pairs(&doc, file, keys, count, settings, given, message);
		if (err == ZT_OK)
			err = fill_defaults(file, keys, count, settings, given, message);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
out:
	if (f != NULL)
		(void)fclose(f);
	free(given);
	return err;
}

bool
config_is_far(const struct config_key *keys, size_t count, const void *settings)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i].type == CONFIG_ADDRESS &&
		    strstr((const char *)settings + keys[i].offset, LINK_FAR) != NULL)
			return true;
	return false;
}
