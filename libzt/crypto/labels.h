/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h - every label, once: what is signed, sealed, derived or hashed for one purpose is
 * nothing for another (docs/INTERFACES.md, which scripts/interfaces makes, has them as a
 * table). A label that says "local" never leaves the device. */
#ifndef ZT_CRYPTO_LABELS_H
#define ZT_CRYPTO_LABELS_H

/* signature: a changeset */
#define LABEL_CHANGESET "zt changeset 1"
/* signature: a member's word for a chain */
#define LABEL_CHECKPOINT "zt checkpoint 1"
/* signature: an entry of the trust log */
#define LABEL_LOG_ENTRY "zt log entry 1"
/* signature: a message, without what is sealed in it */
#define LABEL_MESSAGE "zt message 1"
/* signature by the certificate: a request to join */
#define LABEL_PKI_REQUEST "zt pki request 1"
/* signature: the server's statement of where a chain ended */
#define LABEL_POSITION "zt position 1"
/* signature: a workspace key that a member sealed to a user */
#define LABEL_SEALED_KEY "zt sealed key 1"
/* signature: the server's statement of where a topic's messages ended */
#define LABEL_TOPIC_POSITION "zt topic position 1"
/* signature: the server's head of a log */
#define LABEL_TREE_HEAD "zt tree head 1"
/* HPKE: a device's label, sealed to its user */
#define LABEL_DEVICE_LABEL "zt device label 1"
/* HPKE: a part of a recovery secret, sealed to a colleague */
#define LABEL_RECOVERY_PART "zt recovery part 1"
/* HPKE: a user's key, sealed to a device */
#define LABEL_USER_KEY "zt user key 1"
/* AEAD, local: the device file */
#define LABEL_DEVICE_FILE "zt device file 1"
/* AEAD, local: the device file, with all that its passkeys state */
#define LABEL_DEVICE_FILE_2 "zt device file 2"
/* AEAD, local: a device file's key, under the password's or a passkey's */
#define LABEL_FILE_KEY "zt file key 1"
/* AEAD, local: keys of a device that is joining */
#define LABEL_JOINING_FILE "zt joining file 1"
/* AEAD: an older workspace key under a newer one */
#define LABEL_PREVIOUS_KEY "zt previous key 1"
/* AEAD: an older user key under a newer one */
#define LABEL_PREVIOUS_USER_KEY "zt previous user key 1"
/* AEAD: a workspace's name */
#define LABEL_WORKSPACE_NAME "zt workspace name 1"
/* key: of the newcomer's message after the codes */
#define LABEL_CLAIM "zt claim 1"
/* key, local: of the store's records */
#define LABEL_LOCAL_STORE "zt local store 1"
/* key, local: from what a passkey's PRF gave */
#define LABEL_PASSKEY "zt passkey 1"
/* key and hash, local: which user an address has meant here */
#define LABEL_PERSON "zt person 1"
/* key and hash, local: the path of a stream that was cut off */
#define LABEL_UPLOAD "zt upload 1"
/* key: the sealing key of a recovery device */
#define LABEL_RECOVERY_SEAL "zt recovery seal 1"
/* key: the signing key of a recovery device */
#define LABEL_RECOVERY_SIGN "zt recovery sign 1"
/* key: of the greeter's message after the codes */
#define LABEL_WELCOME "zt welcome 1"
/* hash: a sealed block, as a manifest pins it */
#define LABEL_BLOCK "zt block 1"
/* hash: a founding token, as auth keeps it */
#define LABEL_BOOTSTRAP_TOKEN "zt bootstrap token 1"
/* AEAD: the payload of a message */
#define LABEL_MESSAGE_PAYLOAD "zt message payload 1"
/* hash: a message's statement, in its link */
#define LABEL_MESSAGE_DIGEST "zt message digest 1"
/* hash: the link of a message to those before it */
#define LABEL_MESSAGE_LINK "zt message link 1"
/* hash: a message's sealed payload, as its author signs it */
#define LABEL_MESSAGE_SEALED "zt message sealed 1"
/* hash: the link of a changeset to the chain before it */
#define LABEL_CHAIN "zt chain 1"
/* hash: a file's part of a shared block, as a manifest states it */
#define LABEL_CONTENT "zt content 1"
/* hash: the commitment to an object's key */
#define LABEL_CONTENT_KEY "zt content key 1"
/* hash: what a side commits to before the codes */
#define LABEL_ENROLMENT_COMMITMENT "zt enrolment commitment 1"
/* hash: all that both sides said */
#define LABEL_ENROLMENT_TRANSCRIPT "zt enrolment transcript 1"
/* hash: the digest of an entry, in its leaf */
#define LABEL_ENTRY "zt entry 1"
/* hash: the tag in a leaf, by which members of a topic know an entry */
#define LABEL_ENTRY_TAG "zt entry tag 1"
/* hash: the log's commitment to a user's handle; HPKE: its disclosure */
#define LABEL_HANDLE "zt handle 1"
/* hash: the check digits of a head that people read to each other */
#define LABEL_HEAD_CHECK "zt head check 1"
/* hash, local: which device file a held key opens */
#define LABEL_HELD_KEY "zt held key 1"
/* hash, within a service: the name of a mark */
#define LABEL_MARK_KEY "zt mark key 1"
/* hash: a sealed object, as a changeset pins it */
#define LABEL_OBJECT "zt object 1"
/* hash of the root key: the organization's id */
#define LABEL_ORGANIZATION "zt organization 1"
/* hash, within a service: the place of a cached decision */
#define LABEL_POLICY "zt policy 1"
/* hash: a user's fingerprint, read aloud */
#define LABEL_USER_FINGERPRINT "zt user fingerprint 1"
/* hash: the commitment to a workspace key; HPKE: the key, sealed to a user */
#define LABEL_WORKSPACE_KEY "zt workspace key 1"
/* mark: a frame of a service's events */
#define LABEL_LINE "zt line 1"
/* mark, local: the name of a file that is being written */
#define LABEL_TEMPORARY_FILE "zt temporary file 1"
/* checksum of a record of marks */
#define LABEL_MARK "zt mark 1"
/* the id of a recovery device */
#define LABEL_RECOVERY_ID "zt recovery id 1"

#endif
