#include "test.h"

#include "provider/aloud/speakable.h"

struct row {
	const char *written, *spoken;
};

static const struct row rows[] = {
	{"0", "zero"},
	{"7", "seven"},
	{"13", "thirteen"},
	{"20", "twenty"},
	{"21", "twenty one"},
	{"99", "ninety nine"},
	{"100", "one hundred"},
	{"101", "one hundred one"},
	{"110", "one hundred ten"},
	{"342", "three hundred forty two"},
	{"999", "nine hundred ninety nine"},
	{"1000", "one thousand"},
	{"1,001", "one thousand one"},
	{"1,010,010", "one million ten thousand ten"},
	{"12,345", "twelve thousand three hundred forty five"},
	{"100,000", "one hundred thousand"},
	{"1,000,000", "one million"},
	{"2,000,000,000", "two billion"},
	{"999,999,999,999,999",
	 "nine hundred ninety nine trillion nine hundred ninety nine billion nine hundred ninety nine "
	 "million nine hundred ninety nine thousand nine hundred ninety nine"},
	{"1.5", "one point five"},
	{"0.25", "zero point two five"},
	{".5", "zero point five"},
	{"10.05", "ten point zero five"},
	{"-3", "minus three"},
	{"(-7)", "minus seven,"},
	{"3.14159", "three point one four one five nine"},
	{"007", "zero zero seven"},
	{"2,50", "two, fifty"},
	{"1st", "first"},
	{"2nd", "second"},
	{"3rd", "third"},
	{"5th", "fifth"},
	{"8th", "eighth"},
	{"9th", "ninth"},
	{"12th", "twelfth"},
	{"20th", "twentieth"},
	{"21st", "twenty first"},
	{"40th", "fortieth"},
	{"100th", "one hundredth"},
	{"the 33rd floor", "the thirty third floor"},
	{"1905", "nineteen oh five"},
	{"1900", "nineteen hundred"},
	{"2000", "two thousand"},
	{"2005", "two thousand five"},
	{"2010", "twenty ten"},
	{"2026", "twenty twenty six"},
	{"1999", "nineteen ninety nine"},
	{"in 1066", "in one thousand sixty six"},
	{"in 1492", "in fourteen ninety two"},
	{"2000 patients", "two thousand patients"},
	{"1980s", "nineteen eighties"},
	{"the 90s", "the nineties"},
	{"1500 people", "one thousand five hundred people"},
	{"$5", "five dollars"},
	{"$1", "one dollar"},
	{"$0", "zero dollars"},
	{"$0.99", "ninety nine cents"},
	{"$0.01", "one cent"},
	{"$1.01", "one dollar and one cent"},
	{"$12.50", "twelve dollars and fifty cents"},
	{"$1,234.56", "one thousand two hundred thirty four dollars and fifty six cents"},
	{"$2.5 million", "two point five million dollars"},
	{"$3k", "three thousand dollars"},
	{"$10-$20", "ten to twenty dollars"},
	{"$10-20", "ten to twenty dollars"},
	{"-$5", "minus five dollars"},
	{"£20", "twenty pounds"},
	{"£1.50", "one pound and fifty pence"},
	{"€5.50", "five euros and fifty cents"},
	{"50€", "fifty euros"},
	{"100 USD", "one hundred dollars"},
	{"USD 40", "forty dollars"},
	{"$5/month", "five dollars per month"},
	{"$1.5bn", "one point five billion dollars"},
	{"¥500", "five hundred yen"},
	{"CHF 30", "thirty Swiss francs"},
	{"5%", "five percent"},
	{"12.5%", "twelve point five percent"},
	{"100 %", "one hundred percent"},
	{"-3%", "minus three percent"},
	{"5-10%", "five to ten percent"},
	{"2026-11-20", "November twentieth, twenty twenty six"},
	{"11/20/2026", "November twentieth, twenty twenty six"},
	{"20/11/2026", "November twentieth, twenty twenty six"},
	{"3/4/2026", "March fourth, twenty twenty six"},
	{"1/2/26", "January second, twenty twenty six"},
	{"20.11.2026", "November twentieth, twenty twenty six"},
	{"11-20-2026", "November twentieth, twenty twenty six"},
	{"Nov 20", "November twentieth"},
	{"Nov. 20", "November twentieth"},
	{"Nov 20, 2026", "November twentieth, twenty twenty six"},
	{"November 20th", "November twentieth"},
	{"20 November 2026", "November twentieth, twenty twenty six"},
	{"20 Nov", "November twentieth"},
	{"the 20th of November", "the twentieth of November"},
	{"the 1st of May 2027", "the first of May twenty twenty seven"},
	{"November 2026", "November twenty twenty six"},
	{"Nov 20-22", "November twentieth to twenty second"},
	{"on 11/20", "on November twentieth"},
	{"due 3/1", "due March first"},
	{"May I come?", "May I come?"},
	{"Mon-Fri", "Monday to Friday"},
	{"Tue, Nov 3", "Tuesday, November third"},
	{"Sat 10am", "Saturday ten A M"},
	{"Fri.", "Friday."},
	{"Sept 5", "September fifth"},
	{"in Dec.", "in December."},
	{"10:30", "ten thirty"},
	{"10:00", "ten o'clock"},
	{"10:05", "ten oh five"},
	{"15:00", "three P M"},
	{"15:45", "three forty five P M"},
	{"0:15", "twelve fifteen A M"},
	{"12:00", "twelve o'clock"},
	{"23:59", "eleven fifty nine P M"},
	{"24:00", "twelve A M"},
	{"9am", "nine A M"},
	{"9 am", "nine A M"},
	{"9:05 p.m.", "nine oh five P M."},
	{"9:05 p.m. We close.", "nine oh five P M. We close."},
	{"10 a.m. tomorrow", "ten A M tomorrow"},
	{"9-5pm", "nine to five P M"},
	{"9am-5pm", "nine A M to five P M"},
	{"9:00-17:00", "nine o'clock to five P M"},
	{"9 am to 5 pm", "nine A M to five P M"},
	{"10:30:15", "ten thirty and fifteen seconds"},
	{"7.30pm", "seven thirty P M"},
	{"16:9", "sixteen to nine"},
	{"9-12", "nine to twelve"},
	{"pages 10-12", "pages ten to twelve"},
	{"1990-1995", "nineteen ninety to nineteen ninety five"},
	{"5-10 mg", "five to ten milligrams"},
	{"555-0199", "five five five, zero one nine nine"},
	{"(555) 123-4567", "five five five, one two three, four five six seven"},
	{"555-123-4567", "five five five, one two three, four five six seven"},
	{"555.123.4567", "five five five, one two three, four five six seven"},
	{"555 123 4567", "five five five, one two three, four five six seven"},
	{"1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"},
	{"+1 555 123 4567", "plus one, five five five, one two three, four five six seven"},
	{"+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"},
	{"020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"},
	{"0800 123 4567", "zero eight zero zero, one two three, four five six seven"},
	{"5551234567", "five five five, one two three, four five six seven"},
	{"555-0199 ext. 12", "five five five, zero one nine nine, extension one two"},
	{"555-123-4567 x204", "five five five, one two three, four five six seven, extension two zero four"},
	{"555-123-4567, extension 7", "five five five, one two three, four five six seven, extension seven"},
	{"call 911", "call nine one one"},
	{"dial 112", "dial one one two"},
	{"call 101", "call one zero one"},
	{"A-2847", "A, two eight four seven"},
	{"AB12CD", "A B one two C D"},
	{"B12", "B twelve"},
	{"4B", "four B"},
	{"MP3", "M P three"},
	{"COVID-19", "covid nineteen"},
	{"SW1A 1AA", "S W one A, one A A"},
	{"M1 1AE", "M one, one A E"},
	{"X1-204-77", "X one, two zero four, seven seven"},
	{"code 4711", "code four seven one one"},
	{"code 829 103", "code eight two nine, one zero three"},
	{"PIN is 0042", "pin is zero zero four two"},
	{"order number 12345", "order number one two three four five"},
	{"account no. 99887", "account number nine nine eight eight seven"},
	{"ext 204", "extension two zero four"},
	{"20-year-old", "twenty year old"},
	{"1234 Main St.", "twelve thirty four Main Street."},
	{"101 Oak Avenue", "one oh one Oak Avenue"},
	{"12 W. 5th Ave", "twelve West fifth Avenue"},
	{"5 Elm Rd", "five Elm Road"},
	{"CA 94107", "California nine four one zero seven"},
	{"NY 10001-1234", "New York one zero zero zero one, one two three four"},
	{"Room 12", "Room twelve"},
	{"jane.doe@example.com", "jane dot doe at example dot com"},
	{"info@nhs.uk", "info at N H S dot U K"},
	{"j_smith+1@mail.example.org", "J underscore smith plus one at mail dot example dot org"},
	{"https://www.example.com/book", "example dot com slash book"},
	{"www.example.org", "example dot org"},
	{"example.com", "example dot com"},
	{"http://x.io/a-b?c=1", "X dot I O slash A dash B question mark C equals one"},
	{"Dr. Lee", "Doctor Lee"},
	{"Dr Lee", "Doctor Lee"},
	{"Oak Dr.", "Oak Drive."},
	{"St. Mary's", "Saint Mary's"},
	{"Elm St.", "Elm Street."},
	{"on Elm St. today", "on Elm Street today"},
	{"Mr. Smith", "Mister Smith"},
	{"Mrs. Jones", "Missus Jones"},
	{"Ms. Park", "Miz Park"},
	{"Prof. Adams", "Professor Adams"},
	{"Mt. Sinai", "Mount Sinai"},
	{"e.g. tea", "for example tea"},
	{"i.e. now", "that is now"},
	{"tea, etc.", "tea, et cetera."},
	{"tea, etc. We", "tea, et cetera. We"},
	{"No. 5", "number five"},
	{"No. That is wrong.", "No. That is wrong."},
	{"appt at 3pm", "appointment at three P M"},
	{"approx. 10", "approximately ten"},
	{"dept. store", "department store"},
	{"vs. them", "versus them"},
	{"Smith Jr. came", "Smith junior came"},
	{"U.S.", "U S."},
	{"the U.S. dollar", "the U S dollar"},
	{"U.K. law", "U K law"},
	{"Ph.D.", "P H D."},
	{"J. Smith", "J Smith"},
	{"w/ milk", "with milk"},
	{"w/o sugar", "without sugar"},
	{"n/a", "not applicable"},
	{"5kg", "five kilograms"},
	{"10 km/h", "ten kilometers per hour"},
	{"20°C", "twenty degrees Celsius"},
	{"98.6 °F", "ninety eight point six degrees Fahrenheit"},
	{"1 lb", "one pound"},
	{"6 ft. tall", "six feet tall"},
	{"5'10\"", "five foot ten"},
	{"5in", "five inches"},
	{"5 in a row", "five in a row"},
	{"5 in. wide", "five inches wide"},
	{"3 hrs", "three hours"},
	{"1 hr", "one hour"},
	{"500MB", "five hundred megabytes"},
	{"10mg", "ten milligrams"},
	{"250 ml", "two hundred fifty milliliters"},
	{"120/80 mmHg", "one hundred twenty over eighty millimeters of mercury"},
	{"3x", "three times"},
	{"50k", "fifty thousand"},
	{"3M", "three million"},
	{"1/2", "one half"},
	{"3/4", "three quarters"},
	{"2/3", "two thirds"},
	{"2 1/2 cups", "two and one half cups"},
	{"½ cup", "one half cup"},
	{"24/7", "twenty four seven"},
	{"7/10", "seven out of ten"},
	{"120/80", "one hundred twenty over eighty"},
	{"1.2.3", "one point two point three"},
	{"192.168.0.1", "one nine two dot one six eight dot zero dot one"},
	{"NHS", "N H S"},
	{"NASA", "Nasa"},
	{"MRIs", "M R I's"},
	{"FAQ", "F A Q"},
	{"HTML", "H T M L"},
	{"OK", "okay"},
	{"USA", "U S A"},
	{"ID", "I D"},
	{"PLEASE NOTE", "please note"},
	{"DO NOT ENTER", "do not enter"},
	{"HIPAA", "Hippa"},
	{"CLOSED", "closed"},
	{"a & b", "a and b"},
	{"AT&T", "A T and T"},
	{"a @ b", "a at b"},
	{"and/or", "and or"},
	{"he/she", "he or she"},
	{"TCP/IP", "T C P I P"},
	{"3 + 4 = 7", "three plus four equals seven"},
	{"#4", "number four"},
	{"#tag", "tag"},
	{"~5", "about five"},
	{"<3", "less than three"},
	{"3 * 4", "three times four"},
	{"3 × 4", "three times four"},
	{"naïve café", "naïve café"},
	{"don't", "don't"},
	{"“quoted”", "quoted"},
	{"(aside) here", "aside, here"},
	{"one (two), three.", "one, two, three."},
	{"wait... what", "wait, what"},
	{"wait…", "wait."},
	{"yes—no", "yes, no"},
	{"follow-up", "follow up"},
	{"Node.js", "Node dot js"},
	{"done.Next", "done. Next"},
	{"Hello 👋 world", "Hello world"},
	{"👍", ""},
	{"**bold**", "bold"},
	{"*it*", "it"},
	{"~~gone~~", "gone"},
	{"`code`", "code"},
	{"snake_case", "snake case"},
	{"[our site](https://x.com)", "our site"},
	{"![pic](a.png)", "pic"},
	{"see [1]", "see"},
	{"# Title", "Title"},
	{"- item", "item"},
	{"- one\n- two", "one. two"},
	{"1. Open\n2. Close", "one, Open. two, Close"},
	{"> quote", "quote"},
	{"| a | b |", "a, b,"},
	{"---", ""},
	{"a\n\nb", "a. b"},
	{"a\nb", "a b"},
	{"<b>x</b>", "x"},
	{"a<br>b", "a. b"},
	{"a &amp; b", "a and b"},
	{"```\ncode\n```", "code"},
	{"What?!", "What?"},
	{"Really?.", "Really?"},
	{", start", "start"},
	{"   spaced   out   ", "spaced out"},
	{"Press 1 now.", "Press one now."},
	{"call me at 5 or 6", "call me at five or six"},
	{"10 500", "ten five hundred"},
	{"12345678901234567890", "one two three four five six seven eight nine zero one two three four five "
				 "six seven eight nine zero"},
};

