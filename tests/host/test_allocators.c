// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug allocator finds every kind of damage, and says where; the page
 * allocator; what bodies are by class; and the peak.
 */
#include "debug_allocator.h"
#include "fixture.h"
#include "harness.h"
#include "fragmentation.h"
#include "occupancy.h"
#include "oracle.h"

/* What the hooks were told. */
static struct mheap_debug_report last;
static struct mheap_debug_site last_allocated, last_freed, last_now;
static unsigned int reports;
static u32 where;

static void fill_site(struct mheap_debug_site *site)
{
	memset(site, 0, sizeof(*site));
	site->depth = 1;
	site->entry[0] = where;
}

static void catch(const struct mheap_debug_report *report)
{
	last = *report;
	last_allocated.entry[0] = report->allocated ? report->allocated->entry[0] : 0;
	last_freed.entry[0] = report->freed ? report->freed->entry[0] : 0;
	last_now.entry[0] = report->now->entry[0];
	reports++;
}

static const struct mheap_debug_hooks hooks = { .site = fill_site, .report = catch };

/**
 * struct debug - an allocator to be tested
 * @pattern: of all
 * @allocator: of a heap
 */
struct debug {
	struct mheap_allocator *pattern;
	struct mheap_allocator *allocator;
};

static void begin(struct debug *debug)
{
	debug->pattern = mheap_debug_create(&hooks);
	assert(!IS_ERR(debug->pattern));
	debug->allocator = debug->pattern->ops->open(debug->pattern);
	assert(!IS_ERR(debug->allocator));
	memset(&last, 0, sizeof(last));
	reports = 0;
	port_leaks = 0;
}

static void end(struct debug *debug)
{
	debug->allocator->ops->close(debug->allocator);
	mheap_debug_destroy(debug->pattern);
}

static u8 *get(struct debug *debug, size_t size, u32 place)
{
	u8 *body;

	where = place;
	body = debug->allocator->ops->alloc(debug->allocator, size);
	assert(body);
	return body;
}

static void put(struct debug *debug, void *body, size_t size, u32 place)
{
	where = place;
	debug->allocator->ops->free(debug->allocator, body, size);
}

/* One report, and what it says; nothing else has been counted. */
static void check_report(struct debug *debug, enum mheap_allocator_error kind, size_t size,
			 long offset)
{
	u64 count[MHEAP_ERRORS];
	u64 sum = 0;
	u32 i;

	check_equal(reports, 1);
	check_equal(last.kind, kind);
	check_equal(last.size, size);
	check_equal(last.offset, offset);
	debug->allocator->ops->errors(debug->allocator, count);
	check_equal(count[kind], 1);
	for (i = 0; i < MHEAP_ERRORS; i++)
		sum += count[i];
	check_equal(sum, 1);
}

static const size_t sizes[] = { 1, 7, 8, 40, 4096, 8193, 100000 };

static void clean_use_is_not_reported(void)
{
	struct debug debug;
	u32 i, k;
	u8 *body;

	begin(&debug);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (k = 0; k < 20; k++) {
			body = get(&debug, sizes[i], 1);
			check_equal((uintptr_t)body % 8, 0);
			check(!memchr_inv(body, 0, sizes[i]));
			check(debug.allocator->ops->charge(debug.allocator, sizes[i]) > sizes[i]);
			memset(body, 0xff, sizes[i]);
			put(&debug, body, sizes[i], 2);
		}
	end(&debug);
	check_equal(reports, 0);
	check_equal(port_leaks, 0);
}

/* And is guarded as well. */
static void without_waiting_it_is_the_same(void)
{
	struct debug debug;
	u32 i;
	u8 *body;

	begin(&debug);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		where = 1;
		body = debug.allocator->ops->alloc_now(debug.allocator, sizes[i]);
		assert(body);
		check_equal((uintptr_t)body % 8, 0);
		check(!memchr_inv(body, 0, sizes[i]));
		memset(body, 0xff, sizes[i]);
		put(&debug, body, sizes[i], 2);
	}
	check_equal(reports, 0);
	body = debug.allocator->ops->alloc_now(debug.allocator, 40);
	assert(body);
	body[40] = 1;
	put(&debug, body, 40, 2);
	check_report(&debug, MHEAP_ERROR_OVERRUN, 40, 40);
	end(&debug);
}

