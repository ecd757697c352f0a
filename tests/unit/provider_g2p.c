#include "test.h"

#include "provider/local/g2p.h"

static const struct {
	const char *words, *phonemes;
} rows[] = {
	{"hello", "həlˈO"},
	{"The record, at ten.", "ðə ɹˈɛkəɹd, æt tˈɛn."},
	{"I want to record the address.", "ˈI wˈɑnt tə ɹəkˈɔɹd ði ədɹˈɛs."},
	{"the apple", "ði ˈæpəl"},
	{"the car", "ðə kˈɑɹ"},
	{"to eat", "tʊ ˈit"},
	{"to go", "tə ɡˈO"},
	{"go to", "ɡˈO tu"},
	{"I have read it.", "ˈI hæv ɹˈɛd ɪt."},
	{"Please read it.", "plˈiz ɹˈid ɪt."},
	{"We close at five.", "wi klˈOz æt fˈIv."},
	{"Close the door.", "klˈOz ðə dˈɔɹ."},
	{"I live in Texas.", "ˈI lˈɪv ɪn tˈɛksəs."},
	{"Use the form.", "jˈuz ðə fˈɔɹm."},
	{"the use of it", "ðə jˈus ʌv ɪt"},
	{"ten thirty A M", "tˈɛn θˈɜɹTi ˈA ˈɛm"},
	{"A doctor will call.", "ə dˈɑktəɹ wɪl kˈɔl."},
	{"N H S", "ˈɛn ˈAʧ ˈɛs"},
	{"A B one two", "ˈA bˈi wˈʌn tˈu"},
	{"J Smith", "ʤˈA smˈɪθ"},
	{"I D", "ˈI dˈi"},
	{"I'm sure", "Im ʃˈʊɹ"},
	{"you're fine", "jˈɔɹ fˈIn"},
	{"isn't it", "ˈɪzənt ɪt"},
	{"don't", "dˈOnt"},
	{"won't", "wˈOnt"},
	{"can't", "kˈænt"},
	{"they're", "ðˈɛɹ"},
	{"it's", "ˈɪts"},
	{"John's", "ʤˈɑnz"},
	{"boss's", "bˈɑsəz"},
	{"cat's", "kˈæts"},
	{"dog's", "dˈɔɡz"},
	{"we'd", "wˈid"},
	{"it'll", "ˈɪTəl"},
	{"they've", "ðˈAv"},
	{"o'clock", "əklˈɑk"},
	{"information", "ˌɪnfəɹmˈAʃən"},
	{"understand", "ˌʌndəɹstˈænd"},
	{"California", "kˌæləfˈɔɹnjə"},
	{"availability", "əvˌAləbˈɪləTi"},
	{"thirteen", "θˌɜɹtˈin"},
	{"water", "wˈɔTəɹ"},
	{"better", "bˈɛTəɹ"},
	{"party", "pˈɑɹTi"},
	{"butter", "bˈʌTəɹ"},
	{"Müller", "mˈʌləɹ"},
	{"naïve", "nˈIˌiv"},
	{"café", "kəfˈA"},
	{"Yes!", "jˈɛs!"},
	{"Really? No.", "ɹˈɪli? nˈO."},
	{"one, two; three: four.", "wˈʌn, tˈu; θɹˈi: fˈɔɹ."},
	{", start", "stˈɑɹt"},
	{"quick brown fox", "kwˈɪk bɹˈWn fˈɑks"},
	{"measure", "mˈɛʒəɹ"},
	{"thing this", "θˈɪŋ ðɪs"},
	{"judge church", "ʤˈʌʤ ʧˈɜɹʧ"},
	{"boy house", "bˈY hˈWs"},
	{"bird", "bˈɜɹd"},
	{"zxqv", "zˈiˌɛkskjˌuvˌi"},
	{"missus", "mˈɪsəs"},
	{"the hour", "ði ˈWəɹ"},
	{"an hour", "ən ˈWəɹ"},
	{"on Tuesday", "ɔn tˈuzdi"},
};

TEST(g2p_writes_what_is_heard)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 1000);
		CHECK_INT(g2p(str_from(rows[i].words), &out), 0);
		if (!str_eq(buf_str(&out), str_from(rows[i].phonemes)))
			test_failed(__FILE__, __LINE__, "'%s' became '" STR_FMT "', not '%s'", rows[i].words,
				    STR_ARG(buf_str(&out)), rows[i].phonemes);
		buf_fini(&out);
	}
}

TEST(g2p_takes_any_bytes)
{
	char bytes[512];
	struct buf out;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	buf_init(&out, 10000);
	CHECK_INT(g2p((struct str){bytes, sizeof(bytes)}, &out), 0);
	buf_clear(&out);
	memset(bytes, 'x', sizeof(bytes));
	CHECK_INT(g2p((struct str){bytes, sizeof(bytes)}, &out), 0);
	buf_fini(&out);
}

TEST_OOM(g2p_survives_without_memory)
{
	struct buf out;
	int rc;

	buf_init(&out, 1000);
	rc = g2p(STR("Hello, it isn't late."), &out);
	buf_fini(&out);
	return rc;
}
