/* Run a fuzz target over a corpus folder without libFuzzer: every file as it
 * is, every prefix of the small ones, and seeded mutations of each, so that
 * a normal test run finds what a short fuzzing run would. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, PREFIX_MAX = 512, MUTATE_MAX = 4096 };

/* Mutations of one file: many of a small one, and a bounded amount of work. */
enum { MUTATIONS = 2000, MUTATED_BYTES = 200 * 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t seed = 0x9e3779b97f4a7c15u;
static unsigned long inputs;


static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}


/* A copy of the exact size, so that a sanitizer sees every over-read. */
static void run(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	inputs++;
}


static size_t mutate(uint8_t *p, size_t n)
{
	switch (rnd(5)) {
	case 0: p[rnd((uint32_t)n)] ^= (uint8_t)(1u << rnd(8)); break;
	case 1: p[rnd((uint32_t)n)] = (uint8_t)rnd(256); break;
	case 2: p[rnd((uint32_t)n)] = rnd(2) ? 0xff : 0; break;
	case 3: return 1 + rnd((uint32_t)n);
	case 4: {
		size_t from = rnd((uint32_t)n), to = rnd((uint32_t)n);
		size_t len = 1 + rnd(16);

		if (from + len <= n && to + len <= n)
			memmove(p + to, p + from, len);
		break;
	}
	}
	return n;
}


static void run_file(const uint8_t *p, size_t n)
{
	static uint8_t buf[MUTATE_MAX];

	run(p, n);
	for (size_t i = 0; i < n && n <= PREFIX_MAX; i++)
		run(p, i);

	for (size_t i = 0; i < MUTATIONS && i * n < MUTATED_BYTES && n > 0 && n <= MUTATE_MAX; i++) {
		size_t len = n;

		memcpy(buf, p, n);
		for (uint32_t k = 1 + rnd(4); k > 0; k--)
			len = mutate(buf, len);
		run(buf, len);
	}
}


int main(int argc, char *argv[])
{
	static uint8_t buf[FILE_MAX];
	struct dirent *e;
	int files = 0;
	DIR *d;

	d = argc > 1 ? opendir(argv[1]) : NULL;
	if (!d) {
		printf("1..1\nnot ok 1 - no corpus at %s\n", argc > 1 ? argv[1] : "?");
		return 1;
	}

	while ((e = readdir(d)) != NULL) {
		char path[4096];
		size_t n;
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
		f = fopen(path, "rb");
		if (!f)
			continue;
		n = fread(buf, 1, sizeof(buf), f);
		(void)fclose(f);
		run_file(buf, n);
		files++;
	}
	(void)closedir(d);

	printf("1..1\n%s 1 - %d corpus files, %lu inputs\n",
	       files ? "ok" : "not ok", files, inputs);
	return files ? 0 : 1;
}
