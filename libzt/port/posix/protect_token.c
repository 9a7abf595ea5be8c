/* SPDX-License-Identifier: Apache-2.0 */
#include "port/protect_token.h"

#include "pki/x509_check.h"
#include "port/token.h"

enum { WRAPPED_MAX = 1024 };

static enum zt_err
check_uri(const char *uri)
{
	return token_uri_is_plain(uri) ? ZT_OK : ZT_ERR_INVALID;
}

static enum zt_err
open_wrapped(struct token *t, struct bytes wrapped, struct secret **out)
{
	struct buf clear = buf_init(WRAPPED_MAX);
	enum zt_err err = token_decrypt(t, wrapped, &clear);

	if (err == ZT_OK)
		err = clear.n == SECRET_BYTES ? secret_from(buf_bytes(&clear), out)
					      : ZT_ERR_CORRUPT;
	buf_free(&clear);
	return err;
}

enum zt_err
protect_token_new(const char *uri, const char *pin, struct buf *wrapped, struct secret **out)
{
	struct buf der = buf_init(65536);
	struct secret *key = NULL, *again = NULL;
	struct token *t = NULL;
	enum zt_err err;

	if ((err = check_uri(uri)) || (err = token_open(uri, pin, &t)) ||
	    (err = token_certificate(t, &der)) || (err = secret_generate(&key)) ||
	    (err = x509_wrap(buf_bytes(&der), secret_bytes(key), wrapped)) ||
	    (err = open_wrapped(t, buf_bytes(wrapped), &again)))
		goto out;
	err = ZT_ERR_KEY;
	if (!ct_equal(secret_bytes(key), secret_bytes(again)))
		goto out;
	*out = key;
	key = NULL;
	err = ZT_OK;
out:
	secret_free(key);
	secret_free(again);
	token_close(t);
	buf_free(&der);
	return err;
}

enum zt_err
protect_token_open(const char *uri, const char *pin, struct bytes wrapped, struct secret **out)
{
	struct buf der = buf_init(65536);
	struct token *t = NULL;
	enum zt_err err;

	if ((err = check_uri(uri)) == ZT_OK && (err = token_open(uri, pin, &t)) == ZT_OK &&
	    (err = token_certificate(t, &der)) == ZT_OK)
		err = open_wrapped(t, wrapped, out);
	token_close(t);
	buf_free(&der);
	return err;
}
