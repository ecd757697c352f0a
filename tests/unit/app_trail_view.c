/* The timeline that people read. */
#include "app/trail_view.h"
#include "test.h"

static int view(enum trail_detail detail, const char *line, struct buf *out)
{
	struct trail_view v = {.detail = detail, .prefix = ""};

	buf_clear(out);
	return trail_view_line(&v, str_from(line), out);
}

TEST(trail_view_tells_turns_and_their_stages)
{
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_TALK,
		       "{\"usec\":4560000,\"event\":\"turn\",\"turn\":1,\"text\":\"Book me "
		       "in.\",\"why\":\"complete\","
		       "\"quiet\":4100000,\"judged\":4502000}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out), "   4.560  caller  Book me in.\n"
				 "                  our turn: complete, quiet for 402 ms\n");
	CHECK_INT(view(TRAIL_TALK,
		       "{\"usec\":9560000,\"event\":\"turn\",\"turn\":2,\"text\":\"I'd "
		       "like\",\"fragment\":true,"
		       "\"why\":\"open\",\"quiet\":4000000,\"judged\":4600000}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out),
		  "   9.560  caller  I'd like\n"
		  "                  our turn: open, quiet for 600 ms; the text came too late, words may be "
		  "missing\n");
	CHECK_INT(view(TRAIL_TALK,
		       "{\"usec\":4612000,\"event\":\"response\",\"turn\":1,\"cached\":true,\"response_"
		       "usec\":512000,"
		       "\"judge_usec\":402000,\"final_usec\":0,\"agent_usec\":3000,\"voice_usec\":87000,"
		       "\"play_usec\":20000}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out),
		  "   4.612          512 ms to the answer = 402 quiet + 0 text + 3 agent + 87 voice + 20 "
		  "play (cached)\n");
	buf_fini(&out);
}

/* Callers and services say what they like: it neither moves the cursor nor begins a line of its own. */
TEST(trail_view_is_no_way_to_the_terminal)
{
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_TALK,
		       "{\"usec\":0,\"event\":\"say\",\"text\":\"a\\u001b[2Jb\\nc\\r\\td\\u009b1me\\u007f"
		       "\xc2\x9b"
		       "f \\\\n \\\"q\\\" \\u00e9\"}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out), "   0.000  agent   a [2Jb c  d 1me  f \\n \"q\" \xc3\xa9\n");
	CHECK_INT(view(TRAIL_ALL, "{\"usec\":0,\"event\":\"x\",\"y\":\"\x7f\xc2\x9b\"}", &out), 0);
	CHECK_STR(buf_str(&out), "   0.000          {\"usec\":0,\"event\":\"x\",\"y\":\"  \"}\n");
	CHECK_INT(view(TRAIL_TALK, "{\"event\":\"say\",\"text\":\"\\u00", &out), -EBADMSG);
	CHECK_INT(view(TRAIL_TALK, "{\"event\":\"say\",\"text\":\"\\", &out), -EBADMSG);
	buf_fini(&out);
}

TEST(trail_view_shows_as_much_as_was_asked_for)
{
	static const char partial[] = "{\"usec\":1000000,\"event\":\"partial\",\"text\":\"I'd\"}";
	static const char other[] = "{\"usec\":1000000,\"event\":\"floor\",\"to\":\"hearing\"}";
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_TALK, partial, &out), 0);
	CHECK_INT(out.n, 0);
	CHECK_INT(view(TRAIL_TURNS, partial, &out), 0);
	CHECK_STR(buf_str(&out), "   1.000  caller  ...I'd\n");
	CHECK_INT(view(TRAIL_TURNS, other, &out), 0);
	CHECK_INT(out.n, 0);
	CHECK_INT(view(TRAIL_ALL, other, &out), 0);
	CHECK(str_find(buf_str(&out), STR("hearing")) < out.n);
	buf_fini(&out);
}

TEST(trail_view_tells_what_it_cost)
{
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_TURNS,
		       "{\"usec\":4612000,\"event\":\"cost\",\"turn\":1,\"cost\":0.0012,\"total\":0.0034,"
		       "\"by\":{\"llm\":0.0002,\"tts\":0.001}}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out),
		  "   4.612          cost 0.003400 so far, this turn 0.001200: 0.000200 llm 0.001000 tts\n");
	CHECK_INT(view(TRAIL_TURNS,
		       "{\"usec\":9000000,\"event\":\"cost\",\"final\":true,\"total\":0.005,\"unpriced\":1,"
		       "\"by\":{\"telephony\":0.005},\"services\":[]}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out),
		  "   9.000  call    cost 0.005000 = 0.005000 telephony (and 1 services without a price)\n");
	CHECK_INT(view(TRAIL_TURNS,
		       "{\"usec\":9000000,\"event\":\"cost\",\"final\":true,\"total\":0,\"unpriced\":2,"
		       "\"by\":{},\"services\":[]}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out), "   9.000  call    cost 0.000000 (and 2 services without a price)\n");
	CHECK_INT(view(TRAIL_TALK,
		       "{\"usec\":9000000,\"event\":\"cost_limit\",\"of\":\"tenant\",\"action\":\"end\"}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out), "   9.000  call    the tenant's limit of cost is reached: end\n");
	buf_fini(&out);
}

TEST(trail_view_tells_of_a_message)
{
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_TALK, "{\"usec\":3000000,\"event\":\"notice\",\"text\":\"After the tone.\"}",
		       &out),
		  0);
	CHECK_STR(buf_str(&out), "   3.000  agent   After the tone.\n");
	CHECK_INT(
		view(TRAIL_TALK,
		     "{\"usec\":20000000,\"event\":\"message\",\"caller\":\"+1\",\"recording_usec\":12400000,"
		     "\"length_usec\":6920000,\"until\":\"key\"}",
		     &out),
		0);
	CHECK_STR(buf_str(&out),
		  "  20.000  caller  left a message: 6.9 s, from 12.4 s of the recording on\n");
	buf_fini(&out);
}

TEST(trail_view_refuses_what_is_no_trail)
{
	struct buf out;

	buf_init(&out, 65536);
	CHECK_INT(view(TRAIL_ALL, "hello", &out), -EBADMSG);
	CHECK_INT(view(TRAIL_ALL, "{\"usec\":1}", &out), -EBADMSG);
	CHECK_INT(view(TRAIL_ALL, "", &out), -EBADMSG);
	buf_fini(&out);
}
