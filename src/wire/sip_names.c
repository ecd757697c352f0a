#include "wire/sip_names.h"

static const struct str methods[SIP_METHOD_COUNT] = {
	[SIP_ACK] = STR_INIT("ACK"),
	[SIP_BYE] = STR_INIT("BYE"),
	[SIP_CANCEL] = STR_INIT("CANCEL"),
	[SIP_INFO] = STR_INIT("INFO"),
	[SIP_INVITE] = STR_INIT("INVITE"),
	[SIP_MESSAGE] = STR_INIT("MESSAGE"),
	[SIP_NOTIFY] = STR_INIT("NOTIFY"),
	[SIP_OPTIONS] = STR_INIT("OPTIONS"),
	[SIP_PRACK] = STR_INIT("PRACK"),
	[SIP_PUBLISH] = STR_INIT("PUBLISH"),
	[SIP_REFER] = STR_INIT("REFER"),
	[SIP_REGISTER] = STR_INIT("REGISTER"),
	[SIP_SUBSCRIBE] = STR_INIT("SUBSCRIBE"),
	[SIP_UPDATE] = STR_INIT("UPDATE"),
};

enum sip_method sip_method_find(struct str name)
{
	for (unsigned i = 1; i < SIP_METHOD_COUNT; i++)
		if (str_eq(methods[i], name))
			return (enum sip_method)i;
	return SIP_METHOD_OTHER;
}

struct str sip_method_name(enum sip_method method)
{
	return methods[method];
}

enum {
	LIST = 1, /* a comma separates values */
	ONCE = 2, /* more than one line is malformed */
	OWN = 4,  /* decides where the message belongs or ends: never set by configuration */
};

