/*
 * sip_names.h - the words of SIP: methods, header names, status phrases
 *
 * Known words get a number so that the rest of the stack compares integers;
 * unknown ones are SIP_METHOD_OTHER and SIP_HDR_OTHER and travel as text.
 * Methods are compared with case, header names without (RFC 3261 section 7.3.1).
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_NAMES_H
#define WIRE_SIP_NAMES_H

#include "base/str.h"

enum sip_method {
	SIP_METHOD_OTHER,
	SIP_ACK,
	SIP_BYE,
	SIP_CANCEL,
	SIP_INFO,
	SIP_INVITE,
	SIP_MESSAGE,
	SIP_NOTIFY,
	SIP_OPTIONS,
	SIP_PRACK,
	SIP_PUBLISH,
	SIP_REFER,
	SIP_REGISTER,
	SIP_SUBSCRIBE,
	SIP_UPDATE,
	SIP_METHOD_COUNT,
};

/* For sets of methods in an unsigned. */
#define SIP_METHOD_BIT(m) (1u << (m))

enum sip_hdr_id {
	SIP_HDR_OTHER,
	SIP_HDR_ACCEPT,
	SIP_HDR_ALERT_INFO,
	SIP_HDR_ALLOW,
	SIP_HDR_ALLOW_EVENTS,
	SIP_HDR_AUTHENTICATION_INFO,
	SIP_HDR_AUTHORIZATION,
	SIP_HDR_CALL_ID,
	SIP_HDR_CALL_INFO,
	SIP_HDR_CONTACT,
	SIP_HDR_CONTENT_DISPOSITION,
	SIP_HDR_CONTENT_ENCODING,
	SIP_HDR_CONTENT_LENGTH,
	SIP_HDR_CONTENT_TYPE,
	SIP_HDR_CSEQ,
	SIP_HDR_DATE,
	SIP_HDR_DIVERSION,
	SIP_HDR_EVENT,
	SIP_HDR_EXPIRES,
	SIP_HDR_FROM,
	SIP_HDR_HISTORY_INFO,
	SIP_HDR_JOIN,
	SIP_HDR_MAX_FORWARDS,
	SIP_HDR_MIN_EXPIRES,
	SIP_HDR_MIN_SE,
	SIP_HDR_P_ASSERTED_IDENTITY,
	SIP_HDR_P_PREFERRED_IDENTITY,
	SIP_HDR_PRIVACY,
	SIP_HDR_PROXY_AUTHENTICATE,
	SIP_HDR_PROXY_AUTHORIZATION,
	SIP_HDR_PROXY_REQUIRE,
	SIP_HDR_RACK,
	SIP_HDR_REASON,
	SIP_HDR_RECORD_ROUTE,
	SIP_HDR_REFER_SUB,
	SIP_HDR_REFER_TO,
	SIP_HDR_REFERRED_BY,
	SIP_HDR_REMOTE_PARTY_ID,
	SIP_HDR_REPLACES,
	SIP_HDR_REQUIRE,
	SIP_HDR_RETRY_AFTER,
	SIP_HDR_ROUTE,
	SIP_HDR_RSEQ,
	SIP_HDR_SERVER,
	SIP_HDR_SESSION_EXPIRES,
	SIP_HDR_SUBJECT,
	SIP_HDR_SUBSCRIPTION_STATE,
	SIP_HDR_SUPPORTED,
	SIP_HDR_TARGET_DIALOG,
	SIP_HDR_TO,
	SIP_HDR_UNSUPPORTED,
	SIP_HDR_USER_AGENT,
	SIP_HDR_USER_TO_USER,
	SIP_HDR_VIA,
	SIP_HDR_WARNING,
	SIP_HDR_WWW_AUTHENTICATE,
	SIP_HDR_COUNT,
};

/* SIP_METHOD_OTHER for what is not in the list. */
enum sip_method sip_method_find(struct str name);

/* "INVITE"; the empty view for SIP_METHOD_OTHER. */
struct str sip_method_name(enum sip_method method);

/* Full and compact names, any case. SIP_HDR_OTHER for what is not in the list. */
enum sip_hdr_id sip_hdr_find(struct str name);

/* "Call-ID": the full name in its usual spelling. */
struct str sip_hdr_name(enum sip_hdr_id id);

/* Whether commas separate several values in it. */
bool sip_hdr_is_list(enum sip_hdr_id id);

/* Whether a message with two lines of it is malformed. */
bool sip_hdr_is_single(enum sip_hdr_id id);

/* Whether only the stack itself writes it: it says where a message belongs, who sends it, or where it ends.
 */
bool sip_hdr_is_own(enum sip_hdr_id id);

/* "Not Found"; for a status without a phrase that of its class ("Client Error"). */
struct str sip_status_phrase(int status);

#endif
