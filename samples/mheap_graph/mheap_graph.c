// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that uses mheap. When it is loaded, it makes a heap and builds a map in
 * it: stations on circular lines, so that every object is part of a cycle and
 * counting references would never free one. Then it lets go of the map, has it
 * collected, and checks that every station was finalized once and that nothing is
 * left. A summary is in the kernel log.
 *
 *	lines	how many lines (50)
 *	keep	keep the map until the module is unloaded: look at
 *		/sys/kernel/mheap/mheap_graph meanwhile
 *	allocator where memory of the objects comes from: one of those in
 *		/sys/kernel/mheap/allocators
 *	pin	let the heap hold the module: it cannot be unloaded until something is
 *		written to /sys/module/mheap_graph/parameters/destroy
 *
 * What is written to parameters/again has it do everything again.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include <linux/mheap_kernel.h>

#define STATIONS	20U	/* of a line, before it comes back to the hub */

enum { HUB, STATION, TYPES };
enum { NEXT, LINE, SLOTS };	/* of a station: the next one, and the hub of all */

/**
 * struct station - payload of a station
 * @line: its line
 * @number: its place on it
 */
struct station {
	u32 line;
	u32 number;
};

static uint lines = 50;
module_param(lines, uint, 0444);
MODULE_PARM_DESC(lines, "how many lines the map has");
static bool keep;
module_param(keep, bool, 0444);
MODULE_PARM_DESC(keep, "keep the map until the module is unloaded");
static char *allocator;
module_param(allocator, charp, 0444);
MODULE_PARM_DESC(allocator, "where memory of the objects comes from");
static bool pin;
module_param(pin, bool, 0444);
MODULE_PARM_DESC(pin, "let the heap hold the module");

/* The hub has no slots of its own: the first station of each line is stored there. */
static void close_station(struct mheap_kuser *finalizer, struct mheap_ref ref);

static const struct mheap_ktype types[TYPES] = {
	[HUB] = { .name = "hub", .owner = THIS_MODULE },
	[STATION] = {
		.name = "station",
		.slots = SLOTS,
		.length = sizeof(struct station),
		.owner = THIS_MODULE,
		.finalize = close_station,
	},
};

static DEFINE_MUTEX(lock);
static struct mheap_kheap *heap;	/* guarded by @lock */
static struct mheap_kuser *user;	/* likewise */
static struct mheap_ref hub;		/* likewise */
static atomic_t closed;			/* stations that were finalized */
static atomic_t lost;			/* of those, with something missing */

/* Is everything there that a station refers to? That would be its line, and the hub. */
static int look_around(struct mheap_kuser *finalizer, struct mheap_ref ref)
{
	struct mheap_ref next = MHEAP_NULL, its_hub = MHEAP_NULL;
	struct station station;
	int error;

	error = mheap_kload(finalizer, ref, NEXT, &next) ?:
		mheap_kload(finalizer, ref, LINE, &its_hub);
	if (!error && (mheap_is_null(next) ||
		       mheap_kread(finalizer, ref, 0, &station, sizeof(station)) !=
		       sizeof(station) || station.number >= STATIONS))
		error = -EUCLEAN;
	mheap_kput(finalizer, next);
	mheap_kput(finalizer, its_hub);
	return error;
}

/* Nobody can get to the station any more: give back what it stands for. */
static void close_station(struct mheap_kuser *finalizer, struct mheap_ref ref)
{
	mheap_kuser_begin_always(finalizer);
	if (look_around(finalizer, ref))
		atomic_inc(&lost);
	mheap_kuser_end(finalizer);
	atomic_inc(&closed);
}

/* The next station of a line. @here: given up for the new one. */
static int extend(struct mheap_ref *here, const struct station *station)
{
	struct mheap_ref next;
	int error;

	error = mheap_knew(user, STATION, &next);
	if (error)
		return error;
	error = mheap_kwrite(user, next, 0, station, sizeof(*station)) ?:
		mheap_kstore(user, next, LINE, hub) ?:
		mheap_kstore(user, *here, NEXT, next);
	mheap_kput(user, *here);
	*here = next;
	return error;
}

/* From the hub through all stations of a line and back. */
static int build_line(u32 line)
{
	struct station station = { .line = line };
	struct mheap_ref first, here;
	int error;

	error = mheap_knew(user, STATION, &first);
	if (error)
		return error;
	here = first;
	error = mheap_kget(user, here);
	if (error)
		goto out;
	error = mheap_kstore(user, hub, line, first);
	for (station.number = 1; !error && station.number < STATIONS; station.number++)
		error = extend(&here, &station);
	if (!error)
		error = mheap_kstore(user, here, NEXT, first);
	mheap_kput(user, here);
out:
	mheap_kput(user, first);
	return error;
}

static int build(void)
{
	u32 line;
	int error;

	error = mheap_kuser_begin(user);
	if (error)
		return error;
	error = mheap_knew_sized(user, HUB, lines, 0, &hub);
	for (line = 0; !error && line < lines; line++)
		error = build_line(line);
	mheap_kuser_end(user);
	return error;
}

