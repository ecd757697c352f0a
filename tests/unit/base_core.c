/* The containers everything else is made of: str, arena, buf, list, map. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "test.h"

TEST(str_cuts_trims_and_finds)
{
	struct str s = STR("one, two ,three"), rest = s;

	CHECK_STR(str_cut(&rest, ','), "one");
	CHECK_STR(str_trim(str_cut(&rest, ',')), "two");
	CHECK_STR(str_cut(&rest, ','), "three");
	CHECK(str_empty(rest));
	CHECK_INT(str_find(s, STR("two")), 5);
	CHECK_INT(str_find(s, STR("nine")), s.n);
	CHECK(str_ihas(s, STR("TWO")) && str_ihas(s, STR("")) && !str_ihas(s, STR("nine")));
	CHECK(str_ieq(STR("Via"), STR("vIA")));
	CHECK(!str_ieq(STR("Via"), STR("Vias")));
}

TEST(str_reads_numbers_whole_or_not_at_all)
{
	static const struct {
		const char *text;
		int rc;
		int64_t value;
	} rows[] = {
		{"0", 0, 0},         {"-12", 0, -12},     {"99", 0, 99},
		{"100", -ERANGE, 0}, {"", -EBADMSG, 0},   {"-", -EBADMSG, 0},
		{"1x", -EBADMSG, 0}, {" 1", -EBADMSG, 0}, {"99999999999999999999", -ERANGE, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t v = 0;

		CHECK_INT(str_to_int(str_from(rows[i].text), -99, 99, &v), rows[i].rc);
		CHECK_INT(v, rows[i].value);
	}
}

TEST(str_distance_counts_swaps_once)
{
	CHECK_INT(str_distance(STR("lisetn"), STR("listen"), 3), 1);
	CHECK_INT(str_distance(STR("port"), STR("ports"), 3), 1);
	CHECK_INT(str_distance(STR("abc"), STR("xyz"), 1), 2);
}

static void count_up(void *arg)
{
	int *n = arg;

	*n = *n * 10 + 1;
}

static void times_two(void *arg)
{
	int *n = arg;

	*n *= 2;
}

TEST(arena_keeps_its_limit_and_releases_newest_first)
{
	struct arena a;
	int order = 1;

	arena_init(&a, 4096);
	CHECK(arena_alloc(&a, 4097) == NULL);
	CHECK(arena_alloc(&a, SIZE_MAX) == NULL);
	CHECK(arena_alloc(&a, 100) != NULL);
	CHECK_INT(arena_defer(&a, times_two, &order), 0);
	CHECK_INT(arena_defer(&a, count_up, &order), 0);
	while (arena_alloc(&a, 100))
		CHECK(a.used_bytes <= 4096);
	arena_fini(&a);
	CHECK_INT(order, 22);
	CHECK_INT(a.used_bytes, 0);
}

TEST_OOM(arena_survives_no_memory)
{
	struct arena a;
	int rc = 0;

	arena_init(&a, 1 << 20);
	for (int i = 0; i < 40 && rc == 0; i++)
		rc = arena_printf(&a, "%d and %s", i, "some words to fill chunks") ? 0 : -ENOMEM;
	arena_fini(&a);
	return rc;
}

TEST(buf_remembers_the_first_failure)
{
	struct buf b;

	buf_init(&b, 8);
	buf_printf(&b, "%s", "12345678");
	CHECK_INT(b.error, 0);
	buf_add_char(&b, '9');
	CHECK_INT(b.error, -EMSGSIZE);
	CHECK_STR(buf_str(&b), "12345678");
	buf_clear(&b);
	buf_add_str(&b, STR("abcdef"));
	buf_consume(&b, 4);
	CHECK_STR(buf_str(&b), "ef");
	buf_fini(&b);
}

struct item {
	struct map_node node;
	char name[8];
	int seen;
};

static void see(struct map_node *node, void *arg)
{
	MAP_ENTRY(node, struct item, node)->seen++;
	++*(int *)arg;
}

TEST(map_finds_what_was_added)
{
	static struct item items[200];
	struct map m;
	int n = 0;

	map_init(&m);
	CHECK(map_find(&m, STR("x")) == NULL);
	for (int i = 0; i < 200; i++) {
		snprintf(items[i].name, sizeof(items[i].name), "k%d", i);
		CHECK_INT(map_add(&m, &items[i].node, str_from(items[i].name)), 0);
	}
	CHECK_INT(map_add(&m, &items[0].node, STR("k7")), -EEXIST);
	CHECK(map_find(&m, STR("k7")) == &items[7].node);
	map_remove(&m, &items[7].node);
	CHECK(map_find(&m, STR("k7")) == NULL);
	map_each(&m, see, &n);
	CHECK_INT(n, 199);
	map_fini(&m);
}

TEST(list_keeps_order_and_forgives_double_removal)
{
	struct list head, a, b, c;

	list_init(&head);
	list_append(&head, &b);
	list_append(&head, &c);
	list_add(&head, &a);
	CHECK(head.next == &a && a.next == &b && b.next == &c);
	list_remove(&b);
	list_remove(&b);
	CHECK(list_pop(&head) == &a);
	CHECK(list_pop(&head) == &c);
	CHECK(list_pop(&head) == NULL);
}
