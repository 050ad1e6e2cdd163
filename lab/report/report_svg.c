/* Drawings of the report: colours and fonts come from the page's style. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum {
	NET_W = 330, NET_GAP = 16, FW_W = 130, HOST_H = 40, NET_HEAD = 34,
	NETWORK_W = 2 * NET_W + FW_W + 160,
	COL_W = 240, STEP_H = 34, COLS_MAX = 12, LABEL_MAX = 34,
	PLOT_W = 320, PLOT_H = 110, PLOT_X = 6, PLOT_Y = 26, PLOT_B = 18,
};


static void text(struct sbuf *sb, double x, double y, const char *attrs,
		 const char *s)
{
	sbuf_printf(sb, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attrs);
	sbuf_put_html(sb, s);
	sbuf_puts(sb, "</text>");
}


static bool host_in(json_t *host, const char *net)
{
	json_t *n;
	size_t i;

	json_array_foreach(json_object_get(host, "networks"), i, n)
		if (!strcmp(json_string_value(n) ?: "", net))
			return true;

	return false;
}


static size_t hosts_in(json_t *site, const char *net, bool *room)
{
	json_t *h, *role;
	size_t i, j, n = 0;

	*room = false;
	json_array_foreach(json_object_get(site, "hosts"), i, h) {
		if (!host_in(h, net))
			continue;
		n++;
		json_array_foreach(json_object_get(h, "roles"), j, role)
			if (!strcmp(json_string_value(role) ?: "", "codec"))
				*room = true;
	}

	return n;
}


static void join(char *buf, size_t size, json_t *list)
{
	json_t *s;
	size_t i, at = 0;

	buf[0] = '\0';
	json_array_foreach(list, i, s) {
		int n = snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
				 json_string_value(s) ?: "");

		if (n < 0 || (size_t)n >= size - at)
			return;
		at += (size_t)n;
	}
}


static void host_box(struct sbuf *sb, json_t *host, double x, double y)
{
	char roles[64], addrs[64], line[160];
	const char *number = report_str(host, "number");

	join(roles, sizeof(roles), json_object_get(host, "roles"));
	join(addrs, sizeof(addrs), json_object_get(host, "addresses"));
	sbuf_printf(sb, "<rect class=\"box\" x=\"%.0f\" y=\"%.0f\" width=\"%d\" "
		    "height=\"%d\" rx=\"6\"/>", x, y, NET_W - 24, HOST_H - 6);
	text(sb, x + 10, y + 22, "font-size=\"14\" font-weight=\"600\"",
	     report_str(host, "name"));
	(void)snprintf(line, sizeof(line), "%s%s%s · %s", roles,
		       number[0] ? " " : "", number, addrs);
	text(sb, x + NET_W - 34, y + 22, "font-size=\"12\" class=\"soft\" "
	     "text-anchor=\"end\"", line);
}


static double net_height(json_t *site, const char *net)
{
	bool room;

	return NET_HEAD + HOST_H * (double)hosts_in(site, net, &room) + 8;
}


static void net_box(struct sbuf *sb, json_t *site, json_t *net, double x,
		    double y)
{
	const char *name = report_str(net, "name");
	char prefixes[96];
	double at = y + NET_HEAD;
	json_t *h;
	size_t i;

	join(prefixes, sizeof(prefixes), json_object_get(net, "prefixes"));
	sbuf_printf(sb, "<rect class=\"wash\" x=\"%.0f\" y=\"%.0f\" "
		    "width=\"%d\" height=\"%.0f\" rx=\"10\"/>", x, y, NET_W,
		    net_height(site, name));
	text(sb, x + 12, y + 23, "font-size=\"13\"", name);
	text(sb, x + NET_W - 12, y + 23, "font-size=\"12\" class=\"soft\" "
	     "text-anchor=\"end\"", prefixes);
	json_array_foreach(json_object_get(site, "hosts"), i, h) {
		if (!host_in(h, name))
			continue;
		host_box(sb, h, x + 12, at);
		at += HOST_H;
	}
}


/** The firewalls' interface to a network, as "core eth1" or "eth1" */
static void iface_of(char *buf, size_t size, json_t *site, const char *net)
{
	json_t *fws = json_object_get(site, "firewalls"), *fw, *f, *n;
	size_t i, j, k;

	buf[0] = '\0';
	json_array_foreach(fws, i, fw)
		json_array_foreach(json_object_get(fw, "interfaces"), j, f)
			json_array_foreach(json_object_get(f, "networks"), k, n)
				if (!strcmp(json_string_value(n) ?: "", net))
					(void)snprintf(buf, size, "%s",
						report_str(f, "name"));
}