/* In alphabetical order, which is that of enum sip_hdr_id. */
static const struct {
	struct str name;
	unsigned flags;
} hdrs[SIP_HDR_COUNT] = {
	[SIP_HDR_ACCEPT] = {STR_INIT("Accept"), LIST},
	[SIP_HDR_ALERT_INFO] = {STR_INIT("Alert-Info"), LIST},
	[SIP_HDR_ALLOW] = {STR_INIT("Allow"), LIST},
	[SIP_HDR_ALLOW_EVENTS] = {STR_INIT("Allow-Events"), LIST},
	[SIP_HDR_AUTHENTICATION_INFO] = {STR_INIT("Authentication-Info"), OWN},
	[SIP_HDR_AUTHORIZATION] = {STR_INIT("Authorization"), OWN},
	[SIP_HDR_CALL_ID] = {STR_INIT("Call-ID"), ONCE | OWN},
	[SIP_HDR_CALL_INFO] = {STR_INIT("Call-Info"), LIST},
	[SIP_HDR_CONTACT] = {STR_INIT("Contact"), LIST | OWN},
	[SIP_HDR_CONTENT_DISPOSITION] = {STR_INIT("Content-Disposition"), 0},
	[SIP_HDR_CONTENT_ENCODING] = {STR_INIT("Content-Encoding"), LIST},
	[SIP_HDR_CONTENT_LENGTH] = {STR_INIT("Content-Length"), ONCE | OWN},
	[SIP_HDR_CONTENT_TYPE] = {STR_INIT("Content-Type"), ONCE | OWN},
	[SIP_HDR_CSEQ] = {STR_INIT("CSeq"), ONCE | OWN},
	[SIP_HDR_DATE] = {STR_INIT("Date"), 0},
	[SIP_HDR_DIVERSION] = {STR_INIT("Diversion"), LIST},
	[SIP_HDR_EVENT] = {STR_INIT("Event"), ONCE},
	[SIP_HDR_EXPIRES] = {STR_INIT("Expires"), ONCE},
	[SIP_HDR_FROM] = {STR_INIT("From"), ONCE | OWN},
	[SIP_HDR_HISTORY_INFO] = {STR_INIT("History-Info"), LIST},
	[SIP_HDR_JOIN] = {STR_INIT("Join"), ONCE},
	[SIP_HDR_MAX_FORWARDS] = {STR_INIT("Max-Forwards"), ONCE | OWN},
	[SIP_HDR_MIN_EXPIRES] = {STR_INIT("Min-Expires"), 0},
	[SIP_HDR_MIN_SE] = {STR_INIT("Min-SE"), 0},
	[SIP_HDR_P_ASSERTED_IDENTITY] = {STR_INIT("P-Asserted-Identity"), LIST},
	[SIP_HDR_P_PREFERRED_IDENTITY] = {STR_INIT("P-Preferred-Identity"), LIST},
	[SIP_HDR_PRIVACY] = {STR_INIT("Privacy"), 0},
	[SIP_HDR_PROXY_AUTHENTICATE] = {STR_INIT("Proxy-Authenticate"), OWN},
	[SIP_HDR_PROXY_AUTHORIZATION] = {STR_INIT("Proxy-Authorization"), OWN},
	[SIP_HDR_PROXY_REQUIRE] = {STR_INIT("Proxy-Require"), LIST},
	[SIP_HDR_RACK] = {STR_INIT("RAck"), ONCE},
	[SIP_HDR_REASON] = {STR_INIT("Reason"), LIST},
	[SIP_HDR_RECORD_ROUTE] = {STR_INIT("Record-Route"), LIST | OWN},
	[SIP_HDR_REFER_SUB] = {STR_INIT("Refer-Sub"), ONCE},
	[SIP_HDR_REFER_TO] = {STR_INIT("Refer-To"), ONCE},
	[SIP_HDR_REFERRED_BY] = {STR_INIT("Referred-By"), ONCE},
	[SIP_HDR_REMOTE_PARTY_ID] = {STR_INIT("Remote-Party-ID"), LIST},
	[SIP_HDR_REPLACES] = {STR_INIT("Replaces"), ONCE},
	[SIP_HDR_REQUIRE] = {STR_INIT("Require"), LIST},
	[SIP_HDR_RETRY_AFTER] = {STR_INIT("Retry-After"), 0},
	[SIP_HDR_ROUTE] = {STR_INIT("Route"), LIST | OWN},
	[SIP_HDR_RSEQ] = {STR_INIT("RSeq"), ONCE},
	[SIP_HDR_SERVER] = {STR_INIT("Server"), 0},
	[SIP_HDR_SESSION_EXPIRES] = {STR_INIT("Session-Expires"), ONCE},
	[SIP_HDR_SUBJECT] = {STR_INIT("Subject"), 0},
	[SIP_HDR_SUBSCRIPTION_STATE] = {STR_INIT("Subscription-State"), ONCE},
	[SIP_HDR_SUPPORTED] = {STR_INIT("Supported"), LIST},
	[SIP_HDR_TARGET_DIALOG] = {STR_INIT("Target-Dialog"), ONCE},
	[SIP_HDR_TO] = {STR_INIT("To"), ONCE | OWN},
	[SIP_HDR_UNSUPPORTED] = {STR_INIT("Unsupported"), LIST},
	[SIP_HDR_USER_AGENT] = {STR_INIT("User-Agent"), 0},
	[SIP_HDR_USER_TO_USER] = {STR_INIT("User-to-User"), LIST},
	[SIP_HDR_VIA] = {STR_INIT("Via"), LIST | OWN},
	[SIP_HDR_WARNING] = {STR_INIT("Warning"), LIST},
	[SIP_HDR_WWW_AUTHENTICATE] = {STR_INIT("WWW-Authenticate"), OWN},
};

