// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug allocator: blocks, what is looked at in them, and the quarantine.
 */
#include "debug_allocator.h"

#define ZONE		64U	/* bytes of a red zone */
#define ZONE_BYTE	0xd5
#define POISON_BYTE	0x6d

#define LIVE		0x6c697665
#define FREED		0x66726565

/**
 * struct block - a body and what lies around it
 * @owner: whose it is
 * @size: of the body
 * @seal: a sum of the two, see seal_of()
 * @object: id of the object whose body it is
 * @allocated: who allocated it
 * @freed: who freed it
 * @state: LIVE or FREED (atomic)
 * @zone: the red zone before the body
 * @body: the body, and behind it the other red zone
 */
struct block {
	const struct mheap_allocator *owner;
	size_t size;
	u64 seal;
	u64 object;
	struct mheap_debug_site allocated;
	struct mheap_debug_site freed;
	atomic64_t state;
	u8 zone[ZONE];
	u8 body[];
};

/**
 * struct inmate - a block in quarantine
 * @block: freed
 * @size: of its body, as the one who freed it said
 */
struct inmate {
	struct block *block;
	size_t size;
};

/**
 * struct debug_allocator - the pattern of all, or that of one heap
 * @allocator: what the heap sees
 * @hooks: its surroundings
 * @max: bytes of blocks in quarantine; of the pattern, what others are to have
 * @errors: found so far (atomic)
 * @lock: guards everything below
 * @bytes: of blocks in quarantine
 * @first: the place of the oldest one
 * @count: how many there are
 * @inmate: a ring of MHEAP_DEBUG_BLOCKS places; NULL in the pattern
 */
struct debug_allocator {
	struct mheap_allocator allocator;
	const struct mheap_debug_hooks *hooks;
	u32 max;
	atomic64_t errors[MHEAP_ERRORS];
	spinlock_t lock;	/* the quarantine */
	u64 bytes;
	u32 first;
	u32 count;
	struct inmate *inmate;
};

static struct debug_allocator *debug_of(struct mheap_allocator *allocator)
{
	return container_of(allocator, struct debug_allocator, allocator);
}

static size_t block_size(size_t size)
{
	return sizeof(struct block) + size + ZONE;
}

static u64 seal_of(const struct block *block)
{
	return (uintptr_t)block->owner ^ (u64)block->size << 20 ^ 0x5ea1ed5ea1ed5ea1ULL;
}

static bool is_whole(const struct block *block)
{
	return block->seal == seal_of(block);
}

/*
 * The first byte of some that is not as it should be. Return: NULL if all are. What
 * is long is looked at piece by piece.
 */
static const u8 *find_wrong(const u8 *bytes, u8 right, size_t size)
{
	const u8 *wrong = NULL;
	size_t piece;

	for (; size && !wrong; size -= piece, bytes += piece) {
		piece = min_t(size_t, size, PAGE_SIZE);
		wrong = memchr_inv(bytes, right, piece);
		if (piece == PAGE_SIZE)
			cond_resched();
	}
	return wrong;
}

static void report(struct debug_allocator *debug, enum mheap_allocator_error kind,
		   const struct block *block, size_t size, const u8 *wrong)
{
	struct mheap_debug_report report = { .kind = kind, .size = size };
	struct mheap_debug_site now;

	atomic64_inc(&debug->errors[kind]);
	debug->hooks->site(&now);
	report.now = &now;
	if (wrong) {
		report.offset = wrong - block->body;
		report.wrong = *wrong;
	}
	if (is_whole(block)) {
		report.size = block->size;
		report.object = block->object;
		report.allocated = &block->allocated;
		if (kind == MHEAP_ERROR_USE_AFTER_FREE || kind == MHEAP_ERROR_DOUBLE_FREE)
			report.freed = &block->freed;
	}
	debug->hooks->report(&report);
}

/* Return: true if the zones are as they should be, else it has been reported. */
static bool check_zones(struct debug_allocator *debug, const struct block *block, size_t size)
{
	const u8 *before = find_wrong(block->zone, ZONE_BYTE, ZONE);
	const u8 *behind = find_wrong(block->body + size, ZONE_BYTE, ZONE);

	if (before)
		report(debug, MHEAP_ERROR_UNDERRUN, block, size, before);
	if (behind)
		report(debug, MHEAP_ERROR_OVERRUN, block, size, behind);
	return !before && !behind;
}

/* Any of it was whole when the block was freed. Return: as check_zones(). */
static bool check_freed(struct debug_allocator *debug, const struct block *block, size_t size)
{
	const u8 *wrong = find_wrong(block->zone, ZONE_BYTE, ZONE);

	if (!wrong)
		wrong = find_wrong(block->body, POISON_BYTE, size);
	if (!wrong)
		wrong = find_wrong(block->body + size, ZONE_BYTE, ZONE);
	if (!wrong && (!is_whole(block) || atomic64_read(&block->state) != FREED))
		wrong = (const u8 *)block;
	if (wrong)
		report(debug, MHEAP_ERROR_USE_AFTER_FREE, block, size, wrong);
	return !wrong;
}

