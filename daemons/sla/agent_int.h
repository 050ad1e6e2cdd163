/** The agent's parts: agent.c its life, agent_ctl.c the control phase,
 *  agent_send.c and agent_recv.c the measurement. */
#ifndef VISAVIS_DAEMONS_SLA_AGENT_INT_H
#define VISAVIS_DAEMONS_SLA_AGENT_INT_H

#include "daemons/sla/agent.h"
#include "io/tstamp.h"
#include "lib/sla/history.h"
#include "lib/sla/wire_v2.h"

#define AGENT_ROW_CONTROL "A8-08"
#define AGENT_ROW_PROBE "A8-09"

enum {
	AGENT_CLOSING = 3,		/**< packets after a stream's last */
	AGENT_PORT_TRIES = 8,		/**< other ports, when one is in use */
	AGENT_NAME = 64,
};

_Static_assert((int)AGENT_CLOSING <= (int)SLA_CLOSING_MAX, "a run has room for the closing packets");

struct agent_stream {
	struct agent *a;
	unsigned index;
	int fd;				/**< -1: not open */
	struct sa local;
	char name[SLA_STREAM_NAME];
	/* control */
	uint32_t control;		/**< number of the request */
	uint8_t random[SLA_V2_RANDOM];
	uint16_t port;			/**< the responder's */
	bool open;
	unsigned ports_tried;
	/* measurement */
	int64_t *wrote;			/**< the program's stamp of each packet */
	uint32_t sent;			/**< handed to the kernel, closing ones too */
	uint32_t ids;			/**< what the kernel's number is ahead of ours */
	uint32_t answers;
	uint32_t arrivals;
	uint32_t rseq;			/**< highest, without the wrap */
	uint32_t copies_room;
	struct sla_past *past;		/**< by rseq - 1, as the responder told */
	uint32_t past_room;
	uint32_t unanswered_from;	/**< all before are answered */
};

struct agent {
	struct agent_config cfg;
	struct sla_key key;
	char from[AGENT_NAME], to[AGENT_NAME], profile[AGENT_NAME * 2], why[160];
	agent_h *h;
	void *arg;
	struct sla_schedule schedule;
	int64_t span_ns;		/**< of the whole schedule */
	struct sla_run run;
	struct sla_stream streams[SLA_PROFILE_STREAMS_MAX];
	struct agent_stream own[SLA_PROFILE_STREAMS_MAX];
	int control_fd;
	int timer_fd;
	struct sa control_local;
	struct tmr tmr;			/**< control retries, the wait, the end */
	unsigned tried;
	struct sla_send next;
	bool more;			/**< next is one to send */
	bool closing;			/**< closing packets have gone */
	bool heard;			/**< an answer has come, of any stream */
	bool over;
	bool cut;			/**< not all was sent */
	int64_t asked;			/**< mono, first; the ports are open from then or later */
	int64_t origin;			/**< mono, of the schedule */
	int64_t begun;			/**< mono, of the first packet */
	struct tstamp_batch batch;
	struct tstamp_clock clock;
};

/* agent.c */
void agent_end(struct agent *a, enum sla_stop stop, const char *why);
void agent_wait(struct agent *a);	/**< all is sent */
void agent_answered(struct agent *a);	/**< is that all? */
int agent_stream_open(struct agent_stream *s);	/**< anew, to another port */
int64_t agent_until(const struct agent *a);	/**< mono: nothing is sent after */
int64_t agent_duration(const struct agent *a);	/**< of the responder's port, ns */

/* agent_ctl.c */
int agent_control_begin(struct agent *a);
void agent_control_end(struct agent *a);

/* agent_send.c */
int agent_send_begin(struct agent *a);
void agent_send_end(struct agent *a);
void agent_send_closing(struct agent *a);
size_t agent_head(const struct agent *a);	/**< least bytes of a probe */
void agent_step_look(struct agent *a);

/* agent_recv.c */
void agent_recv_handler(int flags, void *arg);
bool agent_stamps_read(struct agent_stream *s);	/**< when packets left; false: not told now */
void agent_past_apply(struct agent_stream *s);	/**< all has come: what was told */

#endif
