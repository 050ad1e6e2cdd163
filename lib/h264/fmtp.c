#include "lib/h264/fmtp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/b64.h"
#include "lib/h264/level.h"

void h264_fmtp_default(struct h264_fmtp *f)
{
	memset(f, 0, sizeof(*f));
	f->profile_idc = 66;
	f->level_idc = 10;
}


static int number_parse(uint32_t *v, const char *s, size_t n)
{
	uint64_t x = 0;

	if (!n || n > 10)
		return EBADMSG;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return EBADMSG;
		x = x * 10 + (unsigned)(s[i] - '0');
	}
	if (x > UINT32_MAX)
		return EBADMSG;
	*v = (uint32_t)x;
	return 0;
}


static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static int profile_level_parse(struct h264_fmtp *f, const char *s, size_t n)
{
	uint32_t v = 0;

	if (n != 6)
		return EBADMSG;
	for (size_t i = 0; i < n; i++) {
		int x = hex_value(s[i]);

		if (x < 0)
			return EBADMSG;
		v = v << 4 | (uint32_t)x;
	}
	f->profile_idc = (uint8_t)(v >> 16);
	f->constraints = (uint8_t)(v >> 8);
	f->level_idc = (uint8_t)v;
	return 0;
}


static int mode_parse(struct h264_fmtp *f, const char *s, size_t n)
{
	uint32_t v;
	int err = number_parse(&v, s, n);

	if (err || v > 2)
		return EBADMSG;
	f->packetization_mode = v;
	return 0;
}


static int asymmetry_parse(struct h264_fmtp *f, const char *s, size_t n)
{
	if (n != 1 || (s[0] != '0' && s[0] != '1'))
		return EBADMSG;
	f->level_asymmetry = s[0] == '1';
	return 0;
}


static int sprop_parse(struct h264_fmtp *f, const char *s, size_t n)
{
	const char *end = s + n;

	f->sprop_len = 0;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		const char *stop = comma ? comma : end;
		uint8_t set[H264_SPROP_MAX];
		struct h264_nal nal = { .p = set, .len = sizeof(set) };
		int err = b64_decode(set, &nal.len, s, (size_t)(stop - s));

		if (err)
			return err;
		if (!nal.len)
			return EBADMSG;
		err = h264_annexb_append(f->sprop, &f->sprop_len,
					 sizeof(f->sprop), &nal);
		if (err)
			return err;
		s = comma ? comma + 1 : end;
	}
	return 0;
}


/* Either a field of its own or a number at an offset. */
static const struct param {
	const char *name;
	int (*parse)(struct h264_fmtp *f, const char *s, size_t n);
	size_t offset;
} params[] = {
	{ "profile-level-id", profile_level_parse, 0 },
	{ "packetization-mode", mode_parse, 0 },
	{ "level-asymmetry-allowed", asymmetry_parse, 0 },
	{ "sprop-parameter-sets", sprop_parse, 0 },
	{ "max-mbps", NULL, offsetof(struct h264_fmtp, max_mbps) },
	{ "max-fs", NULL, offsetof(struct h264_fmtp, max_fs) },
	{ "max-br", NULL, offsetof(struct h264_fmtp, max_br) },
	{ "max-dpb", NULL, offsetof(struct h264_fmtp, max_dpb) },
	{ "max-smbps", NULL, offsetof(struct h264_fmtp, max_smbps) },
	{ "max-cpb", NULL, offsetof(struct h264_fmtp, max_cpb) },
	{ "max-fps", NULL, offsetof(struct h264_fmtp, max_fps) },
};

enum { NPARAMS = sizeof(params) / sizeof(params[0]) };

static uint32_t *param_number(struct h264_fmtp *f, const struct param *p)
{
	return (uint32_t *)(void *)((char *)f + p->offset);
}


