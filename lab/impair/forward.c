#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "lab/impair/forward.h"

enum {
	BATCH = 32, KEYS = 1 << 16, PRIORITY = 10, SECOND = 1000000000,
	CLOCK_TRIES = 8, CLOCK_NEAR = 2000,	/* nanoseconds */
};

/* A frame that waits. */
struct held {
	uint32_t row;
	uint8_t dir;
	bool copy;		/* the second of a duplicate */
	int64_t rx_ns, asked_ns;
	size_t len;
	uint8_t p[];		/* head and frame */
};

/* One that was sent, by its key, until the kernel tells when. */
struct gone {
	uint32_t key;
	uint32_t row;
	bool waits, copy;
	int64_t rx_ns, asked_ns;
};

struct forward {
	const struct forward_config *c;
	struct link link[IMPAIR_DIRS];	/* a direction's frames come in here */
	struct model *model;
	struct hold *hold;
	size_t bytes;			/* that wait */
	struct record record;
	struct gone *gone[IMPAIR_DIRS];	/* by the link that they left by */
	int epoll_fd, timer_fd, signal_fd;
	int64_t end_ns;
	bool stop;
	uint8_t buf[LINK_HEAD + LINK_FRAME_MAX];
};


static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);

	return ts.tv_sec * (int64_t)SECOND + ts.tv_nsec;
}


static int say(const char *what, const char *name, int err)
{
	(void)fprintf(stderr, "visavis-impair: %s%s: %s\n", what, name, strerror(err));
	return err;
}


static int watch(struct forward *f, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? errno : 0;
}


static int open_clock(struct forward *f)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	f->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	f->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (f->epoll_fd < 0 || f->timer_fd < 0 || f->signal_fd < 0)
		return errno;
	err = watch(f, f->timer_fd);

	return err ? err : watch(f, f->signal_fd);
}


static int open_links(struct forward *f)
{
	const char *names[IMPAIR_DIRS] = {f->c->near, f->c->far};
	int err = 0;

	for (unsigned d = 0; !err && d < IMPAIR_DIRS; d++) {
		f->gone[d] = calloc(KEYS, sizeof(*f->gone[d]));
		err = f->gone[d] ? link_open(&f->link[d], names[d]) : ENOMEM;
		if (!err)
			err = watch(f, f->link[d].fd);
		if (err == EPERM)
			(void)fprintf(stderr, "visavis-impair: %s: not permitted; it needs root "
				      "in its network namespace\n", names[d]);
		else if (err)
			(void)say("", names[d], err);
	}

	return err;
}


/* Others are not to run when a time comes. Without the right to, the
 * record shows what that cost. */
static void favour(const struct forward_config *c)
{
	struct sched_param sp = {.sched_priority = PRIORITY};

	(void)prctl(PR_SET_TIMERSLACK, 1);
	if (!c->ordinary)
		(void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp);
}


int forward_alloc(struct forward **fp, const struct forward_config *c)
{
	struct forward *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return say("", "memory", ENOMEM);
	f->c = c;
	f->epoll_fd = f->timer_fd = f->signal_fd = f->link[0].fd = f->link[1].fd = -1;
	err = model_alloc(&f->model, c->rules->seed, c->rules->v, c->rules->n);
	if (!err)
		err = hold_alloc(&f->hold, c->hold);
	if (!err)
		err = record_alloc(&f->record, c->records);
	if (!err)
		err = open_clock(f);
	if (err)
		(void)say("", "cannot start", err);
	else
		err = open_links(f);
	if (err) {
		forward_free(f);
		return err;
	}
	favour(c);
	*fp = f;

	return 0;
}


void forward_free(struct forward *f)
{
	int *fds[] = {&f->epoll_fd, &f->timer_fd, &f->signal_fd};

	while (f->hold && hold_count(f->hold))
		free(hold_take(f->hold));
	hold_free(f->hold);
	model_free(f->model);
	record_free(&f->record);
	for (unsigned d = 0; d < IMPAIR_DIRS; d++) {
		link_close(&f->link[d]);
		free(f->gone[d]);
	}
	for (size_t i = 0; i < 3; i++)
		if (*fds[i] >= 0)
			(void)close(*fds[i]);
	free(f);
}