/* The end of a block that has been in quarantine, or for which there is no room. */
static void retire(struct debug_allocator *debug, struct block *block, size_t size)
{
	if (check_freed(debug, block, size))
		kvfree(block);
	else
		mheap_port_leak(block);
}

static void poison(u8 *bytes, size_t size)
{
	size_t piece;

	for (; size; size -= piece, bytes += piece) {
		piece = min_t(size_t, size, PAGE_SIZE);
		memset(bytes, POISON_BYTE, piece);
		if (piece == PAGE_SIZE)
			cond_resched();
	}
}

/* Return: false if there is no room for another block. */
static bool try_detain(struct debug_allocator *debug, struct block *block, size_t size)
{
	struct inmate *place;

	lockdep_assert_held(&debug->lock);
	if (debug->count == MHEAP_DEBUG_BLOCKS || debug->bytes + block_size(size) > debug->max)
		return false;
	place = &debug->inmate[(debug->first + debug->count++) % MHEAP_DEBUG_BLOCKS];
	place->block = block;
	place->size = size;
	debug->bytes += block_size(size);
	return true;
}

static struct inmate take_oldest(struct debug_allocator *debug)
{
	struct inmate oldest = {};

	lockdep_assert_held(&debug->lock);
	if (!debug->count)
		return oldest;
	oldest = debug->inmate[debug->first];
	debug->first = (debug->first + 1) % MHEAP_DEBUG_BLOCKS;
	debug->count--;
	debug->bytes -= block_size(oldest.size);
	return oldest;
}

static void detain(struct debug_allocator *debug, struct block *block, size_t size)
{
	struct inmate oldest;
	bool done;

	do {
		oldest.block = NULL;
		spin_lock(&debug->lock);
		done = try_detain(debug, block, size);
		if (!done)
			oldest = take_oldest(debug);
		spin_unlock(&debug->lock);
		if (oldest.block)
			retire(debug, oldest.block, oldest.size);
	} while (!done && oldest.block);
	if (!done)
		retire(debug, block, size);
}

/* Return: the body of a block that is zeroed; NULL where @block is. */
static void *begin_block(struct mheap_allocator *allocator, struct block *block, size_t size)
{
	if (!block)
		return NULL;
	block->owner = allocator;
	block->size = size;
	block->seal = seal_of(block);
	atomic64_set(&block->state, LIVE);
	memset(block->zone, ZONE_BYTE, ZONE);
	memset(block->body + size, ZONE_BYTE, ZONE);
	debug_of(allocator)->hooks->site(&block->allocated);
	return block->body;
}

static void *debug_alloc(struct mheap_allocator *allocator, size_t size)
{
	return begin_block(allocator, mheap_port_kvzalloc(block_size(size), MHEAP_GFP), size);
}

static void *debug_alloc_now(struct mheap_allocator *allocator, size_t size)
{
	return begin_block(allocator, kzalloc(block_size(size), MHEAP_GFP_NOW), size);
}

/*
 * Why a block must not be freed. What is not the caller's stays as it is; of a header
 * that is damaged nothing is believed. Return: MHEAP_ERRORS if there is no reason.
 */
static enum mheap_allocator_error claim(struct debug_allocator *debug, struct block *block,
					size_t size)
{
	s64 state = LIVE;

	if (!is_whole(block))
		return MHEAP_ERROR_UNDERRUN;
	if (atomic64_read(&block->state) == LIVE &&
	    (block->owner != &debug->allocator || block->size != size))
		return MHEAP_ERROR_MISMATCH;
	if (atomic64_try_cmpxchg(&block->state, &state, FREED))
		return MHEAP_ERRORS;
	return state == FREED ? MHEAP_ERROR_DOUBLE_FREE : MHEAP_ERROR_UNDERRUN;
}

static void debug_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	struct block *block = container_of(body, struct block, body[0]);
	struct debug_allocator *debug = debug_of(allocator);
	const enum mheap_allocator_error error = claim(debug, block, size);

	if (error != MHEAP_ERRORS) {
		report(debug, error, block, size, NULL);
		if (error == MHEAP_ERROR_UNDERRUN)
			mheap_port_leak(block);
		return;
	}
	debug->hooks->site(&block->freed);
	if (!check_zones(debug, block, size)) {
		mheap_port_leak(block);
		return;
	}
	poison(body, size);
	detain(debug, block, size);
}

static size_t debug_charge(const struct mheap_allocator *allocator, size_t size)
{
	return block_size(size);
}

