/**
 * Role -> program: what runs on a host of each role.
 *
 * To serve another role: write svc_<name>.c with the argument builder and
 * add a row to the table in service.c.
 */
#ifndef VISAVIS_LAB_SERVICE_H
#define VISAVIS_LAB_SERVICE_H

#include "lab/child.h"
#include "lab/lab.h"

enum { SERVICE_ARGS_MAX = 64 };

/** A command line in the making. */
struct service_args {
	const char *v[SERVICE_ARGS_MAX + 1];	/**< NULL-terminated */
	size_t n;
};

/** Add one argument. */
void service_arg(struct service_args *av, struct lab *lab, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct service {
	const char *role;	/**< hosts of it run the program, or NULL: */
	bool (*wanted)(struct lab *lab, const struct lab_node *n);
	const char *prog;	/**< name in logs; first argument */
	const char *package;	/**< what to install when it is missing */
	unsigned stage;		/**< all of a stage are ready before the next
				  starts */
	/** Write what the program reads and add the arguments after its name.
	 *  @return 0 or errno */
	int (*args)(struct lab *lab, struct lab_node *n, struct service_args *av);
	/** Can it be used now? Asked again and again. */
	bool (*ready)(struct lab *lab, struct lab_node *n);
	lab_line_h *line_h;	/**< its output as events, or NULL */
};

/** Start everything, stage by stage; each step is said. */
int service_start_all(struct lab *lab);

/** End all programs in the order that they would have started in, last first;
 *  rooms say goodbye to call control while it is there. */
void service_stop_all(struct lab *lab);

/** The arguments that every daemon of ours takes (io/program.h).
 *  @param role  names the log: log/HOST.ROLE.jsonl */
void service_program_args(struct service_args *av, struct lab *lab, const struct lab_node *n,
			  const char *role);

/** Is a port bound in the node's namespace? For ready probes.
 *  @param proto  "udp", "tcp" (listening) */
bool service_port_bound(struct lab *lab, const struct lab_node *n, const char *proto,
			unsigned port);

/** "10.0.0.1:53", "[2001:db8::1]:53" as events write it */
const char *service_endpoint(struct lab *lab, const struct ip_addr *a, unsigned port);

/** Has the host's daemon made its control socket? */
bool service_ctl_there(struct lab *lab, const struct lab_node *n);

/** Does the host's daemon answer on its control socket? */
bool service_ctl_ok(struct lab *lab, const struct lab_node *n);

/** Ask a host's daemon. @return 0 with *answer owned by the caller; ECHILD:
 *  it said no, *why (may be NULL) holds its words; or as ctl_request() */
int service_ctl(json_t **answer, const char **why, struct lab *lab, const struct lab_node *n,
		const char *cmd, const char *arg, unsigned limit_ms);

/** Does some row of this protocol start at one of the host's roles?
 *  @return the row that applies at this site, or NULL */
const struct flow_row *service_row_from(const struct lab *lab, const struct site_host *h,
					const char *protocol);

int svc_dns_args(struct lab *lab, struct lab_node *n, struct service_args *av);
bool svc_dns_ready(struct lab *lab, struct lab_node *n);
void svc_dns_line(struct lab *lab, struct lab_node *n, char *line);

int svc_ntp_server_args(struct lab *lab, struct lab_node *n, struct service_args *av);
int svc_ntp_client_args(struct lab *lab, struct lab_node *n, struct service_args *av);
bool svc_ntp_ready(struct lab *lab, struct lab_node *n);
bool svc_ntp_client_wanted(struct lab *lab, const struct lab_node *n);
/** Has the client heard from its server? Logs the row once, at both ends.
 *  @return 0, EAGAIN not yet */
int svc_ntp_heard(struct lab *lab, struct lab_node *n);

int svc_callcontrol_args(struct lab *lab, struct lab_node *n, struct service_args *av);
bool svc_callcontrol_ready(struct lab *lab, struct lab_node *n);

bool svc_sla_responder_wanted(struct lab *lab, const struct lab_node *n);
int svc_sla_responder_args(struct lab *lab, struct lab_node *n, struct service_args *av);
int svc_sla_agent_args(struct lab *lab, struct lab_node *n, struct service_args *av);
bool svc_sla_ready(struct lab *lab, struct lab_node *n);

int svc_codec_args(struct lab *lab, struct lab_node *n, struct service_args *av);
bool svc_codec_ready(struct lab *lab, struct lab_node *n);

#endif
