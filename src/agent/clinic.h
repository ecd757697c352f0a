/*
 * clinic.h - patients and appointments in the store, and the tools on them
 *
 *   kind         id                            body
 *   appointment  2026-11-24T10:30/Dr Patel     patient, name, birth, phone
 *   patient      1984-05-03/6f2a...            name, birth, phone
 *   patient_appointment  <patient>/<appointment>
 *   deed         <key of the call and the wish>  what was answered the first time
 *   outbox       <deed>                        a text message to be sent
 *   audit        <moment>/<key>                whose record was looked at, by which session
 *
 * An appointment is written only where none is (STORE_ABSENT), together with its
 * deed: two calls never get the same time, and a repeated yes books once.
 *
 * Threads: the store's. Layer: agent.
 */
#ifndef AGENT_CLINIC_H
#define AGENT_CLINIC_H

#include "agent/tool.h"

extern const struct tool_ops clinic_calendar_lookup, clinic_appointment_booking, clinic_appointment_lookup,
	clinic_appointment_move, clinic_appointment_cancel, clinic_sms_confirmation;

#define CLINIC_MOMENT_BYTES 17 /* "2026-11-24T10:30" and a zero */

/* Whether nobody has the doctor then. Returns 1, 0 or -errno. */
int clinic_is_free(struct store *s, const struct agent *a, const char *moment, struct str doctor,
		   struct arena *arena);

/* The first doctor who is free then. Returns 0, -EBUSY when none is, or -errno. */
int clinic_free_doctor(struct store *s, const struct agent *a, const char *moment, struct arena *arena,
		       struct str *ret_doctor);

/* Fills an empty store with the patients of a seed file, their appointments so many days from `today` on (the
 * next open day where that one is closed). What is already there stays. Returns 0, -EBADMSG (errors tell),
 * or -errno. */
int clinic_seed(struct store *s, const struct agent *a, const char *path, struct civil_date today,
		struct arena *arena, struct tree_errors *errors) must_check;

#endif
