/*
 * clinic.c - booking, finding, moving and cancelling
 */
#include "agent/clinic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/slot.h"
#include "base/json.h"

#define NAME_MISTAKES 2 /* letters by which a recognised name may differ from the written one */
#define WRITES_MAX    8

struct patient {
	struct str id, name, birth, phone;
};

/* Everything that one deed writes, at once or not at all. */
struct commit {
	struct arena *arena; /* what the writes point at */
	struct store_write w[WRITES_MAX];
	size_t n;
};

static struct store_key key_of(const struct tool_call *c, const char *kind, struct str id)
{
	return (struct store_key){c->agent->tenant_id, str_from(kind), id};
}

static void add_write(struct commit *m, struct store_key key, enum store_condition condition, struct str body)
{
	m->w[m->n++] = (struct store_write){.key = key, .condition = condition, .body = body};
}

/* A JSON object of texts, in the arena; p == NULL without memory. */
static struct str object(struct arena *a, const struct tool_value *fields, size_t n)
{
	struct str s = {NULL, 0};
	struct json_out w;
	struct buf out;

	buf_init(&out, STORE_BODY_MAX);
	json_begin(&w, &out);
	json_map(&w, NULL);
	for (size_t i = 0; i < n; i++)
		if (!str_empty(fields[i].value)) {
			json_key(&w, fields[i].name);
			json_str(&w, NULL, fields[i].value);
		}
	json_end(&w);
	if (!out.error)
		s = arena_str(a, buf_str(&out));
	buf_fini(&out);
	return s;
}

static struct str field(struct arena *a, struct str body, const char *name)
{
	struct str s = {NULL, 0};
	struct json *doc;

	if (json_parse(body, NULL, NULL, &doc) < 0)
		return s;
	s = arena_str(a, json_str_or(doc, name, STR("")));
	json_free(doc);
	return s;
}

/* ---- deeds: done once ---- */

/* What was answered the first time. Returns 0, -ENOENT when it is the first time, or -errno. */
static int recall(struct store *s, const struct tool_call *c, struct arena *a, struct tool_result *r)
{
	struct store_key key = key_of(c, "deed", c->key);
	struct store_doc doc;
	int rc = store_get(s, &key, a, &doc);

	if (rc < 0)
		return rc;
	r->outcome = field(a, doc.body, "outcome");
	struct str value = field(a, doc.body, "appointment"), spoken = field(a, doc.body, "spoken");
	if (!r->outcome.p || !value.p || !spoken.p)
		return -ENOMEM;
	r->count = 0;
	if (!str_empty(value))
		tool_value_add(r, "appointment", value, spoken);
	return 0;
}

/* Writes everything with the deed. Returns 0, -EEXIST when somebody was faster, or -errno. */
static int do_once(struct store *s, const struct tool_call *c, struct commit *m, struct arena *a,
		   struct tool_result *r)
{
	struct str value = r->count ? r->values[0].value : STR(""),
		   spoken = r->count ? r->values[0].spoken : STR("");
	struct tool_value fields[] = {{STR("outcome"), r->outcome, STR("")},
				      {STR("appointment"), value, STR("")},
				      {STR("spoken"), spoken, STR("")}};
	struct str body = object(a, fields, ARRAY_LEN(fields));

	if (!body.p)
		return -ENOMEM;
	add_write(m, key_of(c, "deed", c->key), STORE_ABSENT, body);
	return store_commit(s, m->w, m->n);
}

/* ---- patients ---- */

static bool same_name(struct str a, struct str b)
{
	char low_a[UNDERSTAND_NAME_MAX], low_b[UNDERSTAND_NAME_MAX];
	size_t na = str_copy(a, low_a, sizeof(low_a)), nb = str_copy(b, low_b, sizeof(low_b));

	for (size_t i = 0; i < na; i++)
		low_a[i] = str_lower(low_a[i]);
	for (size_t i = 0; i < nb; i++)
		low_b[i] = str_lower(low_b[i]);
	struct str x = {low_a, na}, y = {low_b, nb};
	return str_distance(x, y, NAME_MISTAKES) <= NAME_MISTAKES || str_ends(x, y) || str_ends(y, x);
}

