/* Sockets through rows, on loopback: every address of 127/8 is ours. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/flowtab.h"
#include "io/libre.h"

static const char text[] =
	"site: test\n"
	"security: off\n"
	"networks:\n"
	"  rooms: 127.77.1.0/24\n"
	"  core: 127.77.9.0/24\n"
	"hosts:\n"
	"  paris: { role: codec, address: 127.77.1.10, number: \"1001\" }\n"
	"  callcontrol: { role: callcontrol, address: 127.77.9.10 }\n"
	"  services: { role: [dns, ntp], address: 127.77.9.53 }\n"
	"  near: { role: [sla-agent, sla-responder], address: 127.77.1.30 }\n"
	"  far: { role: sla-responder, address: 127.77.9.30 }\n"
	"firewalls:\n"
	"  fw: { dialect: nftables, interfaces: { eth1: rooms, eth2: core } }\n";

static struct arena arena;
static struct site site;


static void as(const char *host)
{
	const struct site_host *h = site_host_find(&site, host);

	assert_non_null(h);
	flowtab_init(&site, h);
}


static struct sa addr(const char *ip, uint16_t port)
{
	struct sa sa;

	assert_int_equal(sa_set_str(&sa, ip, port), 0);
	return sa;
}


static int tos_of(int fd)
{
	int tos = -1;
	socklen_t len = sizeof(tos);

	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_TOS, &tos, &len), 0);
	return tos;
}


static int nodelay_of(int fd)
{
	int on = -1;
	socklen_t len = sizeof(on);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	return on;
}


static int sock(int type)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}


static void ports_follow_the_site(void **state)
{
	uint16_t port;
	bool tls;

	as("paris");
	site.security = false;
	assert_int_equal(flowtab_port(&port, &tls, "A2-20"), 0);
	assert_int_equal(port, 5060);
	assert_false(tls);
	assert_true(flowtab_applies("A2-19"));

	site.security = true;
	assert_int_equal(flowtab_port(&port, &tls, "A2-20"), 0);
	assert_int_equal(port, 5061);
	assert_true(tls);
	assert_false(flowtab_applies("A2-19"));
	assert_int_equal(flowtab_port(&port, &tls, "A2-19"), ENOENT);
	assert_int_equal(flowtab_port(&port, &tls, "A9-99"), ENOENT);
	site.security = false;
}


static void listening_is_by_role(void **state)
{
	struct sa sa, other;
	int fd;

	as("paris");
	assert_int_equal(flowtab_listen(&sa, "A2-20", 0), EACCES);

	as("callcontrol");
	assert_int_equal(flowtab_listen(&sa, "A2-20", 6), EADDRNOTAVAIL);
	assert_int_equal(flowtab_listen(&sa, "A2-20", 0), 0);
	assert_int_equal(sa_port(&sa), 5060);

	fd = sock(SOCK_STREAM);
	assert_int_equal(bind(fd, &sa.u.sa, sa.len), 0);
	assert_int_equal(tos_of(fd), 24 << 2);
	close(fd);

	/* another port, another address, another transport */
	fd = sock(SOCK_STREAM);
	other = addr("127.77.9.10", 5062);
	assert_int_equal(bind(fd, &other.u.sa, other.len), -1);
	assert_int_equal(errno, EACCES);
	other = addr("127.0.0.1", 5060);
	assert_int_equal(bind(fd, &other.u.sa, other.len), -1);
	close(fd);
	fd = sock(SOCK_DGRAM);
	assert_int_equal(bind(fd, &sa.u.sa, sa.len), -1);
	close(fd);
}


static int tcp_state(int fd)
{
	struct tcp_info ti = {0};
	socklen_t len = sizeof(ti);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len), 0);
	return ti.tcpi_state;
}


/* Past the guard, as another program would. Loopback answers at once. */
static int call_in(const struct sa *to)
{
	int fd = sock(SOCK_STREAM);

	(void)syscall(SYS_connect, fd, &to->u.sa, to->len);
	return fd;
}


static void dialling_transport_is_deaf(void **state)
{
	struct sa sa, open_sa;
	int deaf = sock(SOCK_STREAM), open_fd = sock(SOCK_STREAM), a, b;

	as("paris");
	assert_int_equal(flowtab_dial_local(&sa, "A2-20", 4), 0);
	assert_int_equal(sa_port(&sa), 0);
	assert_int_equal(bind(deaf, &sa.u.sa, sa.len), 0);
	assert_int_equal(listen(deaf, 5), 0);
	assert_int_equal(getsockname(deaf, &sa.u.sa, &sa.len), 0);

	as("callcontrol");
	assert_int_equal(flowtab_listen(&open_sa, "A2-20", 4), 0);
	assert_int_equal(setsockopt(open_fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), 0);
	assert_int_equal(bind(open_fd, &open_sa.u.sa, open_sa.len), 0);
	assert_int_equal(listen(open_fd, 5), 0);

	a = call_in(&sa);
	b = call_in(&open_sa);
	assert_int_equal(tcp_state(a), TCP_SYN_SENT);
	assert_int_equal(tcp_state(b), TCP_ESTABLISHED);
	close(a);
	close(b);
	close(deaf);
	close(open_fd);
}


static void dialling_is_by_row(void **state)
{
	struct sa cc = addr("127.77.9.10", 5060), wrong = addr("127.77.9.10", 22);
	int fd = sock(SOCK_STREAM);

	as("paris");
	assert_int_equal(flowtab_dial("A2-20", &wrong), EACCES);
	assert_int_equal(connect(fd, &wrong.u.sa, wrong.len), -1);
	assert_int_equal(errno, EACCES);

	assert_int_equal(flowtab_dial("A2-20", &cc), 0);
	(void)connect(fd, &cc.u.sa, cc.len);
	assert_int_not_equal(errno, EACCES);
	assert_int_equal(tos_of(fd), 24 << 2);
	assert_int_equal(nodelay_of(fd), 1);
	close(fd);

	as("services");
	assert_int_equal(flowtab_dial("A2-20", &cc), EACCES);
}