static void net_wire(struct sbuf *sb, json_t *site, const char *net,
		     bool left, double y, double fx)
{
	char label[64];
	double x1 = left ? NET_W : NETWORK_W - NET_W;
	double x2 = left ? fx : fx + FW_W;

	iface_of(label, sizeof(label), site, net);
	sbuf_printf(sb, "<path class=\"wire\" d=\"M%.0f %.0f L%.0f %.0f\"/>",
		    x1, y, x2, y);
	text(sb, (x1 + x2) / 2, y - 6, "font-size=\"12\" class=\"soft\" "
	     "text-anchor=\"middle\"", label);
}


/** Rooms to the left, the rest to the right; @return the height */
static double nets_draw(struct sbuf *sb, json_t *site, bool draw)
{
	json_t *nets = json_object_get(site, "networks"), *n;
	double y[2] = {4, 4}, fx = (NETWORK_W - FW_W) / 2.0;
	size_t i;

	json_array_foreach(nets, i, n) {
		const char *name = report_str(n, "name");
		bool room;
		int side;
		double h = net_height(site, name);

		(void)hosts_in(site, name, &room);
		side = room ? 0 : 1;
		if (draw) {
			net_wire(sb, site, name, !side, y[side] + h / 2, fx);
			net_box(sb, site, n, side ? NETWORK_W - NET_W : 0,
				y[side]);
		}
		y[side] += h + NET_GAP;
	}

	return fmax(fmax(y[0], y[1]), 120);
}


void svg_network(struct sbuf *sb, json_t *report)
{
	json_t *site = json_object_get(report, "site"), *fw;
	double h = nets_draw(sb, site, false), fx = (NETWORK_W - FW_W) / 2.0;
	size_t i;

	sbuf_printf(sb, "<svg class=\"wide\" viewBox=\"0 0 %d %.0f\" "
		    "role=\"img\" aria-label=\"The networks of the site around "
		    "its firewall, with the hosts on each\">", NETWORK_W, h);
	(void)nets_draw(sb, site, true);
	sbuf_printf(sb, "<rect class=\"fw\" x=\"%.0f\" y=\"4\" width=\"%d\" "
		    "height=\"%.0f\" rx=\"10\"/>", fx, FW_W, h - NET_GAP - 4);
	json_array_foreach(json_object_get(site, "firewalls"), i, fw)
		text(sb, fx + FW_W / 2.0, h / 2 - 10 + 20 * (double)i,
		     "font-size=\"16\" font-weight=\"600\" class=\"onfw\" "
		     "text-anchor=\"middle\"", report_str(fw, "name"));
	text(sb, fx + FW_W / 2.0, h / 2 - 10 + 20 * (double)i,
	     "font-size=\"12\" class=\"onfw\" text-anchor=\"middle\"",
	     "default: drop");
	sbuf_puts(sb, "</svg>");
}


static size_t column(const char **cols, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(cols[i], name))
			return i;

	if (*n == COLS_MAX)
		return COLS_MAX - 1;

	cols[*n] = name;
	return (*n)++;
}


/** "INVITE sip:1002@…", "200 OK": what a person calls the message */
static void message_label(char *buf, size_t size, const char *line)
{
	bool answer = !strncmp(line, "SIP/2.0 ", 8);
	size_t n;

	(void)snprintf(buf, size, "%s", answer ? line + 8 : line);
	n = strlen(buf);
	if (!answer && n > 8 && !strcmp(buf + n - 8, " SIP/2.0"))
		buf[n - 8] = '\0';
	/* where a URI is reached is told by the arrow, not by its parameters */
	if (!answer)
		buf[strcspn(buf, ";")] = '\0';
	if (strlen(buf) > LABEL_MAX) {
		buf[LABEL_MAX] = '\0';
		/* not in the middle of a character */
		for (n = LABEL_MAX; n && (buf[n - 1] & 0xc0) == 0x80; n--)
			buf[n - 1] = '\0';
		if (n && (buf[n - 1] & 0x80))
			buf[n - 1] = '\0';
		(void)snprintf(buf + strlen(buf), size - strlen(buf), "…");
	}
}


static void ladder_message(struct sbuf *sb, json_t *m, size_t a, size_t b,
			   double y)
{
	const char *line = report_str(m, "line"), *kind = "req";
	double x1 = 90 + COL_W * (double)a + COL_W / 2.0;
	double x2 = 90 + COL_W * (double)b + COL_W / 2.0;
	double tip = x2 > x1 ? -7 : 7;
	char label[128], ms[32];

	if (!strncmp(line, "SIP/2.0 ", 8))
		kind = line[8] >= '4' ? "err" : "ans";
	message_label(label, sizeof(label), line);
	if (report_num(m, "ms") < 1000)
		(void)snprintf(ms, sizeof(ms), "%.1f ms", report_num(m, "ms"));
	else
		(void)snprintf(ms, sizeof(ms), "%.2f s",
			       report_num(m, "ms") / 1000);
	text(sb, 74, y + 4, "font-size=\"12\" class=\"soft\" "
	     "text-anchor=\"end\"", ms);
	sbuf_printf(sb, "<path class=\"%s\" d=\"M%.1f %.1f L%.1f %.1f\"/>"
		    "<path class=\"%s\" style=\"stroke-dasharray:none\" "
		    "d=\"M%.1f %.1f L%.1f %.1f L%.1f %.1f\"/>", kind, x1, y, x2,
		    y, kind, x2 + tip, y - 4, x2, y, x2 + tip, y + 4);
	text(sb, (x1 + x2) / 2, y - 5, "font-size=\"12.5\" "
	     "text-anchor=\"middle\"", label);
}


