/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* advice.c - libzt says what is, this program adds what to type. The first text of a row is a
 * sentence of libzt (zt_error.english) or of a service; scripts/check-advice finds one that is
 * none. The second text is that sentence with advice: whole, for translators. */
#include "terminal/advice.h"

#include <stddef.h>
#include <string.h>

#include "common/l10n.h"

#define ADVISE(english, here)                                                                  \
	{                                                                                      \
		english, here                                                                  \
	}

static const struct {
	const char *english, *here;
} rows[] = {
	/* errors that have no sentence of their own (libzt/base/err.def) */
	ADVISE("the connection to this server would be without TLS",
	    "the connection to this server would be without TLS; --insecure allows that"),
	ADVISE("the server was restored from an older backup, and accepts nothing new until "
	       "devices have sent what it lacks",
	    "the server was restored from an older backup, and accepts nothing new until "
	    "devices have sent what it lacks: run zt repair on every device that was used "
	    "since"),
	ADVISE("what was asked is not understood", "the command is not understood; see --help"),
	/* joining and coming back */
	ADVISE("an earlier try waits in this folder under another password",
	    "an earlier try waits in this folder under another password; without it, remove "
	    "joining.zt there and begin again"),
	ADVISE("an earlier try waits in this folder, and its device was revoked since",
	    "an earlier try waits in this folder, and its device was revoked since: remove "
	    "joining.zt there and begin again"),
	ADVISE("the file with this device's keys is empty or damaged",
	    "device.zt or joining.zt there is empty or damaged: put a copy back, or come back "
	    "by zt recover in another folder"),
	ADVISE("this device keeps as many parts as it can",
	    "this device keeps as many parts as it can; without joining.zt in its folder the "
	    "recovery begins again"),
	ADVISE("this state folder holds a device already",
	    "this state folder holds a device already; zt status says whose"),
	ADVISE("you did not accept %.80s: nobody was let in; the invitation stays open",
	    "you did not accept %.80s: nobody was let in; the invitation stays open, and zt "
	    "invite cancel ends it"),
	ADVISE("you did not help %.80s, who got nothing; the invitation stays open",
	    "you did not help %.80s, who got nothing; the invitation stays open, and zt invite "
	    "cancel ends it"),
	ADVISE("you have as many open invitations as this server keeps: cancel one that nobody "
	       "will use",
	    "you have as many open invitations as this server keeps: cancel one that nobody "
	    "will use (zt invite list, zt invite cancel)"),
	/* certificates */
	ADVISE("the key's file needs its password",
	    "the key's file needs its password (--pin-file)"),
	ADVISE("the revocation list of the certificate's issuer is out of date: an admin adds "
	       "a newer one",
	    "the revocation list of the certificate's issuer is out of date: an admin adds a "
	    "newer one with zt pki trust"),
	ADVISE("there is no revocation list of the certificate's issuer: an admin adds it",
	    "there is no revocation list of the certificate's issuer: an admin adds it with zt "
	    "pki trust"),
	ADVISE("this device has asked already, and waits for an admin",
	    "this device has asked already, and waits for an admin: zt pki status"),
	ADVISE("this device was let in", "this device was let in: zt status"),
	ADVISE("this organization has no trust anchor: an admin adds one",
	    "this organization has no trust anchor: an admin adds one with zt pki trust"),
	/* people and devices */
	ADVISE("%.60s is the address of two users, %s and %s: ask them which id is theirs, and "
	       "name them by it",
	    "%.60s is the address of two users, %s and %s: ask them which id is theirs (zt "
	    "status shows it), and name them by it"),
	ADVISE("a user is named by an id", "a user is named by the id that zt users shows"),
	ADVISE("the desktop opens this device while you are logged in",
	    "the desktop opens this device while you are logged in; zt password ends that"),
	ADVISE("there is no device %.200s", "there is no device %.200s; zt devices lists them, "
					    "another person's by its id alone"),
	/* a server that lost its history, or shows another one */
	ADVISE("%.160s; nothing is written until this history agrees with a colleague's head",
	    "%.160s; nothing is written until zt log verify --against a colleague's head "
	    "agrees"),
	ADVISE("the newest version of a folder cannot be read now, so nothing is written over "
	       "it",
	    "the newest version of a folder cannot be read now, so nothing is written over it: "
	    "zt repair may bring it back; zt restore continues from an older one"),
	ADVISE("the server shows %llu entries of the trust log, this device has verified %llu",
	    "the server shows %llu entries of the trust log, this device has verified %llu. If "
	    "an older backup was restored, zt repair brings back what is held here"),
	ADVISE("the server shows an older state of the workspace than this device has seen, or "
	       "the trust log records",
	    "the server shows an older state of the workspace than this device has seen, or "
	    "the trust log records. If an older backup was restored, zt repair brings back "
	    "what is held here"),
	ADVISE("the server's trust log is shorter than this device has verified",
	    "the server's trust log is shorter than this device has verified. If an older "
	    "backup was restored, zt repair brings back what is held here"),
	ADVISE("the server's trust log was continued in another way than this device has "
	       "verified: it cannot be repaired; compare heads with a colleague",
	    "the server's trust log was continued in another way than this device has "
	    "verified: it cannot be repaired; compare heads with a colleague (zt log head)"),
	ADVISE("this entry belongs to a workspace that this device cannot see: a member of it "
	       "must repair next",
	    "this entry belongs to a workspace that this device cannot see: a member of it "
	    "must run zt repair next"),
	/* files */
	ADVISE("a folder is there, and stays; move it away",
	    "a folder is there, and stays; move it away, or add --keep-both"),
	ADVISE("a move stays in one workspace",
	    "a move stays in one workspace; zt cp copies to another"),
	ADVISE("damaged content is named above; all else is whole",
	    "damaged content is named above; all else is whole. A person who has a copy of it "
	    "sends it again with zt put --resend"),
	ADVISE("a damaged folder is named above; all else is whole",
	    "a damaged folder is named above; all else is whole. zt repair may bring it back; "
	    "zt restore continues from an older one"),
	ADVISE("damaged files and folders are named above; all else is whole",
	    "damaged files and folders are named above; all else is whole. A copy of a file is "
	    "sent again with zt put --resend; zt restore continues a folder from an older one"),
	ADVISE("it is there; a version or a time says what it should become",
	    "it is there; --to-version or --at says what it should become"),
	ADVISE("it was moved, and lies elsewhere in the workspace now: %.120s",
	    "it was moved, and lies elsewhere in the workspace now: %.120s; zt mv brings it "
	    "here"),
	ADVISE("that is a folder: removing it removes all in it",
	    "that is a folder: removing it removes all in it; add --recursive"),
	ADVISE(
	    "the folder that it was in is not there any more: it may be in the trash, with all "
	    "that was in it",
	    "the folder that it was in is not there any more: it may be in the trash, with all "
	    "that was in it. zt trash lists it, and zt restore brings it back"),
	ADVISE("this is not the id of something in the trash",
	    "the id is one that zt trash shows"),
	ADVISE("the workspace is archived",
	    "the workspace is archived: an owner takes changes again with zt workspace "
	    "unarchive"),
	ADVISE("what was sent or written whole by then stays",
	    "what was sent or written whole by then stays; the same command continues"),
	ADVISE("what is there was not written by zt, or was changed since",
	    "what is there was not written by zt, or was changed since; --overwrite replaces "
	    "it"),
};

const char *
advice(const char *english)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].english, english) == 0)
			return l10n(rows[i].here);
	return l10n(english);
}
