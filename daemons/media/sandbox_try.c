#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemons/media/sandbox_try.h"


static int try_nothing(void)
{
	return 0;
}


static int try_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? errno : 0;
}


static int try_exec(void)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };

	(void)execv("/bin/true", argv);
	return errno;
}


static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	(void)waitpid(pid, NULL, 0);
	return 0;
}


static int try_wx(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}


static int try_open(int flags, const char *path)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}


static int try_read(void)
{
	return try_open(O_RDONLY, "/etc/passwd");
}


static int try_write(void)
{
	return try_open(O_WRONLY | O_CREAT, "./visavis-sandbox-try");
}


static void *thread(void *arg)
{
	*(int *)arg = try_socket();
	return NULL;
}


static int try_thread(void)
{
	pthread_t t;
	int err = EIO;

	if (pthread_create(&t, NULL, thread, &err))
		return EAGAIN;
	(void)pthread_join(t, NULL);
	return err;
}


int sandbox_try(const char *what, enum sandbox_mode mode)
{
	static const struct { const char *name; int (*fn)(void); } tries[] = {
		{ "nothing", try_nothing }, { "socket", try_socket }, { "exec", try_exec }, { "fork", try_fork },
		{ "wx", try_wx }, { "read", try_read }, { "write", try_write }, { "thread-socket", try_thread },
	};
	struct sandbox s = { .mode = mode, .dirfd = -1, .uid = SANDBOX_UID };
	char note[128];
	int err;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (strcmp(tries[i].name, what))
			continue;
		err = sandbox_rights(&s, note, sizeof(note));
		if (!err)
			err = sandbox_calls(&s);
		if (err) {
			(void)fprintf(stderr, "visavis-media: sandbox: %s\n", strerror(err));
			return 2;
		}
		err = tries[i].fn();
		(void)fprintf(stderr, "%s: %s\n", what, err ? strerror(err) : "let through");
		_exit(err != 0);
	}
	(void)fprintf(stderr, "visavis-media: %s: no such try\n", what);
	return 2;
}