/* Send by the other link, and remember it for when its departure is told. */
static int send_off(struct forward *f, const uint8_t *p, size_t len, unsigned dir,
		    const struct gone *what)
{
	unsigned out = !dir;
	uint32_t key;
	int err = link_send(&f->link[out], p, len, &key);

	if (err) {
		/* keys begin anew: the old ones mean nothing */
		memset(f->gone[out], 0, KEYS * sizeof(*f->gone[out]));
		return err;
	}
	f->gone[out][key % KEYS] = *what;
	f->gone[out][key % KEYS].key = key;

	return 0;
}


static void held_send(struct forward *f, struct held *h)
{
	struct gone what = {.row = h->row, .waits = true, .copy = h->copy, .rx_ns = h->rx_ns,
			    .asked_ns = h->asked_ns};
	int err = send_off(f, h->p, h->len, h->dir, &what);

	if (h->copy)
		f->record.copies[h->dir] += !err;
	else
		record_did(&f->record, h->row, h->dir, err ? RECORD_UNSENT : RECORD_SENT);
	if (h->copy && !err && h->row != RECORD_NONE)
		f->record.v[h->row].copied = true;
	f->bytes -= h->len;
	free(h);
}


static int held_put(struct forward *f, const struct held *like, const struct link_frame *fr,
		    int64_t due)
{
	struct held *h;
	int err;

	if (f->bytes + fr->len > FORWARD_BYTES_MAX)
		return EOVERFLOW;
	h = malloc(sizeof(*h) + fr->len);
	if (!h)
		return ENOMEM;
	*h = *like;
	h->len = fr->len;
	memcpy(h->p, fr->p, fr->len);
	err = hold_put(f->hold, due, h);
	if (err)
		free(h);
	else
		f->bytes += fr->len;

	return err;
}


static void decided(struct forward *f, const struct link_frame *fr, const struct impair_verdict *v,
		    struct record_row *row, int64_t at)
{
	struct held h = {.dir = row->dir, .rx_ns = fr->rx_ns, .asked_ns = v->due_ns - at};

	if (v->act != IMPAIR_SEND) {
		row->did = v->act == IMPAIR_LOSE ? RECORD_LOST : RECORD_FULL;
		(void)record_add(&f->record, row);
		return;
	}
	row->asked_ns = h.asked_ns;
	row->reordered = v->reordered;
	h.row = record_add(&f->record, row);
	if (held_put(f, &h, fr, v->due_ns)) {
		record_did(&f->record, h.row, row->dir, RECORD_OVERFLOW);
		return;
	}
	h.copy = true;
	if (v->duplicate)
		(void)held_put(f, &h, fr, v->again_ns);
}


/* Both clocks at one moment: of a few readings the one in which least time
 * went by, for we may be put aside between the two. */
static void both_clocks(int64_t *mono, int64_t *real)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < CLOCK_TRIES && best > CLOCK_NEAR; i++) {
		int64_t before = now_ns(CLOCK_MONOTONIC), r = now_ns(CLOCK_REALTIME);
		int64_t took = now_ns(CLOCK_MONOTONIC) - before;

		if (took >= best)
			continue;
		best = took;
		*mono = before + took / 2;
		*real = r;
	}
}


/* When it came, on the clock that nobody sets. After a step of the other
 * clock its age is nonsense, and it came now. */
static int64_t arrival(struct link_frame *fr)
{
	int64_t mono = 0, real = 0, age;

	both_clocks(&mono, &real);
	age = real - fr->rx_ns;
	if (age < 0 || age > SECOND) {
		fr->rx_ns = real;
		age = 0;
	}

	return mono - age;
}