/* Every byte of a red zone, of bodies of many sizes. */
static void overrun_is_found_at_its_byte(void)
{
	struct debug debug;
	long at;
	u32 i;
	u8 *body;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (at = 0; at < 64; at += 9) {
			begin(&debug);
			body = get(&debug, sizes[i], 11);
			body[sizes[i] + at] ^= 1;
			check_equal(reports, 0);
			put(&debug, body, sizes[i], 22);
			check_report(&debug, MHEAP_ERROR_OVERRUN, sizes[i], sizes[i] + at);
			check_equal(last_allocated.entry[0], 11);
			check(!last.freed);
			check_equal(last_now.entry[0], 22);
			check_equal(port_leaks, 1);
			end(&debug);
		}
}

static void underrun_is_found_at_its_byte(void)
{
	struct debug debug;
	u8 *body;
	long at;

	for (at = 1; at <= 64; at += 9) {
		begin(&debug);
		body = get(&debug, 30, 11);
		body[-at] = 7;
		put(&debug, body, 30, 22);
		check_report(&debug, MHEAP_ERROR_UNDERRUN, 30, -at);
		check_equal(last.wrong, 7);
		check_equal(last_allocated.entry[0], 11);
		check_equal(port_leaks, 1);
		end(&debug);
	}
}

/* What is left of the header is not believed, and nothing in it is followed. */
static void underrun_into_the_header_is_survived(void)
{
	struct debug debug;
	u8 *body;

	begin(&debug);
	body = get(&debug, 30, 11);
	memset(body - 400, 0xff, 400);
	put(&debug, body, 30, 22);
	check_equal(reports, 1);
	check_equal(last.kind, MHEAP_ERROR_UNDERRUN);
	check_equal(last.size, 30);
	check(!last.allocated && !last.freed);
	check_equal(port_leaks, 1);
	end(&debug);
	check_equal(reports, 1);
}

/* The write is found when the body leaves the quarantine, with both stacks. */
static void use_after_free_is_found(void)
{
	struct debug debug;
	long at;
	u8 *body;

	for (at = -1; at <= 100; at += 101) {
		begin(&debug);
		body = get(&debug, 100, 11);
		debug.allocator->ops->bind(debug.allocator, body, 4711);
		put(&debug, body, 100, 22);
		body[at] = 0;
		check_equal(reports, 0);
		where = 33;
		debug.allocator->ops->close(debug.allocator);
		check_equal(reports, 1);
		check_equal(last.kind, MHEAP_ERROR_USE_AFTER_FREE);
		check_equal(last.offset, at);
		check_equal(last.object, 4711);
		check_equal(last_allocated.entry[0], 11);
		check_equal(last_freed.entry[0], 22);
		check_equal(port_leaks, 1);
		mheap_debug_destroy(debug.pattern);
	}
}

static void use_after_free_is_found_once_the_quarantine_is_full(void)
{
	struct debug debug;
	u8 *body;
	u32 i;

	begin(&debug);
	body = get(&debug, 500, 11);
	put(&debug, body, 500, 22);
	body[499]++;
	for (i = 0; i < 5000 && !reports; i++)
		put(&debug, get(&debug, 500, 33), 500, 44);
	check_report(&debug, MHEAP_ERROR_USE_AFTER_FREE, 500, 499);
	end(&debug);
	check_equal(reports, 1);
}

static void double_free_is_found_with_both_stacks(void)
{
	struct debug debug;
	u8 *body;

	begin(&debug);
	body = get(&debug, 100, 11);
	put(&debug, body, 100, 22);
	put(&debug, body, 100, 33);
	check_report(&debug, MHEAP_ERROR_DOUBLE_FREE, 100, 0);
	check_equal(last_allocated.entry[0], 11);
	check_equal(last_freed.entry[0], 22);
	check_equal(last_now.entry[0], 33);
	end(&debug);
	check_equal(reports, 1);
	check_equal(port_leaks, 0);
}

/* It stays as it is, for who may free it. */
static void free_in_a_wrong_heap_is_found(void)
{
	struct mheap_allocator *other;
	struct debug debug;
	u64 count[MHEAP_ERRORS];
	u8 *body;

	begin(&debug);
	other = debug.pattern->ops->open(debug.pattern);
	body = get(&debug, 100, 11);
	other->ops->free(other, body, 100);
	check_equal(reports, 1);
	check_equal(last.kind, MHEAP_ERROR_MISMATCH);
	other->ops->errors(other, count);
	check_equal(count[MHEAP_ERROR_MISMATCH], 1);
	debug.allocator->ops->errors(debug.allocator, count);
	check_equal(count[MHEAP_ERROR_MISMATCH], 0);
	put(&debug, body, 100, 22);
	other->ops->close(other);
	end(&debug);
	check_equal(reports, 1);
	check_equal(port_leaks, 0);
}