static int param_parse(struct h264_fmtp *f, const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);
	size_t name_len = eq ? (size_t)(eq - s) : n;

	for (size_t i = 0; eq && i < NPARAMS; i++) {
		const struct param *p = &params[i];
		size_t len = n - name_len - 1;

		if (strlen(p->name) != name_len ||
		    strncasecmp(p->name, s, name_len))
			continue;
		if (p->parse)
			return p->parse(f, eq + 1, len);
		return number_parse(param_number(f, p), eq + 1, len);
	}
	return 0;
}


static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


int h264_fmtp_parse(struct h264_fmtp *f, const char *s)
{
	h264_fmtp_default(f);
	while (s && *s) {
		size_t n = strcspn(s, ";");
		const char *next = s + n + (s[n] != '\0');
		int err;

		while (n && is_space(*s))
			s++, n--;
		while (n && is_space(s[n - 1]))
			n--;
		err = param_parse(f, s, n);
		if (err)
			return err;
		s = next;
	}
	return 0;
}


/* A writer with a sticky overflow: len goes to size and stays there. */
static void put(char *buf, size_t size, size_t *len, const char *name,
		const char *value)
{
	int n = snprintf(buf + *len, size - *len, "%s%s%s", *len ? ";" : "",
			 name, value);

	*len = n < 0 || (size_t)n >= size - *len ? size : *len + (size_t)n;
}


static int sprop_print(const struct h264_fmtp *f, char *out, size_t size)
{
	struct h264_nal_iter it;
	struct h264_nal nal;
	size_t len = 0;

	out[0] = '\0';
	h264_annexb_begin(&it, f->sprop, f->sprop_len);
	while (h264_nal_next(&it, &nal)) {
		if (len && len + 1 < size)
			out[len++] = ',';
		if (b64_encode(out + len, size - len, nal.p, nal.len))
			return EOVERFLOW;
		len += B64_LEN(nal.len);
	}
	return 0;
}


int h264_fmtp_print(const struct h264_fmtp *f, char *buf, size_t size)
{
	char v[B64_LEN(H264_SPROP_MAX) + 64];
	size_t len = 0;
	int err;

	(void)snprintf(v, sizeof(v), "%02X%02X%02X", f->profile_idc,
		       f->constraints, f->level_idc);
	put(buf, size, &len, "profile-level-id=", v);
	(void)snprintf(v, sizeof(v), "%u", f->packetization_mode);
	if (len < size)
		put(buf, size, &len, "packetization-mode=", v);
	if (f->level_asymmetry && len < size)
		put(buf, size, &len, "level-asymmetry-allowed=", "1");
	for (size_t i = 0; i < NPARAMS && len < size; i++) {
		struct h264_fmtp tmp = *f;
		uint32_t n;

		if (params[i].parse)
			continue;
		n = *param_number(&tmp, &params[i]);
		if (!n)
			continue;
		(void)snprintf(v, sizeof(v), "=%u", n);
		put(buf, size, &len, params[i].name, v);
	}
	if (!f->sprop_len || len >= size)
		return len < size ? 0 : EOVERFLOW;
	err = sprop_print(f, v, sizeof(v));
	if (err)
		return err;
	put(buf, size, &len, "sprop-parameter-sets=", v);
	return len < size ? 0 : EOVERFLOW;
}


int h264_fmtp_from_sets(struct h264_fmtp *f, const struct h264_nal *sps,
			const struct h264_nal *pps)
{
	struct h264_sps s;
	int err = h264_sps_parse(&s, sps->p, sps->len);

	if (err)
		return err;
	f->profile_idc = s.profile_idc;
	f->constraints = s.constraints;
	f->level_idc = s.level_idc;
	f->sprop_len = 0;
	err = h264_annexb_append(f->sprop, &f->sprop_len, sizeof(f->sprop),
				 sps);
	if (err)
		return err;
	return h264_annexb_append(f->sprop, &f->sprop_len, sizeof(f->sprop),
				  pps);
}