/* RFC 3261 section 7.3.3, and those registered since (RFC 3515, 3892, 4028, 6665). */
static const uint8_t compact[26] = {
	['b' - 'a'] = SIP_HDR_REFERRED_BY,
	['c' - 'a'] = SIP_HDR_CONTENT_TYPE,
	['e' - 'a'] = SIP_HDR_CONTENT_ENCODING,
	['f' - 'a'] = SIP_HDR_FROM,
	['i' - 'a'] = SIP_HDR_CALL_ID,
	['k' - 'a'] = SIP_HDR_SUPPORTED,
	['l' - 'a'] = SIP_HDR_CONTENT_LENGTH,
	['m' - 'a'] = SIP_HDR_CONTACT,
	['o' - 'a'] = SIP_HDR_EVENT,
	['r' - 'a'] = SIP_HDR_REFER_TO,
	['s' - 'a'] = SIP_HDR_SUBJECT,
	['t' - 'a'] = SIP_HDR_TO,
	['u' - 'a'] = SIP_HDR_ALLOW_EVENTS,
	['v' - 'a'] = SIP_HDR_VIA,
	['x' - 'a'] = SIP_HDR_SESSION_EXPIRES,
};

/* The first header name with that letter or a later one, so that a name is compared with few. */
static const uint8_t by_letter[] = {
	['a' - 'a'] = SIP_HDR_ACCEPT,
	['b' - 'a'] = SIP_HDR_CALL_ID,
	['c' - 'a'] = SIP_HDR_CALL_ID,
	['d' - 'a'] = SIP_HDR_DATE,
	['e' - 'a'] = SIP_HDR_EVENT,
	['f' - 'a'] = SIP_HDR_FROM,
	['g' - 'a'] = SIP_HDR_HISTORY_INFO,
	['h' - 'a'] = SIP_HDR_HISTORY_INFO,
	['i' - 'a'] = SIP_HDR_JOIN,
	['j' - 'a'] = SIP_HDR_JOIN,
	['k' - 'a'] = SIP_HDR_MAX_FORWARDS,
	['l' - 'a'] = SIP_HDR_MAX_FORWARDS,
	['m' - 'a'] = SIP_HDR_MAX_FORWARDS,
	['n' - 'a'] = SIP_HDR_P_ASSERTED_IDENTITY,
	['o' - 'a'] = SIP_HDR_P_ASSERTED_IDENTITY,
	['p' - 'a'] = SIP_HDR_P_ASSERTED_IDENTITY,
	['q' - 'a'] = SIP_HDR_RACK,
	['r' - 'a'] = SIP_HDR_RACK,
	['s' - 'a'] = SIP_HDR_SERVER,
	['t' - 'a'] = SIP_HDR_TARGET_DIALOG,
	['u' - 'a'] = SIP_HDR_UNSUPPORTED,
	['v' - 'a'] = SIP_HDR_VIA,
	['w' - 'a'] = SIP_HDR_WARNING,
	['x' - 'a'] = SIP_HDR_COUNT,
	['y' - 'a'] = SIP_HDR_COUNT,
	['z' - 'a'] = SIP_HDR_COUNT,
	['z' - 'a' + 1] = SIP_HDR_COUNT,
};

enum sip_hdr_id sip_hdr_find(struct str name)
{
	char letter = name.n > 0 ? str_lower(name.p[0]) : '\0';

	if (letter < 'a' || letter > 'z')
		return SIP_HDR_OTHER;
	if (name.n == 1)
		return (enum sip_hdr_id)compact[letter - 'a'];
	for (unsigned id = by_letter[letter - 'a']; id < by_letter[letter - 'a' + 1]; id++)
		if (hdrs[id].name.n == name.n && str_ieq(hdrs[id].name, name))
			return (enum sip_hdr_id)id;
	return SIP_HDR_OTHER;
}

struct str sip_hdr_name(enum sip_hdr_id id)
{
	return hdrs[id].name;
}

bool sip_hdr_is_list(enum sip_hdr_id id)
{
	return (hdrs[id].flags & LIST) != 0;
}

bool sip_hdr_is_single(enum sip_hdr_id id)
{
	return (hdrs[id].flags & ONCE) != 0;
}