static void free_with_a_wrong_size_is_found(void)
{
	struct debug debug;
	u8 *body;

	begin(&debug);
	body = get(&debug, 100, 11);
	put(&debug, body, 99, 22);
	check_report(&debug, MHEAP_ERROR_MISMATCH, 100, 0);
	put(&debug, body, 100, 22);
	end(&debug);
	check_equal(reports, 1);
}

/* In bytes and in blocks; what is too large for it, or for none, is freed at once. */
static void quarantine_is_bounded(void)
{
	const u32 limits[] = { 0, 1, 5000, MHEAP_DEBUG_QUARANTINE };
	struct debug debug;
	size_t size, charge;
	long before, most;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		for (size = 1; size < 100000; size = size * 3 + 50) {
			begin(&debug);
			mheap_debug_set_quarantine(debug.pattern, limits[i]);
			check_equal(mheap_debug_get_quarantine(debug.pattern), limits[i]);
			debug.allocator->ops->close(debug.allocator);
			debug.allocator = debug.pattern->ops->open(debug.pattern);
			charge = debug.allocator->ops->charge(debug.allocator, size);
			before = port_allocated;
			most = 0;
			for (k = 0; k < (size < 300 ? 5000 : 300); k++) {
				put(&debug, get(&debug, size, 1), size, 2);
				most = max(most, port_allocated - before);
			}
			check((u64)most * charge <= limits[i]);
			check(most <= (long)MHEAP_DEBUG_BLOCKS);
			if (charge * 2 < limits[i])
				check(most > 1);
			end(&debug);
			check_equal(reports, 0);
		}
}

static void no_memory_is_no_error(void)
{
	struct debug debug;
	long n;

	begin(&debug);
	port_fail_at = port_allocations + 1;
	check(!debug.allocator->ops->alloc(debug.allocator, 100));
	port_fail_at = port_allocations + 1;
	check(!debug.allocator->ops->alloc_now(debug.allocator, 100));
	port_fail_at = 0;
	for (n = 1; n <= 2; n++) {
		port_fail_at = port_allocations + n;
		check_equal(PTR_ERR(debug.pattern->ops->open(debug.pattern)), -ENOMEM);
		port_fail_at = 0;
	}
	end(&debug);
	port_fail_at = port_allocations + 1;
	check_equal(PTR_ERR(mheap_debug_create(&hooks)), -ENOMEM);
	port_fail_at = port_allocations + 1;
	check_equal(PTR_ERR(mheap_page_create()), -ENOMEM);
	port_fail_at = 0;
}

static void *churn(void *argument)
{
	struct mheap_allocator *allocator = argument;
	void *body[32] = {};
	u32 i, k;

	for (i = 0; i < 3000; i++) {
		k = i * 7 % ARRAY_SIZE(body);
		if (body[k])
			allocator->ops->free(allocator, body[k], 10 * k + 1);
		body[k] = allocator->ops->alloc(allocator, 10 * k + 1);
	}
	for (k = 0; k < ARRAY_SIZE(body); k++)
		if (body[k])
			allocator->ops->free(allocator, body[k], 10 * k + 1);
	return NULL;
}

static void lanes_share_the_quarantine(void)
{
	struct debug debug;
	pthread_t thread[4];
	u32 i;

	begin(&debug);
	for (i = 0; i < ARRAY_SIZE(thread); i++)
		pthread_create(&thread[i], NULL, churn, debug.allocator);
	for (i = 0; i < ARRAY_SIZE(thread); i++)
		pthread_join(thread[i], NULL);
	end(&debug);
	check_equal(reports, 0);
}

static void pages_are_each_bodys_own(void)
{
	struct mheap_allocator *page = mheap_page_create();
	u32 i;
	u8 *body;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_equal(page->ops->charge(page, sizes[i]), (sizes[i] + 4095) / 4096 * 4096);
		body = page->ops->alloc(page, sizes[i]);
		check(!memchr_inv(body, 0, page->ops->charge(page, sizes[i])));
		memset(body, 0xff, page->ops->charge(page, sizes[i]));
		page->ops->free(page, body, sizes[i]);
		body = page->ops->alloc_now(page, sizes[i]);
		check(!memchr_inv(body, 0, page->ops->charge(page, sizes[i])));
		page->ops->free(page, body, sizes[i]);
	}
	port_fail_at = port_allocations + 1;
	check(!page->ops->alloc(page, 1));
	port_fail_at = port_allocations + 1;
	check(!page->ops->alloc_now(page, 1));
	port_fail_at = 0;
	mheap_page_destroy(page);
}