/* Along a line, until it is at the hub's first station again. */
static int ride(u32 line, u32 *passed)
{
	struct mheap_ref first, here, next;
	int error;

	error = mheap_kload(user, hub, line, &first);
	if (error)
		return error;
	here = first;
	error = mheap_kget(user, here);
	while (!error) {
		error = mheap_kload(user, here, NEXT, &next);
		mheap_kput(user, here);
		if (error)
			break;
		here = next;
		(*passed)++;
		if (here.object == first.object) {
			mheap_kput(user, here);
			break;
		}
	}
	mheap_kput(user, first);
	return error;
}

static int check(void)
{
	u32 passed = 0;
	u32 line;
	int error;

	error = mheap_kuser_begin(user);
	if (error)
		return error;
	for (line = 0; !error && line < lines; line++)
		error = ride(line, &passed);
	mheap_kuser_end(user);
	if (!error && passed != lines * STATIONS) {
		pr_err("mheap_graph: %u stations, but %u were passed\n", lines * STATIONS,
		       passed);
		error = -EUCLEAN;
	}
	return error;
}

/* Nothing refers to the map any more but the map itself. */
static void let_go(void)
{
	mheap_kuser_begin_always(user);
	mheap_kput(user, hub);
	hub = MHEAP_NULL;
	mheap_kuser_end(user);
}

/* The first collection finds who is to be finalized, the second frees them. */
static int collect(void)
{
	const u32 oldest = MHEAP_KERNEL_GENERATIONS - 1;
	struct mheap_kstats stats;
	int error;

	error = mheap_kheap_collect(heap, oldest, NULL) ?: mheap_kheap_settle(heap) ?:
		mheap_kheap_collect(heap, oldest, NULL) ?: mheap_kheap_settle(heap);
	if (error)
		return error;
	mheap_kheap_stats(heap, &stats);
	pr_info("mheap_graph: %llu objects made, %d finalized, %llu freed by the collector, %llu left\n",
		stats.created, atomic_read(&closed), stats.freed_by_collector, stats.objects);
	if (!stats.objects && stats.freed_by_collector == lines * STATIONS + 1 &&
	    atomic_read(&closed) == lines * STATIONS && !atomic_read(&lost))
		return 0;
	pr_err("mheap_graph: that is not as it should be\n");
	return -EUCLEAN;
}

static int run(void)
{
	int error;

	/* What is collected, and when, is to be the same each time. */
	mheap_kheap_enable(heap, false);
	user = mheap_kuser_create(heap);
	if (IS_ERR(user))
		return PTR_ERR(user);
	error = build() ?: check();
	if (error || keep)
		return error;
	let_go();
	return collect();
}

/* With whatever is left in it. */
static void destroy(void)
{
	lockdep_assert_held(&lock);
	mheap_kuser_destroy(user);
	mheap_kheap_destroy(heap);
	user = NULL;
	heap = NULL;
}

static int make(void)
{
	const struct mheap_kheap_params params = {
		.name = "mheap_graph",
		.allocator = allocator,
		.types = types,
		.type_count = TYPES,
		.flags = pin ? MHEAP_KHEAP_PIN : 0,
		.owner = THIS_MODULE,
	};
	int error;

	destroy();
	atomic_set(&closed, 0);
	atomic_set(&lost, 0);
	heap = mheap_kheap_create(&params);
	error = IS_ERR(heap) ? PTR_ERR(heap) : run();
	if (error)
		destroy();
	return error;
}

static int set_destroy(const char *value, const struct kernel_param *parameter)
{
	mutex_lock(&lock);
	destroy();
	mutex_unlock(&lock);
	return 0;
}

static const struct kernel_param_ops destroy_ops = {
	.set = set_destroy,
};

module_param_cb(destroy, &destroy_ops, NULL, 0200);
MODULE_PARM_DESC(destroy, "write anything to destroy the heap");

static int set_again(const char *value, const struct kernel_param *parameter)
{
	int error;

	mutex_lock(&lock);
	error = make();
	mutex_unlock(&lock);
	return error;
}

static const struct kernel_param_ops again_ops = {
	.set = set_again,
};

module_param_cb(again, &again_ops, NULL, 0200);
MODULE_PARM_DESC(again, "write anything to do everything again");

static int __init graph_init(void)
{
	int error;

	mutex_lock(&lock);
	error = make();
	mutex_unlock(&lock);
	return error;
}

static void __exit graph_exit(void)
{
	mutex_lock(&lock);
	destroy();
	mutex_unlock(&lock);
	pr_info("mheap_graph: unloaded\n");
}

module_init(graph_init);
module_exit(graph_exit);

MODULE_DESCRIPTION("A module that uses mheap: a graph full of cycles");
MODULE_LICENSE("GPL");
MHEAP_KERNEL_IMPORT();
