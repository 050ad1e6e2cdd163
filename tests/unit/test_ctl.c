/* The control socket: a real Unix socket, the server in libre's loop, the
 * client in a thread as `visavis ctl` is a process of its own. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/ctl.h"
#include "io/libre.h"
#include "io/log.h"

static char dir[64], path[96];
static struct ctl_conn *waiting;
static bool gone;


static void cmd_echo(struct ctl_conn *c, int argc, const char *argv[], void *arg)
{
	ctl_reply(c, json_pack("{s:i, s:s}", "argc", argc, "first", argc ? argv[0] : ""));
}


static void cmd_fail(struct ctl_conn *c, int argc, const char *argv[], void *arg)
{
	ctl_fail(c, "no room \"%s\"", argc ? argv[0] : "?");
}


static void on_gone(void *arg)
{
	gone = true;
	re_cancel();
}


static void cmd_later(struct ctl_conn *c, int argc, const char *argv[], void *arg)
{
	waiting = c;
	ctl_conn_on_close(c, on_gone, NULL);
}


static void cmd_quit(struct ctl_conn *c, int argc, const char *argv[], void *arg)
{
	ctl_reply(c, NULL);
	re_cancel();
}


static const struct ctl_cmd cmds[] = {
	{"echo", "WORD...", "say it back", cmd_echo},
	{"fail", "", "say no", cmd_fail},
	{"later", "", "say nothing yet", cmd_later},
	{"quit", "", "end", cmd_quit},
	{NULL, NULL, NULL, NULL},
};


/* Serve until the client thread is through. */
static void serve(void *(*client)(void *))
{
	struct ctl_server *srv = NULL;
	pthread_t t;

	gone = false;
	assert_int_equal(libre_init(), 0);
	assert_int_equal(ctl_listen(&srv, path, cmds, NULL), 0);
	assert_int_equal(pthread_create(&t, NULL, client, NULL), 0);
	assert_int_equal(re_main(NULL), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	mem_deref(srv);
	assert_int_equal(access(path, F_OK), -1);
	libre_close();
}


static json_t *ask(const char *cmd, int argc, const char *const argv[])
{
	json_t *a = NULL;

	assert_int_equal(ctl_request(&a, path, cmd, argc, argv, 5000), 0);
	return a;
}


static void *client_commands(void *arg)
{
	const char *const words[] = {"one", "zw\xc3\xb6lf"};
	const char *const bad[] = {"\xff"};
	struct stat st;
	json_t *a = NULL;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	a = ask("echo", 2, words);
	assert_true(json_is_true(json_object_get(a, "ok")));
	assert_int_equal(json_integer_value(json_object_get(a, "argc")), 2);
	assert_string_equal(json_string_value(json_object_get(a, "first")), "one");
	json_decref(a);

	a = ask("fail", 1, words);
	assert_true(json_is_false(json_object_get(a, "ok")));
	assert_string_equal(json_string_value(json_object_get(a, "error")), "no room \"one\"");
	json_decref(a);

	a = ask("nonsense", 0, NULL);
	assert_true(json_is_false(json_object_get(a, "ok")));
	json_decref(a);

	a = ask("help", 0, NULL);
	assert_int_equal(json_array_size(json_object_get(a, "commands")), 4);
	json_decref(a);

	assert_int_equal(ctl_request(&a, path, "echo", 1, bad, 5000), EINVAL);
	assert_int_equal(ctl_request(&a, path, "later", 0, NULL, 50), ETIMEDOUT);
	return NULL;
}


static void commands_are_answered(void **state)
{
	serve(client_commands);
	/* the client that gave up was noticed, and that ended the loop */
	assert_true(gone);
}


static int raw_connect(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}


static void raw_expect(int fd, const char *send_this, const char *word)
{
	char buf[4096];
	size_t n = 0;

	assert_int_equal(write(fd, send_this, strlen(send_this)), strlen(send_this));
	do {
		assert_true(n < sizeof(buf) - 1);
		assert_int_equal(read(fd, buf + n, 1), 1);
	} while (buf[n++] != '\n');
	buf[n] = '\0';
	assert_non_null(strstr(buf, word));
}


static void *client_hostile(void *arg)
{
	static char big[70 * 1024];
	int fd = raw_connect();
	json_t *a;
	char c;

	raw_expect(fd, "}{\n", "\"ok\":false");
	raw_expect(fd, "{\"cmd\":17}\n", "\"ok\":false");
	raw_expect(fd, "{\"cmd\":\"echo\",\"args\":[1]}\n", "argument 1");
	raw_expect(fd, "\n", "\"ok\":false");
	close(fd);

	/* a line without end costs the connection, not the server */
	memset(big, 'x', sizeof(big));
	fd = raw_connect();
	(void)!send(fd, big, sizeof(big), MSG_NOSIGNAL);
	while (read(fd, &c, 1) > 0)
		;
	close(fd);

	a = ask("quit", 0, NULL);
	json_decref(a);
	return NULL;
}


static void hostile_clients_are_survived(void **state)
{
	serve(client_hostile);
}


/* Two questions on one connection, the first of which waits. */
static void *client_hasty(void *arg)
{
	const char *const name[] = {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9x\xc3\xa9\xc3\xa9"};
	int fd = raw_connect();
	json_t *a;

	raw_expect(fd, "{\"cmd\":\"later\"}\n{\"cmd\":\"later\"}\n", "one at a time");
	raw_expect(fd, "{\"cmd\":\"echo\"}\n", "one at a time");
	/* a message that is cut within a character is still one */
	a = ask(name[0], 0, NULL);
	assert_true(json_is_false(json_object_get(a, "ok")));
	json_decref(a);
	close(fd);
	return NULL;
}


static void one_question_at_a_time(void **state)
{
	serve(client_hasty);
	assert_true(gone);
}


static void *client_quit(void *arg)
{
	json_decref(ask("quit", 0, NULL));
	return NULL;
}


static void stale_socket_is_replaced(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct ctl_server *srv = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, 1), 0);

	/* a living daemon keeps its socket */
	assert_int_equal(libre_init(), 0);
	assert_int_equal(ctl_listen(&srv, path, cmds, NULL), EADDRINUSE);
	libre_close();

	close(fd);
	serve(client_quit);
}