static u32 make(struct fixture *f, u32 slots, u32 length)
{
	const struct mheap_shape shape = { .type = 1, .slots = slots, .length = length };
	u32 object = 0;

	mheap_session_enter_always(&f->session[0]);
	check_equal(mheap_object_new(&f->session[0], &shape, &object), 0);
	mheap_session_leave(&f->session[0]);
	return object;
}

static void drop(struct fixture *f, u32 object)
{
	mheap_session_enter_always(&f->session[0]);
	mheap_object_put(&f->session[0], object);
	mheap_session_leave(&f->session[0]);
}

static struct mheap_class_occupancy sum_of(const struct mheap_occupancy *occupancy)
{
	struct mheap_class_occupancy sum = {};
	u32 i;

	for (i = 0; i < MHEAP_CLASSES_ALL; i++) {
		sum.used += occupancy->class[i].used;
		sum.asked += occupancy->class[i].asked;
		sum.held += occupancy->class[i].held;
	}
	return sum;
}

/* Of each class, against an independent table of classes. */
static void occupancy_is_that_of_the_objects(void)
{
	struct mheap_occupancy *occupancy = malloc(sizeof(*occupancy));
	struct mheap_heap_figures figures;
	struct mheap_class_occupancy sum;
	struct fixture f;
	u32 objects[200];
	u64 asked = 0, held = 0;
	u32 i, k, class;

	fixture_begin(&f, FIXTURE_SLAB);
	make(&f, 0, 0);			/* has no body */
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = make(&f, i % 5, 1 + i * i / 4);
		asked += i % 5 * 4 + 1 + i * i / 4;
		held += oracle_slab_charge(i % 5 * 4 + 1 + i * i / 4);
	}
	check_equal(mheap_occupancy_count(&f.heap, occupancy), 0);
	sum = sum_of(occupancy);
	check_equal(sum.used, ARRAY_SIZE(objects));
	check_equal(sum.asked, asked);
	check_equal(sum.held, held);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.bytes, held + (1 + ARRAY_SIZE(objects)) * MHEAP_ENTRY_BYTES);
	for (class = 0; class < MHEAP_CLASSES; class++) {
		check_equal(mheap_occupancy_size(class),
			    oracle_slab_charge(mheap_occupancy_size(class)));
		check_equal(occupancy->class[class].held,
			    occupancy->class[class].used * mheap_occupancy_size(class));
	}
	check(occupancy->class[MHEAP_CLASSES].used > 0);
	check_equal(mheap_occupancy_size(MHEAP_CLASSES), 0x40000000ULL + 4 * 0x4000000ULL + 16);
	for (i = 0; i < ARRAY_SIZE(objects); i += 2)
		drop(&f, objects[i]);
	check_equal(mheap_occupancy_count(&f.heap, occupancy), 0);
	check_equal(sum_of(occupancy).used, ARRAY_SIZE(objects) / 2);
	for (k = 1; k < ARRAY_SIZE(objects); k += 2)
		drop(&f, objects[k]);
	check_equal(mheap_occupancy_count(&f.heap, occupancy), 0);
	check_equal(sum_of(occupancy).held, 0);
	fixture_end(&f);
	free(occupancy);
}

static u64 sum_of_slabs(struct mheap_heap *heap)
{
	u64 slabs[MHEAP_CLASSES_ALL], sum = 0;
	u32 i;

	check_equal(mheap_fragmentation_count(heap, slabs), 0);
	for (i = 0; i < MHEAP_CLASSES_ALL; i++)
		sum += slabs[i];
	return sum;
}

/* The same, by comparing all with all. */
static u64 oracle_slabs(struct fixture *f, const u32 *objects, u32 count)
{
	static void *body[5000];
	size_t bytes;
	u64 sum = 0;
	u32 i, k;

	for (i = 0; i < count; i++) {
		body[i] = mheap_chunk_of(&f->heap.table, objects[i])->body[mheap_index(objects[i])];
		for (k = 0; k < i; k++)
			if (mheap_port_slab_of(body[i], &bytes) ==
			    mheap_port_slab_of(body[k], &bytes))
				break;
		if (k == i)
			sum += PAGE_SIZE;
	}
	return sum;
}