static void check_row(const struct row *row, const struct speakable_opts *opts)
{
	struct buf out;

	buf_init(&out, 4096);
	if (speakable(str_from(row->written), opts, &out) < 0 ||
	    !str_eq(buf_str(&out), str_from(row->spoken)))
		test_failed(__FILE__, __LINE__, "'%s' became '" STR_FMT "', not '%s'", row->written,
			    STR_ARG(buf_str(&out)), row->spoken);
	buf_fini(&out);
}

TEST(speakable_reads_what_is_written)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i], NULL);
}

TEST(speakable_orders_dates_by_the_locale)
{
	static const struct row dates[] = {
		{"05/06/2026", "June fifth, twenty twenty six"},
		{"25/06/2026", "June twenty fifth, twenty twenty six"},
		{"06/25/2026", "June twenty fifth, twenty twenty six"},
		{"on 5/6", "on June fifth"},
	};
	struct speakable_opts opts = {.day_first = true};

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		check_row(&dates[i], &opts);
}

TEST(speakable_knows_the_words_of_the_operator)
{
	static const struct speakable_word words[] = {
		{STR_INIT("Xarelto"), STR_INIT("za rell toe")},
		{STR_INIT("A&E"), STR_INIT("emergency room")},
		{STR_INIT("Dr. Nguyen"), STR_INIT("Doctor Win")},
	};
	static const struct row texts[] = {
		{"Take XARELTO, 5 mg.", "Take za rell toe, five milligrams."},
		{"Go to A&E now", "Go to emergency room now"},
		{"Ask Dr. Nguyen.", "Ask Doctor Win."},
		{"Xareltos", "Xareltos"},
	};
	struct speakable_opts opts = {.words = words, .word_count = ARRAY_LEN(words)};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_row(&texts[i], &opts);
}

