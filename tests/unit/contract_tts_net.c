/* Voices over a network tell the story, whatever carries them. */
#include "test.h"
#include "toy_voice.h"

TEST(every_networked_voice_tells_the_story)
{
	for (size_t i = 0; i < TOY_KINDS; i++)
		tts_story_tell(&toy_kinds[i]);
}

TEST(every_networked_voice_stops_when_it_is_cancelled)
{
	for (size_t i = 0; i < TOY_KINDS; i++)
		tts_story_cancel_at_work(&toy_kinds[i]);
}

TEST(every_networked_voice_may_be_closed_at_work)
{
	for (size_t i = 0; i < TOY_KINDS; i++)
		tts_story_close_at_work(&toy_kinds[i]);
}

TEST(every_networked_voice_may_be_cancelled_or_closed_from_its_own_events)
{
	for (size_t i = 0; i < TOY_KINDS; i++)
		tts_story_end_in_events(&toy_kinds[i]);
}

TEST(every_networked_voice_outlives_a_broken_answer)
{
	for (size_t i = 0; i < TOY_KINDS; i++)
		tts_story_outlive_a_broken_answer(&toy_kinds[i]);
}

TEST_OOM(named_voice_without_memory)
{
	return tts_story_without_memory(&toy_kinds[TOY_NAMED]);
}

TEST_OOM(voice_in_order_without_memory)
{
	return tts_story_without_memory(&toy_kinds[TOY_IN_ORDER]);
}

TEST_OOM(voice_of_a_socket_a_stretch_without_memory)
{
	return tts_story_without_memory(&toy_kinds[TOY_SOCKET_A_STRETCH]);
}

TEST_OOM(http_voice_without_memory)
{
	return tts_story_without_memory(&toy_kinds[TOY_HTTP]);
}

TEST_OOM(http_json_voice_without_memory)
{
	return tts_story_without_memory(&toy_kinds[TOY_HTTP_JSON]);
}