/* Whose record was looked at, when, by which session. */
static int audit(struct store *s, const struct tool_call *c, struct str patient, struct arena *a)
{
	char day[CIVIL_ISO_BYTES], clock[CIVIL_CLOCK_BYTES];
	char *id = arena_printf(a, "%sT%s/" STR_FMT, civil_iso(c->today, day), civil_clock(c->minute, clock),
				STR_ARG(c->key));
	struct tool_value fields[] = {{STR("patient"), patient, STR("")},
				      {STR("session"), c->key, STR("")},
				      {STR("tool"), c->name, STR("")}};
	struct str body = object(a, fields, ARRAY_LEN(fields));
	struct commit m = {.arena = a};

	if (!id || !body.p)
		return -ENOMEM;
	add_write(&m, key_of(c, "audit", str_sub(str_from(id), 0, STORE_ID_MAX)), STORE_ANY, body);
	return store_commit(s, m.w, m.n);
}

/* Born that day and called so, as far as a recogniser can tell. Returns 0, -ENOENT, or -errno. */
static int find_patient(struct store *s, const struct tool_call *c, struct arena *a, struct patient *ret)
{
	struct str birth = tool_arg(c, "birth"), name = tool_arg(c, "name");
	char prefix[CIVIL_ISO_BYTES + 1];
	struct store_list list;

	if (str_empty(birth) || str_empty(name))
		return -ENOENT;
	snprintf(prefix, sizeof(prefix), STR_FMT "/", STR_ARG(str_sub(birth, 0, 10)));
	struct store_range range = {c->agent->tenant_id, STR("patient"), str_from(prefix), STR(""),
				    STORE_LIST_MAX};
	int rc = store_list(s, &range, a, &list);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < list.count; i++) {
		struct str known = field(a, list.docs[i].body, "name");
		if (!known.p)
			return -ENOMEM;
		if (!same_name(known, name))
			continue;
		*ret = (struct patient){list.docs[i].id, known, birth, field(a, list.docs[i].body, "phone")};
		return ret->phone.p ? audit(s, c, ret->id, a) : -ENOMEM;
	}
	return -ENOENT;
}

static struct str patient_body(struct arena *a, const struct patient *p)
{
	struct tool_value fields[] = {{STR("name"), p->name, STR("")},
				      {STR("birth"), p->birth, STR("")},
				      {STR("phone"), p->phone, STR("")}};

	return object(a, fields, ARRAY_LEN(fields));
}

/* The patient who calls, or a new one, written along with the rest. */
static int patient_for(struct store *s, const struct tool_call *c, struct arena *a, struct commit *m,
		       struct patient *p)
{
	int rc = find_patient(s, c, a, p);

	if (rc != -ENOENT)
		return rc;
	*p = (struct patient){
		.name = tool_arg(c, "name"), .birth = tool_arg(c, "birth"), .phone = tool_arg(c, "phone")};
	char *id =
		arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(str_empty(p->birth) ? STR("unknown") : p->birth),
			     STR_ARG(str_empty(p->name) ? c->key : p->name));
	struct str body = id ? patient_body(a, p) : (struct str){NULL, 0};
	if (!body.p)
		return -ENOMEM;
	p->id = str_sub(str_from(id), 0, 100);
	add_write(m, key_of(c, "patient", p->id), STORE_ANY, body);
	return 0;
}

/* ---- appointments ---- */

static struct str appointment_body(struct arena *a, const struct patient *p)
{
	struct tool_value fields[] = {{STR("patient"), p->id, STR("")},
				      {STR("name"), p->name, STR("")},
				      {STR("birth"), p->birth, STR("")},
				      {STR("phone"), p->phone, STR("")}};

	return object(a, fields, ARRAY_LEN(fields));
}

/* "2026-11-24T10:30/Dr Patel" for the ear. */
static int name_appointment(const struct tool_call *c, struct str id, struct arena *a, struct tool_result *r)
{
	char moment[SLOT_VALUE_MAX];
	struct str doctor = str_sub(id, CLINIC_MOMENT_BYTES, id.n);

	if (slot_speak_moment(str_sub(id, 0, CLINIC_MOMENT_BYTES - 1), c->today, moment) < 0)
		return -EINVAL;
	char *spoken = arena_printf(a, "%s with " STR_FMT, moment, STR_ARG(doctor));
	struct str copy = arena_str(a, id);
	if (!spoken || !copy.p)
		return -ENOMEM;
	tool_value_add(r, "appointment", copy, str_from(spoken));
	return 0;
}

static int link_id(struct arena *a, struct str patient, struct str appointment, struct str *ret)
{
	char *id = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(patient), STR_ARG(appointment));

	*ret = str_from(id);
	return id ? 0 : -ENOMEM;
}

