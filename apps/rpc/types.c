/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* types.c - a walk over the text of a type and a value at once.
 *
 * type := part ("|" part)*; part := atom ("[" "]")*; atom := name | 'literal' | object;
 * object := "{" (name "?"? ":" type ";"?)* "}". A walk without a value passes over a type. */
#include "rpc/types.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32 };

struct walk {
	const char *at; /* in the type */
	bool from_zero;
	struct type_fault *fault;
	size_t depth; /* bytes of fault->where that lead here */
};

static bool walk_type(struct walk *w, const json_t *v);

struct named {
	const char *name, *type;
};
static const struct named named[] = {
#define TYPE(name, type) { #name, type },
#include "rpc/methods.def"
};
static const struct named events[] = {
#define EVENT(id, event, type, about) { event, type },
#include "rpc/methods.def"
};
static const struct named data_of[] = {
#define QUESTION(id, question, data, value, about) { question, data },
#include "rpc/methods.def"
};
static const struct named values[] = {
#define QUESTION(id, question, data, value, about) { question, value },
#include "rpc/methods.def"
};

static const char *
find(const struct named *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].type;
	return NULL;
}

const char *
type_of_event(const char *event)
{
	return find(events, sizeof events / sizeof events[0], event);
}

const char *
type_of_question(const char *question)
{
	return find(values, sizeof values / sizeof values[0], question);
}

const char *
type_of_data(const char *question)
{
	return find(data_of, sizeof data_of / sizeof data_of[0], question);
}

static void
pass_space(struct walk *w)
{
	w->at += strspn(w->at, " ");
}

static bool
pass(struct walk *w, char c)
{
	pass_space(w);
	if (*w->at != c)
		return false;
	w->at++;
	return true;
}

/* A table that does not follow the grammar is a mistake of ours, which any test meets. */
static void
demand(struct walk *w, char c)
{
	if (!pass(w, c))
		abort();
}

/* The name that is next; literals have their quotes. */
static void
take_name(struct walk *w, char name[NAME_MAX_BYTES])
{
	size_t n;

	pass_space(w);
	n = *w->at == '\'' ? strcspn(w->at + 1, "'") + 2 : strcspn(w->at, " ?:;|[]{}'");
	if (n == 0 || n >= NAME_MAX_BYTES)
		abort();
	memcpy(name, w->at, n);
	name[n] = 0;
	w->at += n;
}

static bool
refuse(struct walk *w, enum type_fault_kind kind)
{
	w->fault->kind = kind;
	w->fault->where[w->depth] = 0;
	return false;
}

/* Appends a member's name or an element's number to the place; the depth that was. */
static size_t
go_down(struct walk *w, const char *member, size_t index)
{
	size_t was = w->depth, room = sizeof w->fault->where - was;
	int n = member != NULL
		    ? snprintf(w->fault->where + was, room, "%s%s", was > 0 ? "." : "", member)
		    : snprintf(w->fault->where + was, room, "[%zu]", index);

	w->depth += n > 0 ? (size_t)n < room ? (size_t)n : room - 1 : 0;
	return was;
}

static bool
is_number(const struct walk *w, const json_t *v)
{
	json_int_t n = json_integer_value(v);

	return json_is_integer(v) && n <= TYPE_NUMBER_MAX &&
	       n >= (w->from_zero ? 0 : -TYPE_NUMBER_MAX);
}

/* A name or a literal. */
static bool
walk_name(struct walk *w, const json_t *v)
{
	char name[NAME_MAX_BYTES];
	size_t n;

	take_name(w, name);
	n = strlen(name);
	if (v == NULL)
		return true;
	if (name[0] == '\'')
		return (json_is_string(v) && json_string_length(v) == n - 2 &&
			   memcmp(json_string_value(v), name + 1, n - 2) == 0) ||
		       refuse(w, TYPE_OTHER);
	if (strcmp(name, "Any") == 0)
		return true;
	if (strcmp(name, "string") == 0)
		return json_is_string(v) || refuse(w, TYPE_OTHER);
	if (strcmp(name, "number") == 0)
		return is_number(w, v) || refuse(w, TYPE_OTHER);
	if (strcmp(name, "boolean") == 0)
		return json_is_boolean(v) || refuse(w, TYPE_OTHER);
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (strcmp(named[i].name, name) == 0) {
			struct walk in = *w;

			in.at = named[i].type;
			return walk_type(&in, v);
		}
	abort(); /* the table names a type that it has not */
}