static void datagrams_are_by_row(void **state)
{
	struct sa any = addr("127.77.1.10", 0), dns[2], wrong = addr("127.77.9.53", 54);
	struct sa route = addr("127.77.9.77", 4242);
	int fd = sock(SOCK_DGRAM);

	as("paris");
	assert_int_equal(flowtab_peers(dns, 2, "A2-06"), 1);
	assert_int_equal(sa_port(&dns[0]), 53);
	assert_int_equal(bind(fd, &any.u.sa, any.len), 0);

	assert_int_equal(sendto(fd, "x", 1, 0, &wrong.u.sa, wrong.len), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(sendto(fd, "x", 1, 0, &dns[0].u.sa, dns[0].len), 1);
	close(fd);

	/* learning one's own address is no traffic */
	fd = sock(SOCK_DGRAM);
	assert_int_equal(connect(fd, &route.u.sa, route.len), 0);
	assert_int_equal(send(fd, "x", 1, 0), -1);
	close(fd);
}


static void media_ports_are_the_rows(void **state)
{
	int fds[64];

	as("paris");
	for (int i = 0; i < 64; i++) {
		struct sa sa = addr("127.77.1.10", 0);

		assert_int_equal(flowtab_udp(&fds[i], "A2-21", &sa, true), 0);
		assert_true(sa_port(&sa) >= 16384 && sa_port(&sa) < 32768);
		assert_int_equal(sa_port(&sa) % 2, 0);
		assert_int_equal(tos_of(fds[i]), 32 << 2);
	}
	for (int i = 0; i < 64; i++)
		close(fds[i]);

	/* call after call: nothing is used up */
	for (int i = 0; i < 2000; i++) {
		struct sa sa = addr("127.77.1.10", 0);

		assert_int_equal(flowtab_udp(&fds[0], "A2-21", &sa, true), 0);
		close(fds[0]);
	}

	for (uint16_t port = 32768; port < 32770; port++) {
		struct sa sa = addr("127.77.1.10", port);

		assert_int_equal(flowtab_udp(&fds[0], "A2-21", &sa, false),
				 port == 32768 ? 0 : EACCES);
		if (port == 32768)
			close(fds[0]);
	}

	assert_true(flowtab_peer_port_ok("A2-21", 16384));
	assert_true(flowtab_peer_port_ok("A2-21", 32768));
	assert_false(flowtab_peer_port_ok("A2-21", 16383));
	assert_false(flowtab_peer_port_ok("A2-21", 5060));
	assert_false(flowtab_peer_port_ok("A2-21", 0));

	as("services");
	struct sa sa = addr("127.77.9.53", 0);
	assert_int_equal(flowtab_udp(&fds[0], "A2-21", &sa, true), EACCES);
}


static int setup(void **state)
{
	struct diag_list dl = {0};

	if (site_parse(&site, &arena, text, strlen(text), "test.yaml", &dl)) {
		for (size_t i = 0; i < dl.n; i++)
			print_error("%u:%u: %s\n", dl.v[i].pos.line, dl.v[i].pos.col, dl.v[i].msg);
		return -1;
	}
	diag_reset(&dl);
	return libre_init();
}


static int teardown(void **state)
{
	libre_close();
	arena_reset(&arena);
	return 0;
}


static void measuring_by_row(void **state)
{
	struct sa here = addr("127.77.1.30", 0), peer = addr("127.77.9.30", 20000), local;
	uint16_t lo, hi;
	int fd, fd2;

	as("near");
	assert_int_equal(flowtab_range(&lo, &hi, "A8-09"), 0);
	assert_int_equal(lo, 16384);
	assert_int_equal(hi, 32768);
	assert_int_equal(flowtab_range(&lo, &hi, "A8-99"), ENOENT);
	assert_int_equal(flowtab_udp_dial(&fd, "A8-09", &peer, &local), 0);
	assert_true(sa_port(&local) != 0);
	sa_set_port(&local, 0);
	assert_true(sa_cmp(&local, &here, SA_ADDR));
	assert_int_equal(tos_of(fd), 32 << 2);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	(void)close(fd);
	sa_set_port(&peer, 32769);
	assert_int_equal(flowtab_udp_dial(&fd, "A8-09", &peer, NULL), EACCES);

	/* both ends are us: the one that answers */
	sa_set_port(&here, 20000);
	assert_int_equal(flowtab_udp_answer(&fd, "A8-09", &here), 0);
	assert_int_equal(tos_of(fd), 32 << 2);
	assert_int_equal(flowtab_udp_answer(&fd2, "A8-09", &here), EADDRINUSE);
	sa_set_port(&here, 16383);
	assert_int_equal(flowtab_udp_answer(&fd2, "A8-09", &here), EACCES);
	(void)close(fd);

	as("far");
	sa_set_port(&peer, 20000);
	assert_int_equal(flowtab_udp_dial(&fd, "A8-09", &peer, NULL), EACCES);
	as("paris");
	assert_int_equal(flowtab_udp_answer(&fd, "A8-09", &here), EACCES);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_follow_the_site),
		cmocka_unit_test(listening_is_by_role),
		cmocka_unit_test(dialling_transport_is_deaf),
		cmocka_unit_test(dialling_is_by_row),
		cmocka_unit_test(datagrams_are_by_row),
		cmocka_unit_test(media_ports_are_the_rows),
		cmocka_unit_test(measuring_by_row),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