/* Writes the appointment at `moment` with the first free doctor. Returns 0, -EBUSY, or -errno. */
static int add_appointment(struct store *s, const struct tool_call *c, const char *moment,
			   const struct patient *p, struct commit *m, struct tool_result *r)
{
	struct arena *a = m->arena;
	struct str doctor, link;
	int rc = clinic_free_doctor(s, c->agent, moment, a, &doctor);

	if (rc < 0)
		return rc;
	char *id = arena_printf(a, "%s/" STR_FMT, moment, STR_ARG(doctor));
	struct str body = appointment_body(a, p);
	rc = id && body.p ? link_id(a, p->id, str_from(id), &link) : -ENOMEM;
	if (rc < 0)
		return rc;
	add_write(m, key_of(c, "appointment", str_from(id)), STORE_ABSENT, body);
	add_write(m, key_of(c, "patient_appointment", link), STORE_ANY, STR("{}"));
	return name_appointment(c, str_from(id), a, r);
}

static int moment_of(const struct tool_call *c, char buf[CLINIC_MOMENT_BYTES])
{
	struct str slot = tool_arg(c, "slot");
	char spoken[SLOT_VALUE_MAX];

	if (slot_speak_moment(slot, c->today, spoken) < 0)
		return -EINVAL;
	str_copy(slot, buf, CLINIC_MOMENT_BYTES);
	return 0;
}

/* A commit that lost a race: what was already done with this key, or "taken". */
static int after_race(struct store *s, const struct tool_call *c, struct arena *a, struct tool_result *r)
{
	int rc = recall(s, c, a, r);

	if (rc != -ENOENT)
		return rc;
	*r = (struct tool_result){.outcome = STR("taken")};
	return 0;
}

/* Who already has that time, in this call or another, is not booked again. */
static int already_booked(struct store *s, const struct tool_call *c, const struct patient *p,
			  const char *moment, struct arena *a, struct tool_result *r)
{
	struct store_list list;
	struct str prefix;
	int rc = link_id(a, p->id, str_from(moment), &prefix);
	struct store_range range = {c->agent->tenant_id, STR("patient_appointment"), prefix, STR(""), 1};

	rc = rc == 0 ? store_list(s, &range, a, &list) : rc;
	if (rc < 0 || list.count == 0)
		return rc < 0 ? rc : -ENOENT;
	r->outcome = STR("booked");
	return name_appointment(c, str_sub(list.docs[0].id, p->id.n + 1, list.docs[0].id.n), a, r);
}

static int appointment_booking(struct store *s, const struct tool_call *c, struct arena *a,
			       struct tool_result *r)
{
	char moment[CLINIC_MOMENT_BYTES];
	struct commit m = {.arena = a};
	struct patient p;
	int rc = recall(s, c, a, r);

	if (rc != -ENOENT)
		return rc;
	if (moment_of(c, moment) < 0)
		return 0;
	rc = patient_for(s, c, a, &m, &p);
	rc = rc == 0 ? already_booked(s, c, &p, moment, a, r) : rc;
	if (rc != -ENOENT)
		return rc;
	rc = add_appointment(s, c, moment, &p, &m, r);
	r->outcome = STR("booked");
	rc = rc == 0 ? do_once(s, c, &m, a, r) : rc;
	if (rc == -EBUSY || rc == -EEXIST)
		return after_race(s, c, a, r);
	return rc;
}

/* The patient's next appointment. Outcomes: found, none, unknown. */
static int appointment_lookup(struct store *s, const struct tool_call *c, struct arena *a,
			      struct tool_result *r)
{
	char from[STORE_ID_MAX + 1], day[CIVIL_ISO_BYTES], clock[CIVIL_CLOCK_BYTES], prefix[STORE_ID_MAX + 1];
	struct store_list list;
	struct patient p;
	int rc = find_patient(s, c, a, &p);

	if (rc < 0) {
		r->outcome = STR("unknown");
		return rc == -ENOENT ? 0 : rc;
	}
	snprintf(prefix, sizeof(prefix), STR_FMT "/", STR_ARG(p.id));
	snprintf(from, sizeof(from), STR_FMT "/%sT%s", STR_ARG(p.id), civil_iso(c->today, day),
		 civil_clock(c->minute, clock));
	struct store_range range = {c->agent->tenant_id, STR("patient_appointment"), str_from(prefix),
				    str_from(from), 1};
	rc = store_list(s, &range, a, &list);
	if (rc < 0)
		return rc;
	tool_value_add(r, "patient", p.id, p.name);
	tool_value_add(r, "phone_on_file", p.phone, p.phone);
	r->outcome = list.count ? STR("found") : STR("none");
	return list.count ? name_appointment(c, str_sub(list.docs[0].id, strlen(prefix), list.docs[0].id.n),
					     a, r)
			  : 0;
}