void svg_ladder(struct sbuf *sb, json_t *ladder)
{
	const char *cols[COLS_MAX];
	size_t n = 0, i;
	double h, w;
	json_t *m;

	json_array_foreach(ladder, i, m) {
		(void)column(cols, &n, report_str(m, "from"));
		(void)column(cols, &n, report_str(m, "to"));
	}

	w = 90 + COL_W * (double)n;
	h = 50 + STEP_H * (double)json_array_size(ladder) + 10;
	sbuf_printf(sb, "<svg class=\"wide\" style=\"max-width:%.0fpx\" "
		    "viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Ladder "
		    "of the call's SIP messages; the table below has the "
		    "same\">", w * 1.15, w, h);
	for (size_t k = 0; k < n; k++) {
		double x = 90 + COL_W * (double)k + COL_W / 2.0;

		sbuf_printf(sb, "<path class=\"life\" d=\"M%.1f 34 V%.0f\"/>",
			    x, h);
		text(sb, x, 22, "font-size=\"14\" font-weight=\"600\" "
		     "text-anchor=\"middle\"", cols[k]);
	}

	json_array_foreach(ladder, i, m)
		ladder_message(sb, m, column(cols, &n, report_str(m, "from")),
			       column(cols, &n, report_str(m, "to")),
			       64 + STEP_H * (double)i);
	sbuf_puts(sb, "</svg>");
}


static double series_max(json_t *series, const char *key, size_t *points)
{
	double max = 0;
	json_t *p;
	size_t i;

	*points = 0;
	json_array_foreach(series, i, p) {
		if (!json_is_number(json_object_get(p, key)))
			continue;
		max = fmax(max, report_num(p, key));
		(*points)++;
	}

	return max;
}


static void plot_points(struct sbuf *sb, json_t *series, const char *key,
			double tmax, double max)
{
	double w = PLOT_W - 2 * PLOT_X, h = PLOT_H - PLOT_Y - PLOT_B;
	json_t *p;
	size_t i;

	json_array_foreach(series, i, p)
		if (json_is_number(json_object_get(p, key)))
			sbuf_printf(sb, "%.1f,%.1f ",
				    PLOT_X + w * report_num(p, "t") / tmax,
				    PLOT_Y + h - h * report_num(p, key) / max);
}


void svg_plot(struct sbuf *sb, json_t *series, const char *key,
	      const char *label, const char *unit)
{
	size_t points;
	double max = series_max(series, key, &points), tmax;
	json_t *last = json_array_get(series, json_array_size(series) - 1);
	char buf[160];

	if (points < 2)
		return;

	tmax = fmax(report_num(last, "t"), 0.001);
	(void)snprintf(buf, sizeof(buf), "%s, at most %.1f %s", label, max,
		       unit);
	sbuf_printf(sb, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
		    PLOT_W, PLOT_H);
	sbuf_put_html(sb, buf);
	sbuf_puts(sb, "\">");
	text(sb, PLOT_X, 15, "font-size=\"13\"", label);
	(void)snprintf(buf, sizeof(buf), "max %.1f %s", max, unit);
	text(sb, PLOT_W - PLOT_X, 15, "font-size=\"12\" class=\"soft\" "
	     "text-anchor=\"end\"", buf);
	if (max <= 0)
		max = 1;
	sbuf_printf(sb, "<polygon class=\"area\" points=\"%d,%d ", PLOT_X,
		    PLOT_H - PLOT_B);
	plot_points(sb, series, key, tmax, max);
	sbuf_printf(sb, "%d,%d\"/><path class=\"life\" d=\"M%d %d H%d\"/>",
		    PLOT_W - PLOT_X, PLOT_H - PLOT_B, PLOT_X, PLOT_H - PLOT_B,
		    PLOT_W - PLOT_X);
	sbuf_puts(sb, "<polyline class=\"plotline\" points=\"");
	plot_points(sb, series, key, tmax, max);
	sbuf_puts(sb, "\"/>");
	(void)snprintf(buf, sizeof(buf), "%.0f s", tmax);
	text(sb, PLOT_W - PLOT_X, PLOT_H - 4, "font-size=\"11\" class=\"soft\" "
	     "text-anchor=\"end\"", buf);
	text(sb, PLOT_X, PLOT_H - 4, "font-size=\"11\" class=\"soft\"", "0");
	sbuf_puts(sb, "</svg>");
}