static void frame_in(struct forward *f, unsigned dir, struct link_frame *fr)
{
	static const struct gone untouched = {.waits = false};
	uint8_t *frame = fr->p + LINK_HEAD;
	int64_t at = arrival(fr);
	struct impair_verdict v;
	struct record_row row;
	struct packet p;

	packet_read(&p, frame, fr->len - LINK_HEAD);
	model_decide(f->model, &v, dir, &p, at, fr->len - LINK_HEAD);
	if (v.act == IMPAIR_PASS) {
		f->record.passed[dir] += !send_off(f, fr->p, fr->len, dir, &untouched);
		return;
	}
	row = (struct record_row){.n = v.n, .rx_ns = fr->rx_ns, .dir = (uint8_t)dir,
				  .len = (uint32_t)(fr->len - LINK_HEAD), .sport = p.sport,
				  .dport = p.dport, .rule = (uint8_t)v.rule, .dscp_in = p.dscp};
	if (v.dscp >= 0)
		packet_set_dscp(&p, frame, (uint8_t)v.dscp);
	row.dscp_out = p.dscp;
	decided(f, fr, &v, &row, at);
}


/* @return whether something came */
static bool take(struct forward *f, unsigned dir)
{
	struct link_frame fr;
	unsigned n;

	for (n = 0; n < BATCH && !link_recv(&f->link[dir], &fr, f->buf); n++)
		frame_in(f, dir, &fr);

	return n > 0;
}


static void deliver(struct forward *f)
{
	const struct hold_item *next;

	while ((next = hold_next(f->hold)) && next->due_ns <= now_ns(CLOCK_MONOTONIC))
		held_send(f, hold_take(f->hold));
}


struct departures {
	struct forward *f;
	unsigned out;
};


static void sent_h(uint32_t key, int64_t tx_ns, void *arg)
{
	const struct departures *d = arg;
	struct gone *g = &d->f->gone[d->out][key % KEYS];

	if (!g->waits || g->key != key)
		return;
	g->waits = false;
	record_left(&d->f->record, g->row, tx_ns, g->copy, g->rx_ns, g->asked_ns);
}


static void departures(struct forward *f)
{
	for (unsigned out = 0; out < IMPAIR_DIRS; out++) {
		struct departures d = {f, out};

		link_sent(&f->link[out], sent_h, &d);
	}
}


/* Sleep until a frame comes or shortly before the next is due. */
static int rest(struct forward *f)
{
	const struct hold_item *next = hold_next(f->hold);
	int64_t t = next ? next->due_ns - f->c->spin_us * 1000LL : f->end_ns;
	struct itimerspec it = {.it_value = {.tv_sec = 0}};
	struct epoll_event ev[4];
	uint64_t count;

	if (t > f->end_ns)
		t = f->end_ns;
	if (t < 1)
		t = 1;		/* 0 would switch it off */
	it.it_value.tv_sec = t / SECOND;
	it.it_value.tv_nsec = t % SECOND;
	if (timerfd_settime(f->timer_fd, TFD_TIMER_ABSTIME, &it, NULL))
		return errno;
	if (epoll_wait(f->epoll_fd, ev, 4, -1) < 0 && errno != EINTR)
		return errno;
	(void)!read(f->timer_fd, &count, sizeof(count));

	return 0;
}


/* Look at the clock while the next is due soon; frames come in meanwhile. */
static void spin(struct forward *f)
{
	const struct hold_item *next;
	bool came;

	do {
		came = take(f, IMPAIR_FORWARD);
		came = take(f, IMPAIR_BACK) || came;
		deliver(f);
		next = hold_next(f->hold);
	} while (came || (next && next->due_ns - now_ns(CLOCK_MONOTONIC) <=
			  f->c->spin_us * 1000LL));
}


int forward_run(struct forward *f)
{
	struct signalfd_siginfo si;
	int err = 0;

	f->end_ns = now_ns(CLOCK_MONOTONIC) + f->c->seconds * (int64_t)SECOND;
	while (!err && !f->stop) {
		err = rest(f);
		spin(f);
		departures(f);
		f->stop = now_ns(CLOCK_MONOTONIC) >= f->end_ns ||
			  read(f->signal_fd, &si, sizeof(si)) > 0;
	}
	for (unsigned d = 0; d < IMPAIR_DIRS; d++)
		link_count_missed(&f->link[d]);

	return err;
}


const struct record *forward_record(const struct forward *f)
{
	return &f->record;
}


uint64_t forward_missed(const struct forward *f)
{
	return f->link[0].missed + f->link[1].missed;
}