static void nobody_listens(void **state)
{
	json_t *a;

	assert_int_equal(ctl_request(&a, path, "echo", 0, NULL, 100), ENOENT);
}


static void paths(void **state)
{
	char buf[32];

	assert_int_equal(setenv("VISAVIS_RUN", "/run/x", 1), 0);
	assert_int_equal(ctl_path(buf, sizeof(buf), "paris"), 0);
	assert_string_equal(buf, "/run/x/paris/ctl.sock");
	assert_int_equal(ctl_path(buf, 10, "paris"), ENAMETOOLONG);
	unsetenv("VISAVIS_RUN");
	assert_int_equal(ctl_path(buf, sizeof(buf), "london"), 0);
	assert_string_equal(buf, "/run/visavis/london/ctl.sock");
}


static void log_lines(void **state)
{
	char file[128], line[512];
	json_t *o;
	FILE *f;

	(void)snprintf(file, sizeof(file), "%s/log", dir);
	assert_int_equal(log_init("prog", "paris", file, LOG_ERROR), 0);
	log_event("flow", "{s:s, s:i}", "row", "A2-20", "n", 7);
	log_info("a line with \x01 and \xff");
	log_close();

	f = fopen(file, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	o = json_loads(line, 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "ev")), "flow");
	assert_string_equal(json_string_value(json_object_get(o, "host")), "paris");
	assert_string_equal(json_string_value(json_object_get(o, "row")), "A2-20");
	assert_true(json_real_value(json_object_get(o, "t")) > 1.6e9);
	json_decref(o);
	assert_non_null(fgets(line, sizeof(line), f));
	o = json_loads(line, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "msg")), "a line with ? and ?");
	json_decref(o);
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	unlink(file);
}


static int setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/visavis-ctl.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ctl.sock", dir);
	return 0;
}


static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(one_question_at_a_time),
		cmocka_unit_test(hostile_clients_are_survived),
		cmocka_unit_test(stale_socket_is_replaced),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(paths),
		cmocka_unit_test(log_lines),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
