/**
 * The emitters behind the table of back ends, one a dialect; see struct
 * policy_backend. Called through the table only.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_BACKENDS_H
#define VISAVIS_LIB_POLICY_EMIT_BACKENDS_H

#include "lib/policy/model/policy.h"

int backend_nftables(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_iptables(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_pf(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_ios(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_ios_groups(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_iosxr(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_nxos(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_asa(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_junos(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_srx(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_panos(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_fortios(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_aws(struct sbuf *sb, struct arena *a, const struct policy *p);
int backend_aws_tf(struct sbuf *sb, struct arena *a, const struct policy *p);

/* What the emitters share. */

/** A word of the site file within a comment: one line of printable ASCII,
 *  without what asks a console for help. NULL writes nothing. */
void backend_put_word(struct sbuf *sb, const char *s);
/** "core" of site "demo": whose configuration this is, with the quotes */
void backend_put_names(struct sbuf *sb, const struct policy *p);

#endif