/* Takes the old appointment out. Returns 0, -ENOENT, or -errno. */
static int drop_appointment(struct store *s, const struct tool_call *c, struct arena *a, struct commit *m,
			    struct patient *ret_patient)
{
	struct str old = tool_arg(c, "appointment"), link;
	struct store_key key = key_of(c, "appointment", old);
	struct store_doc doc;
	int rc = str_empty(old) ? -ENOENT : store_get(s, &key, a, &doc);

	if (rc < 0)
		return rc;
	*ret_patient = (struct patient){field(a, doc.body, "patient"), field(a, doc.body, "name"),
					field(a, doc.body, "birth"), field(a, doc.body, "phone")};
	if (!ret_patient->id.p || !ret_patient->name.p || !ret_patient->birth.p || !ret_patient->phone.p ||
	    link_id(a, ret_patient->id, old, &link) < 0)
		return -ENOMEM;
	struct store_write drop = {.key = key, .condition = STORE_VERSION, .version = doc.version};
	m->w[m->n++] = drop;
	add_write(m, key_of(c, "patient_appointment", link), STORE_ANY, (struct str){NULL, 0});
	return 0;
}

static int appointment_cancel(struct store *s, const struct tool_call *c, struct arena *a,
			      struct tool_result *r)
{
	struct commit m = {.arena = a};
	struct patient p;
	int rc = recall(s, c, a, r);

	if (rc != -ENOENT)
		return rc;
	rc = drop_appointment(s, c, a, &m, &p);
	r->outcome = rc == -ENOENT ? STR("none") : STR("cancelled");
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = do_once(s, c, &m, a, r);
	return rc == -EEXIST ? after_race(s, c, a, r) : rc;
}

static int appointment_move(struct store *s, const struct tool_call *c, struct arena *a,
			    struct tool_result *r)
{
	char moment[CLINIC_MOMENT_BYTES];
	struct commit m = {.arena = a};
	struct patient p;
	int rc = recall(s, c, a, r);

	if (rc != -ENOENT)
		return rc;
	if (moment_of(c, moment) < 0)
		return 0;
	rc = drop_appointment(s, c, a, &m, &p);
	r->outcome = STR("none");
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = add_appointment(s, c, moment, &p, &m, r);
	r->outcome = STR("moved");
	rc = rc == 0 ? do_once(s, c, &m, a, r) : rc;
	if (rc == -EBUSY || rc == -EEXIST)
		return after_race(s, c, a, r);
	return rc;
}

/* Puts the message into the outbox; sending it is its reader's business. */
static int sms_confirmation(struct store *s, const struct tool_call *c, struct arena *a,
			    struct tool_result *r)
{
	struct tool_value fields[] = {{STR("to"), tool_arg(c, "phone"), STR("")},
				      {STR("appointment"), tool_arg(c, "appointment"), STR("")}};
	struct str body = object(a, fields, ARRAY_LEN(fields));
	struct commit m = {.arena = a};
	int rc = recall(s, c, a, r);

	if (rc != -ENOENT)
		return rc;
	if (str_empty(fields[0].value)) {
		r->outcome = STR("none");
		return 0;
	}
	if (!body.p)
		return -ENOMEM;
	r->outcome = STR("sent");
	add_write(&m, key_of(c, "outbox", c->key), STORE_ABSENT, body);
	rc = do_once(s, c, &m, a, r);
	return rc == -EEXIST ? after_race(s, c, a, r) : rc;
}

#define TEXT(name)     "\"" name "\":{\"type\":\"string\"}"
#define OBJECT(fields) "{\"type\":\"object\",\"properties\":{" fields "}}"

const struct tool_ops clinic_appointment_booking = {
	"appointment_booking",
	"Books the time `slot` (2026-11-24T10:30) for a patient.",
	OBJECT(TEXT("slot") "," TEXT("name") "," TEXT("birth") "," TEXT("phone")),
	appointment_booking,
};
const struct tool_ops clinic_appointment_lookup = {
	"appointment_lookup",
	"Finds the next appointment of a patient by name and date of birth.",
	OBJECT(TEXT("name") "," TEXT("birth")),
	appointment_lookup,
};
const struct tool_ops clinic_appointment_move = {
	"appointment_move",
	"Moves `appointment` to the time `slot`.",
	OBJECT(TEXT("appointment") "," TEXT("slot")),
	appointment_move,
};
const struct tool_ops clinic_appointment_cancel = {
	"appointment_cancel",
	"Cancels `appointment`.",
	OBJECT(TEXT("appointment")),
	appointment_cancel,
};
const struct tool_ops clinic_sms_confirmation = {
	"sms_confirmation",
	"Queues a text message that confirms `appointment`.",
	OBJECT(TEXT("phone") "," TEXT("appointment")),
	sms_confirmation,
};