/* The next member of an object's type, with what V has there; counts those that it has. */
static bool
walk_member(struct walk *w, const json_t *v, size_t *has)
{
	char name[NAME_MAX_BYTES];
	const json_t *member;
	bool optional, ok;
	size_t was = w->depth;

	take_name(w, name);
	optional = pass(w, '?');
	demand(w, ':');
	member = v != NULL ? json_object_get(v, name) : NULL;
	*has += member != NULL;
	if (v != NULL) /* else a fault that was found stays */
		was = go_down(w, name, 0);
	ok = v == NULL || member != NULL || optional || refuse(w, TYPE_MISSING);
	ok = walk_type(w, ok ? member : NULL) && ok;
	w->depth = was;
	(void)pass(w, ';');
	return ok;
}

/* Names the first member of V that the object's type at START has not. */
static bool
refuse_unknown(struct walk *w, const char *start, const json_t *v)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)v, key, member)
	{
		struct walk in = { .at = start, .fault = w->fault };
		char name[NAME_MAX_BYTES];
		bool known = false;

		while (!known && !pass(&in, '}')) {
			take_name(&in, name);
			known = strcmp(name, key) == 0;
			(void)pass(&in, '?');
			demand(&in, ':');
			(void)walk_type(&in, NULL);
			(void)pass(&in, ';');
		}
		if (!known) {
			size_t was = go_down(w, key, 0);

			(void)refuse(w, TYPE_UNKNOWN);
			w->depth = was;
			return false;
		}
	}
	return false;
}

static bool
walk_object(struct walk *w, const json_t *v)
{
	const char *start = w->at;
	size_t has = 0;
	bool ok = v == NULL || json_is_object(v) || refuse(w, TYPE_OTHER);

	while (!pass(w, '}'))
		ok = walk_member(w, ok ? v : NULL, &has) && ok;
	return ok && (v == NULL || has == json_object_size(v) || refuse_unknown(w, start, v));
}

static bool
walk_atom(struct walk *w, const json_t *v)
{
	return pass(w, '{') ? walk_object(w, v) : walk_name(w, v);
}

/* Behind ATOM an array may say that it is of such. */
static bool
walk_part(struct walk *w, const json_t *v)
{
	struct walk atom = *w, over = *w;
	size_t i;
	json_t *element;

	(void)walk_atom(&over, NULL);
	if (!pass(&over, '[')) {
		bool ok = walk_atom(&atom, v);

		w->at = over.at;
		return ok;
	}
	demand(&over, ']');
	w->at = over.at;
	if (v == NULL)
		return true;
	if (!json_is_array(v))
		return refuse(w, TYPE_OTHER);
	json_array_foreach(v, i, element)
	{
		struct walk one = atom;

		(void)go_down(&one, NULL, i);
		if (!walk_atom(&one, element))
			return false;
	}
	return true;
}

static bool
walk_type(struct walk *w, const json_t *v)
{
	bool ok = walk_part(w, v);

	while (pass(w, '|'))
		ok = walk_part(w, ok ? NULL : v) || ok;
	return ok;
}

bool
type_check(const char *type, bool from_zero, const json_t *value, struct type_fault *fault)
{
	struct walk w = { .at = type, .from_zero = from_zero, .fault = fault };

	*fault = (struct type_fault){ 0 };
	if (value == NULL)
		return refuse(&w, TYPE_MISSING);
	return walk_type(&w, value);
}