TEST(speakable_never_grows_beyond_its_bound)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].written);

		if (strlen(rows[i].spoken) > n * SPEAKABLE_GROWTH_MAX)
			test_failed(__FILE__, __LINE__, "'%s' grew to %zu bytes", rows[i].written,
				    strlen(rows[i].spoken));
	}
}

TEST(speakable_stops_at_the_limit_of_the_buffer)
{
	struct buf out;

	buf_init(&out, 10);
	CHECK_INT(speakable(STR("one hundred and 20"), NULL, &out), -EMSGSIZE);
	CHECK(out.n <= 10);
	buf_fini(&out);
}

/* The spoken form of a spoken form is itself: nothing is read twice. */
TEST(speakable_is_done_when_it_is_done)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct row again = {rows[i].spoken, rows[i].spoken};

		if (strchr(rows[i].spoken, '.') && strstr(rows[i].spoken, ". "))
			continue; /* a full stop inside may look like an abbreviation's */
		check_row(&again, NULL);
	}
}

TEST_OOM(speakable_survives_without_memory)
{
	struct buf out;
	int rc;

	buf_init(&out, 4096);
	rc = speakable(STR("Dr. Lee, 11/20/2026 at 9:05am: $12.50, call (555) 123-4567 or jane@example.com"),
		       NULL, &out);
	buf_fini(&out);
	return rc;
}

