#include "deepgram.h"

static void write_error(struct json_out *w, int status, const char *why)
{
	json_str(w, "err_code",
		 status == 401   ? STR("INVALID_AUTH")
		 : status == 429 ? STR("TOO_MANY_REQUESTS")
				 : STR("Bad Request"));
	json_str(w, "err_msg", str_from(why));
	json_str(w, "request_id", STR("5e2c8a1b-0000-4000-8000-000000000001"));
}

void deepgram_refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_add_header(s, "dg-error", "%s", why);
	vendor_answer_error(s, status, why, write_error);
}

bool deepgram_key(struct vendor_session *s)
{
	struct str given = vendor_header(s, "authorization"),
		   protocols = vendor_header(s, "sec-websocket-protocol");
	struct str first = str_trim(str_cut(&protocols, ',')), key = str_trim(protocols);

	vendor_add_header(s, "dg-request-id", "5e2c8a1b-0000-4000-8000-%012u", vendor_number(s));
	if (str_eq(first, STR("token")) && str_eq(key, vendor_key(s))) {
		vendor_add_header(s, "Sec-WebSocket-Protocol", "token");
		return true;
	}
	first = str_cut(&given, ' ');
	if ((str_eq(first, STR("Token")) || str_eq(first, STR("Bearer"))) && str_eq(given, vendor_key(s)))
		return true;
	vendor_wrong(s, "Authorization is not Token and the key");
	vendor_refuse(s, 401, "Invalid credentials.");
	return false;
}

bool deepgram_sound(struct vendor_session *s, struct sound *ret_sound)
{
	struct str encoding, rate;
	int64_t hz = 0;

	if (!vendor_query(s, "encoding", 0, &encoding) || !vendor_query(s, "sample_rate", 0, &rate) ||
	    str_to_int(rate, 8000, 48000, &hz) < 0)
		return false;
	ret_sound->coding = str_eq(encoding, STR("mulaw"))  ? SOUND_MULAW
			    : str_eq(encoding, STR("alaw")) ? SOUND_ALAW
							    : SOUND_S16;
	ret_sound->rate_hz = (uint32_t)hz;
	return true;
}