static void debug_bind(struct mheap_allocator *allocator, void *body, u64 id)
{
	container_of(body, struct block, body[0])->object = id;
}

static void debug_errors(const struct mheap_allocator *allocator, u64 count[MHEAP_ERRORS])
{
	const struct debug_allocator *debug =
		container_of(allocator, const struct debug_allocator, allocator);
	unsigned int i;

	for (i = 0; i < MHEAP_ERRORS; i++)
		count[i] = atomic64_read(&debug->errors[i]);
}

static struct mheap_allocator *debug_open(struct mheap_allocator *allocator)
{
	const struct debug_allocator *pattern = debug_of(allocator);
	struct debug_allocator *debug = kzalloc(sizeof(*debug), MHEAP_GFP);

	if (!debug)
		return ERR_PTR(-ENOMEM);
	debug->inmate = mheap_port_kvcalloc(MHEAP_DEBUG_BLOCKS, sizeof(*debug->inmate), MHEAP_GFP);
	if (!debug->inmate) {
		kfree(debug);
		return ERR_PTR(-ENOMEM);
	}
	debug->allocator.ops = pattern->allocator.ops;
	debug->hooks = pattern->hooks;
	debug->max = READ_ONCE(pattern->max);
	spin_lock_init(&debug->lock);
	return &debug->allocator;
}

static void debug_close(struct mheap_allocator *allocator)
{
	struct debug_allocator *debug = debug_of(allocator);
	struct inmate oldest;

	for (;;) {
		spin_lock(&debug->lock);
		oldest = take_oldest(debug);
		spin_unlock(&debug->lock);
		if (!oldest.block)
			break;
		retire(debug, oldest.block, oldest.size);
	}
	kvfree(debug->inmate);
	kfree(debug);
}

static const struct mheap_allocator_ops debug_ops = {
	.name = "debug",
	.alloc = debug_alloc,
	.alloc_now = debug_alloc_now,
	.free = debug_free,
	.charge = debug_charge,
	.open = debug_open,
	.close = debug_close,
	.bind = debug_bind,
	.errors = debug_errors,
};

/**
 * mheap_debug_kind - the name of a kind of error
 * @kind: the kind
 *
 * Context: Any. Return: The name.
 */
const char *mheap_debug_kind(enum mheap_allocator_error kind)
{
	static const char *const names[MHEAP_ERRORS] = {
		[MHEAP_ERROR_OVERRUN] = "overrun",
		[MHEAP_ERROR_UNDERRUN] = "underrun",
		[MHEAP_ERROR_USE_AFTER_FREE] = "use after free",
		[MHEAP_ERROR_DOUBLE_FREE] = "double free",
		[MHEAP_ERROR_MISMATCH] = "free in a wrong heap or size",
	};

	return names[kind];
}

/**
 * mheap_debug_get_quarantine - what heaps that are still to be made keep back
 * @allocator: made by mheap_debug_create()
 *
 * Context: Any. Return: Bytes.
 */
u32 mheap_debug_get_quarantine(const struct mheap_allocator *allocator)
{
	return READ_ONCE(container_of(allocator, const struct debug_allocator, allocator)->max);
}

/**
 * mheap_debug_set_quarantine - set that
 * @allocator: made by mheap_debug_create()
 * @bytes: of freed bodies and what lies around them; 0 for none
 *
 * Context: Any.
 */
void mheap_debug_set_quarantine(struct mheap_allocator *allocator, u32 bytes)
{
	WRITE_ONCE(debug_of(allocator)->max, bytes);
}
EXPORT_SYMBOL_MHEAP(mheap_debug_set_quarantine);

/**
 * mheap_debug_create - make the pattern of debug allocators
 * @hooks: their surroundings
 *
 * Bodies come only from what its @open gives.
 *
 * Context: May sleep. Return: The allocator, or an ERR_PTR() of -ENOMEM.
 */
struct mheap_allocator *mheap_debug_create(const struct mheap_debug_hooks *hooks)
{
	struct debug_allocator *debug = kzalloc(sizeof(*debug), GFP_KERNEL);

	if (!debug)
		return ERR_PTR(-ENOMEM);
	debug->allocator.ops = &debug_ops;
	debug->hooks = hooks;
	debug->max = MHEAP_DEBUG_QUARANTINE;
	spin_lock_init(&debug->lock);
	return &debug->allocator;
}
EXPORT_SYMBOL_MHEAP(mheap_debug_create);

/**
 * mheap_debug_destroy - free the pattern
 * @allocator: made by mheap_debug_create(); all that it opened are closed
 *
 * Context: May sleep.
 */
void mheap_debug_destroy(struct mheap_allocator *allocator)
{
	kfree(debug_of(allocator));
}
EXPORT_SYMBOL_MHEAP(mheap_debug_destroy);