bool sip_hdr_is_own(enum sip_hdr_id id)
{
	return (hdrs[id].flags & OWN) != 0;
}

static const struct {
	int status;
	struct str phrase;
} phrases[] = {
	{100, STR_INIT("Trying")},
	{180, STR_INIT("Ringing")},
	{181, STR_INIT("Call Is Being Forwarded")},
	{182, STR_INIT("Queued")},
	{183, STR_INIT("Session Progress")},
	{199, STR_INIT("Early Dialog Terminated")},
	{200, STR_INIT("OK")},
	{202, STR_INIT("Accepted")},
	{204, STR_INIT("No Notification")},
	{300, STR_INIT("Multiple Choices")},
	{301, STR_INIT("Moved Permanently")},
	{302, STR_INIT("Moved Temporarily")},
	{305, STR_INIT("Use Proxy")},
	{380, STR_INIT("Alternative Service")},
	{400, STR_INIT("Bad Request")},
	{401, STR_INIT("Unauthorized")},
	{402, STR_INIT("Payment Required")},
	{403, STR_INIT("Forbidden")},
	{404, STR_INIT("Not Found")},
	{405, STR_INIT("Method Not Allowed")},
	{406, STR_INIT("Not Acceptable")},
	{407, STR_INIT("Proxy Authentication Required")},
	{408, STR_INIT("Request Timeout")},
	{410, STR_INIT("Gone")},
	{412, STR_INIT("Conditional Request Failed")},
	{413, STR_INIT("Request Entity Too Large")},
	{414, STR_INIT("Request-URI Too Long")},
	{415, STR_INIT("Unsupported Media Type")},
	{416, STR_INIT("Unsupported URI Scheme")},
	{420, STR_INIT("Bad Extension")},
	{421, STR_INIT("Extension Required")},
	{422, STR_INIT("Session Interval Too Small")},
	{423, STR_INIT("Interval Too Brief")},
	{429, STR_INIT("Provide Referrer Identity")},
	{433, STR_INIT("Anonymity Disallowed")},
	{480, STR_INIT("Temporarily Unavailable")},
	{481, STR_INIT("Call/Transaction Does Not Exist")},
	{482, STR_INIT("Loop Detected")},
	{483, STR_INIT("Too Many Hops")},
	{484, STR_INIT("Address Incomplete")},
	{485, STR_INIT("Ambiguous")},
	{486, STR_INIT("Busy Here")},
	{487, STR_INIT("Request Terminated")},
	{488, STR_INIT("Not Acceptable Here")},
	{489, STR_INIT("Bad Event")},
	{491, STR_INIT("Request Pending")},
	{493, STR_INIT("Undecipherable")},
	{494, STR_INIT("Security Agreement Required")},
	{500, STR_INIT("Server Internal Error")},
	{501, STR_INIT("Not Implemented")},
	{502, STR_INIT("Bad Gateway")},
	{503, STR_INIT("Service Unavailable")},
	{504, STR_INIT("Server Time-out")},
	{505, STR_INIT("Version Not Supported")},
	{513, STR_INIT("Message Too Large")},
	{580, STR_INIT("Precondition Failure")},
	{600, STR_INIT("Busy Everywhere")},
	{603, STR_INIT("Decline")},
	{604, STR_INIT("Does Not Exist Anywhere")},
	{606, STR_INIT("Not Acceptable")},
	{607, STR_INIT("Unwanted")},
	{608, STR_INIT("Rejected")},
};

struct str sip_status_phrase(int status)
{
	static const struct str classes[] = {
		STR_INIT("Unknown"),        STR_INIT("Progress"),     STR_INIT("Success"),
		STR_INIT("Redirection"),    STR_INIT("Client Error"), STR_INIT("Server Error"),
		STR_INIT("Global Failure"),
	};
	size_t class = status >= 100 && status <= 699 ? (size_t)status / 100 : 0;

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return classes[class];
}
