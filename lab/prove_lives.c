/* The proof of a site: it lives with security on and off, each in a lab of
 * its own, and one report joins both. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/prove.h"

enum { LIVES = 2, PATH_LEN = 1024, EXIT_INTERRUPTED = 130 };

struct life {
	const char *security;	/* "on", "off" */
	char out[PATH_LEN];
	char report[PATH_LEN];
};


static int life_exec(const struct lab *lab, const struct life *l)
{
	char seconds[16];
	const char *argv[] = {
		"visavis", "lab", "run", "--prove", "--security", l->security,
		"--out", l->out, "--seconds", seconds, lab->opt.site_path,
		lab->opt.quiet ? "--quiet" : NULL, NULL,
	};

	(void)snprintf(seconds, sizeof(seconds), "%u", lab->opt.seconds);
	(void)execv("/proc/self/exe", (char *const *)argv);
	perror("visavis lab prove: cannot start itself");
	return 127;
}


/** Live it to its end. @return its exit code */
static int life_live(const struct lab *lab, const struct life *l)
{
	void (*old)(int) = signal(SIGINT, SIG_IGN);
	int status = 0, code = EXIT_INTERRUPTED;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGINT, SIG_DFL);
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(life_exec(lab, l));
	}

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status))
		code = WEXITSTATUS(status);

	(void)signal(SIGINT, old);
	return code;
}


/** The life that the site asks for has the folder itself: its pictures and
 *  its call are the report's. */
static int lives_name(struct life v[LIVES], const struct lab *lab)
{
	const char *sub[LIVES] = {"", lab->site.security ? "/insecure"
							 : "/secure"};

	v[0].security = lab->site.security ? "on" : "off";
	v[1].security = lab->site.security ? "off" : "on";
	for (size_t i = 0; i < LIVES; i++) {
		if (snprintf(v[i].out, PATH_LEN, "%s%s", lab->path.out,
			     sub[i]) >= PATH_LEN - 16)
			return ENAMETOOLONG;
		(void)snprintf(v[i].report, PATH_LEN, "%.1000s/report.json",
			       v[i].out);
		(void)unlink(v[i].report);
	}

	return 0;
}


int prove_lives(struct lab *lab)
{
	struct life v[LIVES];
	const char *files[LIVES];
	bool ok = false;
	int err = lives_name(v, lab), code = 0;

	for (size_t i = 0; i < LIVES && !err; i++) {
		int c;

		if (!lab->opt.quiet)
			(void)printf("\nsecurity %s\n", v[i].security);
		c = life_live(lab, &v[i]);
		if (c == EXIT_INTERRUPTED)
			return c;
		code = code ? code : c;
		files[i] = v[i].report;
		if (access(v[i].report, R_OK)) {
			(void)fprintf(stderr, "visavis lab prove: the life with "
				      "security %s left no report; run it alone: "
				      "visavis lab run --security %s %s\n",
				      v[i].security, v[i].security,
				      lab->opt.site_path);
			return 1;
		}
	}

	if (!err)
		err = prove_combine(lab->path.out, files, LIVES,
				    lab->opt.quiet ? NULL : stdout, &ok);
	if (err)
		(void)fprintf(stderr, "visavis lab prove: %s\n", strerror(err));

	return err || code || !ok;
}