/* What has been said of the text when the ear is behind a word. */
TEST(speakable_places_words_in_the_text)
{
	static const char text[] = "Dr. Lee\xe2\x80\x94on 11/20/2026, **bring** $5.";
	static const struct {
		const char *said, *spoken;
	} rows_of_places[] = {
		{"", ""},
		{"Doctor Lee", "Dr. Lee\xe2\x80\x94"}, /* the dash is read as a blank, too */
		{"on", "Dr. Lee\xe2\x80\x94on "},
		{"November twentieth", "Dr. Lee\xe2\x80\x94on "},
		{"twenty twenty six,", "Dr. Lee\xe2\x80\x94on 11/20/2026, **"},
		{"five", "Dr. Lee\xe2\x80\x94on 11/20/2026, **bring** "},
		{"five dollars.", "Dr. Lee\xe2\x80\x94on 11/20/2026, **bring** $5."},
	};
	struct speakable_places places;
	struct buf words;
	struct str said;

	buf_init(&words, 1024);
	CHECK_INT(speakable_placed(str_from(text), NULL, &words, &places), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows_of_places); i++) {
		said = str_from(rows_of_places[i].said);
		CHECK_STR(str_sub(str_from(text), 0,
				  speakable_spoken(&places, str_find(buf_str(&words), said) + said.n)),
			  rows_of_places[i].spoken);
	}
	buf_fini(&words);
}
