/*
 * clinic_seed.c - patients to begin with
 */
#include <errno.h>
#include <stdio.h>

#include "agent/clinic.h"
#include "base/json.h"

struct seed_patient {
	struct str name, birth, phone, at;
	int days;
};

struct seed {
	struct opt_list patients;
};

static const struct opt patient_opts[] = {
	OPT_STR("name", struct seed_patient, name, .required = true, .help = "The patient's full name."),
	OPT_STR("birth", struct seed_patient, birth, .required = true, .help = "Date of birth, 1984-05-03."),
	OPT_STR("phone", struct seed_patient, phone, .help = "Telephone number."),
	OPT_INT("days", struct seed_patient, days, .min = 0, .max = 365,
		.help = "An appointment so many days from the first start; 0 = none."),
	OPT_STR("at", struct seed_patient, at, .preset = "10:30", .help = "The appointment's time of day."),
};
static const struct opt_table patient_table = OPT_TABLE("patients", struct seed_patient, patient_opts);
static const struct opt seed_opts[] = {
	OPT_LIST("patients", struct seed, patients, &patient_table,
		 .help = "Patients, each with at most one appointment."),
};
static const struct opt_table seed_table = OPT_TABLE("seed", struct seed, seed_opts);

/* The patient's own fields; an appointment names the patient as well. */
static struct str body_of(const struct seed_patient *p, struct str id, struct arena *arena)
{
	struct str s = {NULL, 0};
	struct json_out w;
	struct buf out;

	buf_init(&out, STORE_BODY_MAX);
	json_begin(&w, &out);
	json_map(&w, NULL);
	if (!str_empty(id))
		json_str(&w, "patient", id);
	json_str(&w, "name", p->name);
	json_str(&w, "birth", p->birth);
	json_str(&w, "phone", p->phone);
	json_end(&w);
	if (!out.error)
		s = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return s;
}

static int commit_one(struct store *s, const struct agent *a, const struct seed_patient *p,
		      struct civil_date day, struct arena *arena)
{
	char iso[CIVIL_ISO_BYTES];
	char *id = arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(p->birth), STR_ARG(p->name));
	char *appointment = arena_printf(arena, "%sT" STR_FMT "/" STR_FMT, civil_iso(day, iso),
					 STR_ARG(p->at), STR_ARG(a->booking.doctors.at[0]));
	char *link = id && appointment ? arena_printf(arena, "%s/%s", id, appointment) : NULL;
	struct str patient = body_of(p, STR(""), arena),
		   visit = link ? body_of(p, str_from(id), arena) : STR("");

	if (!link || !patient.p || !visit.p)
		return -ENOMEM;
	struct store_write w[] = {
		{{a->tenant_id, STR("patient"), str_from(id)}, STORE_ABSENT, 0, patient},
		{{a->tenant_id, STR("appointment"), str_from(appointment)}, STORE_ABSENT, 0, visit},
		{{a->tenant_id, STR("patient_appointment"), str_from(link)}, STORE_ANY, 0, STR("{}")},
	};
	int rc = store_commit(s, w, p->days ? 3 : 1);
	return rc == -EEXIST ? 0 : rc;
}

int clinic_seed(struct store *s, const struct agent *a, const char *path, struct civil_date today,
		struct arena *arena, struct tree_errors *errors)
{
	struct seed seed = {0};
	struct tree_node *root;
	int rc = tree_read(path, NULL, arena, errors, &root);

	rc = rc == 0 ? opt_load(&seed_table, root, opt_getenv, arena, errors, &seed) : rc;
	const struct seed_patient *p = seed.patients.at;
	for (size_t i = 0; rc == 0 && i < seed.patients.count; i++) {
		struct civil_date day = civil_add_days(today, p[i].days);
		for (int k = 0; k < 7 && agent_open_on(a, day).to == 0; k++)
			day = civil_add_days(day, 1);
		rc = commit_one(s, a, &p[i], day, arena);
	}
	return rc;
}