static void each_slab_counts_once(void)
{
	static u32 objects[5000];
	struct fixture f;
	u32 i, left = 0;
	u32 large;

	fixture_begin(&f, FIXTURE_SLAB);
	check_equal(sum_of_slabs(&f.heap), 0);
	make(&f, 0, 0);			/* has no body */
	check_equal(sum_of_slabs(&f.heap), 0);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = make(&f, 0, 500 + i % 1500);
	check_equal(sum_of_slabs(&f.heap), oracle_slabs(&f, objects, i));
	large = make(&f, 0, 100000);	/* memory of its own */
	check_equal(sum_of_slabs(&f.heap),
		    oracle_slabs(&f, objects, i) + PAGE_ALIGN(100000));
	drop(&f, large);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (i % 16)
			drop(&f, objects[i]);
		else
			objects[left++] = objects[i];
	check_equal(sum_of_slabs(&f.heap), oracle_slabs(&f, objects, left));
	for (i = 0; i < left; i++)
		drop(&f, objects[i]);
	check_equal(sum_of_slabs(&f.heap), 0);
	fixture_end(&f);
}

static void slabs_without_memory(void)
{
	u64 slabs[MHEAP_CLASSES_ALL];
	struct fixture f;
	int number, i;

	fixture_begin(&f, FIXTURE_SLAB);
	for (i = 0; i < 2000; i++)
		make(&f, 0, 2000);
	for (number = 1;; number++) {
		port_fail_at = port_allocations + number;
		if (!mheap_fragmentation_count(&f.heap, slabs))
			break;
	}
	port_fail_at = 0;
	check(number > 3);		/* the walk, the set, and that larger */
	fixture_end(&f);
}

/* It is asked to give memory back when half of it has gone, and not before. */
static void memory_is_given_back_behind_a_peak(void)
{
	struct fixture f;
	u32 objects[100];
	u32 i;

	fixture_begin(&f, FIXTURE_SLAB);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = make(&f, 0, 300000);
	check_equal(f.shrinks, 0);
	check(f.heap.peak.ever >= 100 * 300000 - 16384);
	for (i = 0; i < 49; i++)
		drop(&f, objects[i]);
	check_equal(f.shrinks, 0);
	for (; i < 55; i++)
		drop(&f, objects[i]);
	check_equal(f.shrinks, 1);
	for (; i < ARRAY_SIZE(objects); i++)
		drop(&f, objects[i]);
	check_equal(f.shrinks, 2);
	check(f.heap.peak.ever >= 100 * 300000 - 16384);
	check(f.heap.peak.recent < 8 << 20);
	/* Less than what matters. */
	for (i = 0; i < 25; i++)
		objects[i] = make(&f, 0, 300000);
	for (i = 0; i < 25; i++)
		drop(&f, objects[i]);
	check_equal(f.shrinks, 2);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "debug: clean use is not reported", clean_use_is_not_reported },
	{ "debug: without waiting it is the same", without_waiting_it_is_the_same },
	{ "debug: an overrun is found at its byte", overrun_is_found_at_its_byte },
	{ "debug: an underrun is found at its byte", underrun_is_found_at_its_byte },
	{ "debug: an underrun into the header is survived", underrun_into_the_header_is_survived },
	{ "debug: a use after free is found", use_after_free_is_found },
	{ "debug: a use after free is found once the quarantine is full",
	  use_after_free_is_found_once_the_quarantine_is_full },
	{ "debug: a double free is found with both stacks", double_free_is_found_with_both_stacks },
	{ "debug: a free in a wrong heap is found", free_in_a_wrong_heap_is_found },
	{ "debug: a free with a wrong size is found", free_with_a_wrong_size_is_found },
	{ "debug: the quarantine is bounded", quarantine_is_bounded },
	{ "debug: lanes share the quarantine", lanes_share_the_quarantine },
	{ "no memory is no error", no_memory_is_no_error },
	{ "page: pages are each body's own", pages_are_each_bodys_own },
	{ "the occupancy of classes is that of the objects", occupancy_is_that_of_the_objects },
	{ "each slab counts once", each_slab_counts_once },
	{ "slabs without memory", slabs_without_memory },
	{ "memory is given back behind a peak", memory_is_given_back_behind_a_peak },
	{}
};

const struct suite suite_allocators = { "allocators", tests };
