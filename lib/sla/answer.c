/* Words alone: the policy tool needs them without the mathematics. */
#include "lib/sla/verdict.h"


const char *sla_answer_name(enum sla_answer a)
{
	return a == SLA_FIT ? "fit" : a == SLA_UNFIT ? "unfit" : "cannot tell";
}


const char *sla_way_name(enum sla_way w)
{
	return w == SLA_FORWARD ? "forward" : "back";
}
