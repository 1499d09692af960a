/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * mheap: a managed object heap. The contract between the module and programs.
 *
 * A heap and its sessions
 * -----------------------
 *
 * open("/dev/mheap") makes a new, empty heap and the first session of it. A
 * session belongs to the open file: descriptors that are inherited, duplicated
 * or passed over a socket name the same session. When its last descriptor is
 * closed, however that happens, the session's handles are dropped; when the
 * last session of a heap is gone, so is the heap.
 *
 * MHEAP_IOC_JOIN gives a heap one more session: it lets a fresh descriptor, which
 * the joining process opened itself, become a session of the heap behind another
 * descriptor, one that was inherited or received. The empty heap that came with
 * the fresh descriptor is given up. A session that has joined has no handles. It
 * has the same rights as all others, and how the session that it joined through
 * ends is nothing to it. So each process has a session of its own, with its own
 * handles, which go when it goes.
 *
 * Objects
 * -------
 *
 * An object has a type (a number that means something to the program only), a
 * number of slots and a payload of bytes. A slot holds a reference to an
 * object of the same heap, or nothing. An object lives while something refers
 * to it: a handle, a slot of a living object, a named root, or the batch that is
 * running.
 * When the last reference goes, the object goes, and with it everything that
 * only it held; objects that hold each other in a cycle are found by the
 * generational collector. New slots are empty and new payload is zero.
 *
 * An object without slots is a leaf; the collector looks at it only while it is the
 * key of an ephemeron.
 *
 * Handles
 * -------
 *
 * A program names objects by handles, as it names files by descriptors. A
 * handle is a positive 64-bit number with no meaning of its own; 0 is "no
 * object". It belongs to one session, counts as one reference, and is given
 * back with MHEAP_OP_DROP. A weak handle (MHEAP_OP_WEAK) does not count: it
 * can only be upgraded, compared, duplicated and dropped.
 *
 * A number that is no handle of this session is -EBADF, one that has been
 * dropped is -ESTALE, also after its place has been given to another handle.
 * Where a strong handle is needed and a weak one is given, or the other way
 * round, the answer is -EINVAL.
 *
 * Ephemerons
 * ----------
 *
 * An ephemeron is an object that keeps a value for as long as a key is alive, and
 * does not keep the key. It is made with MHEAP_OP_EPHEMERON, has exactly two slots,
 * and payload like any other object. Slot 0 is the key: the reference to it does not
 * count. Slot 1 is the value: it counts, and keeps the value alive, but to the
 * collector only while both the ephemeron and the key can be reached otherwise. So a
 * value may refer to its key, by whatever way, and both go when nobody else has the
 * key: what a table with weak keys and strong values never finds out.
 *
 * When the key has died the value is dropped, in the background, and a LOAD of either
 * slot gives 0 at once. (So it may for a key that waits for its finalizer, between the
 * moments that are named there.) A STORE of slot 0 sets the key, and drops the value that was
 * there, so the key comes first; 0 is no key. A STORE of a value where there is no key,
 * or a dead one, is -ENOENT. SWAP, COMPARE_STORE and RESIZE of an ephemeron are
 * -EINVAL. A LOAD of a value may have to wait as an UPGRADE does.
 *
 * A collection of young objects finds such a pair only where the ephemeron is one of
 * them or the value does not refer to the key; a full one always does. An object
 * without slots that becomes a key is tracked from then on.
 *
 * Deaths
 * ------
 *
 * A session that watches an object gets one event for each watch when the object has
 * died: when its last reference went or a collection has freed it. An object that
 * waits for its finalizer is not dead. A watch keeps nothing alive, belongs to the
 * session, and ends with its event, by MHEAP_OP_UNWATCH, or with the session. It
 * takes its memory when it is made, so no event is lost, however many there are: one
 * that nobody reads counts as a watch until it is read, also while the session does
 * not listen to events of deaths. The event comes behind the death, not with it: where
 * much dies at once it may take a moment. MHEAP_IOC_SETTLE waits for that as well.
 *
 * Named roots
 * -----------
 *
 * Sessions of one heap find each other's objects by name. MHEAP_OP_PUBLISH gives
 * an object a name, MHEAP_OP_LOOKUP gives a handle to the object of a name, and
 * MHEAP_OP_UNPUBLISH takes the name back. A named root counts as a reference. It
 * belongs to the heap: it stays when the session that published it ends, and goes
 * when it is taken back or replaced, or with the heap. An object may have several
 * names, and any session may take any of them back.
 *
 * A name is 1 to MHEAP_ROOT_NAME_MAX bytes, any but 0, without a 0 at the end. A
 * heap can have MHEAP_ROOTS_MAX named roots; MHEAP_IOC_ROOTS lists their names.
 *
 * Batches
 * -------
 *
 * All work on objects is an array of struct mheap_op, executed in order by one
 * MHEAP_IOC_SUBMIT. The call returns how many operations it executed; each of
 * them has its outcome in @result: a value that is not negative, or a negative
 * errno. An operation that failed has changed nothing, but for a WRITE of more than
 * 4096 bytes whose object another session makes shorter meanwhile. By default the batch
 * stops behind the first operation that failed; with MHEAP_SUBMIT_CONTINUE it
 * goes on. Operations that were not executed keep their @result unchanged.
 *
 * The call itself fails, and executes nothing, with
 *   -EINVAL  unknown flags, padding that is not zero, or more than
 *            MHEAP_BATCH_MAX operations
 *   -EFAULT  the first records of the array cannot be read
 *   -ENOMEM  no memory for the batch
 * When the array turns out unreadable or unwritable farther on, the batch ends
 * there: the call returns the number of operations that have results, or
 * -EFAULT where none has. A batch is not interrupted by a signal, unless the
 * signal kills the process.
 *
 * Wherever an operation takes a handle it also takes MHEAP_RESULT(i): the
 * object that operation i of the same batch, counted from 0, resulted in. With
 * MHEAP_OP_TEMP an operation gives no handle at all: its @result is 0, and its
 * object can be named through MHEAP_RESULT until the batch ends, which then
 * drops that reference. So a whole graph can be built in one call, and only the
 * objects that the program wants to name later cost a handle.
 *   -EBADF   operation i is not an earlier one of this batch, or it has no
 *            object (it failed, gave 0, or is of a kind that gives none)
 *   -ESTALE  that object has been dropped again in this batch
 *
 * Memory
 * ------
 *
 * Slots and payload of a heap's objects come from one allocator, which the heap is
 * given when it is made: that of /sys/kernel/mheap/defaults/allocator, or the one
 * that MHEAP_IOC_ALLOCATOR asks for by name on a fresh descriptor. There are
 *   slab   size classes up to 8192 bytes, pages beyond; this is the default
 *   page   whole pages for each object
 *   debug  finds whoever in the kernel writes where nothing is his: red zones
 *          around each object, poison and a quarantine for what was freed. For
 *          tests of the module, and for bug reports; programs cannot cause such
 *          errors.
 * and those that other modules have registered. What a program sees of objects is
 * the same with all of them, but for the memory they take (INFO, @charged).
 *
 * An object without slots is raw memory: made, resized and freed like any other,
 * and nothing that the collector looks at.
 *
 * Memory of objects goes back to the system when they are freed; some that is empty
 * stays in the caches until half of the heap, and 8 MiB at least, has been freed.
 * The heap's table of objects, some 24 bytes for each number ever used at a time, stays
 * as it is while the heap lives: numbers are used again.
 *
 * Operations
 * ----------
 *
 * Fields that an operation does not name must be zero, and so must unknown
 * @flags: otherwise -EINVAL, as for an unknown @opcode. Operations marked T
 * accept MHEAP_OP_TEMP. "object", "target" and "expected" are handles.
 *
 *   NEW      type slots length offset   make an object with @slots slots and
 *     T                                 @length bytes of payload; with
 *                                       MHEAP_OP_EPHEMERON an ephemeron -> handle;
 *                                       @offset is the tag of its site, see below
 *            -E2BIG   larger than MHEAP_SLOTS_MAX or MHEAP_LENGTH_MAX
 *            -EINVAL  an ephemeron, and @slots is not 2
 *   DUP      object                     another handle to the same object, weak
 *     T                                 if @object is (not with TEMP) -> handle
 *   DROP     object                     give the handle back -> 0
 *   LOAD     object slot                what the slot refers to -> handle, or 0
 *     T                                 for an empty slot
 *            -EINVAL  there is no such slot
 *   STORE    object slot target         let the slot refer to @target, or to
 *                                       nothing where that is 0 -> 0
 *            -ENOENT  a value, and the ephemeron has no key or a dead one
 *   SWAP     object slot target         the same -> handle to what the slot held
 *     T                                 before, or 0
 *   COMPARE_STORE object slot expected target
 *                                       store @target if the slot refers to the
 *                                       object of @expected (0: is empty)
 *                                       -> 1 if it was stored, 0 if not
 *   READ     object offset length data  copy payload to @data -> bytes copied,
 *                                       fewer at the end of the payload, 0 past
 *                                       it
 *   WRITE    object offset length data  copy @data to the payload -> @length
 *            -E2BIG   (both) more than MHEAP_IO_MAX bytes
 *            -EFAULT  (both) @data cannot be read or written
 *            -EINVAL  (WRITE) offset + length is past the end of the payload
 *   RESIZE   object slots length        change the number of slots and the size
 *                                       of the payload; what is cut off is
 *                                       dropped, what is added is empty or zero;
 *                                       handles stay valid -> 0
 *            -E2BIG   as for NEW
 *   INFO     object length data         fill struct mheap_object_info at @data,
 *                                       of which the program knows @length
 *                                       bytes -> bytes filled
 *            -EINVAL  @length is less than MHEAP_OBJECT_INFO_SIZE_0
 *   SAME     object target              do two handles, strong or weak, name the
 *                                       same object? -> 1 or 0
 *   WEAK     object                     a weak handle to @object -> handle
 *   UPGRADE  object                     a handle to what weak handle @object
 *     T                                 names -> handle
 *            -ENOENT  the object is dead
 *   PUBLISH  object length data         give the object the name of @length bytes
 *                                       at @data; with MHEAP_OP_REPLACE also if
 *                                       another has it, which loses it -> 0
 *            -EEXIST  an object has that name
 *            -ENOSPC  the heap has MHEAP_ROOTS_MAX named roots
 *   LOOKUP   length data                the object of that name -> handle
 *     T
 *   UNPUBLISH length data               take the name back -> 0
 *            -ENOENT  (both) no object has that name
 *            -EINVAL  (all three) @length is 0, or there is a 0 in the name
 *            -ENAMETOOLONG (all three) @length is more than MHEAP_ROOT_NAME_MAX
 *            -EFAULT  (all three) @data cannot be read
 *   FINALIZER object offset             when the object is about to die, hand it
 *                                       out once, as an event with the number
 *                                       @offset as its cookie; if it has a
 *                                       finalizer, change its cookie; with
 *                                       MHEAP_OP_CANCEL (@offset 0): it is to
 *                                       have none any more -> 0
 *            -EALREADY it was handed out before, or dropped from the queue
 *            -ENOENT  (with MHEAP_OP_CANCEL) it has none
 *   WATCH    object offset              tell this session with an event when the
 *                                       object is dead; @object is a strong or a
 *                                       weak handle, @offset is the cookie that
 *                                       the event brings -> 0
 *            -ENOENT   the object is dead
 *            -EALREADY this session watches it with the same cookie
 *            -ENOSPC   the session has MHEAP_WATCHES_MAX watches
 *   UNWATCH  object offset              take that back -> 0
 *            -ENOENT   this session does not watch it with that cookie, or the
 *                      object is dead: then the event is there, or will come
 *
 * Any of them can also fail with
 *   -ENOMEM     no memory, also behind a full collection; operations that make an
 *               object or a handle, RESIZE, PUBLISH, FINALIZER, WATCH, STORE of a key,
 *               and all that have @data, which goes through the kernel's own memory. Or
 *               the heap's limit of bytes is reached (NEW, RESIZE), see "Limits"
 *   -ENOSPC     the heap has given out all its 2^32 - 1 object numbers, or the
 *               session all its handles, or the heap's limit of objects or handles
 *               is reached
 *   -EOVERFLOW  an object has MHEAP_REFERENCES_MAX references
 *
 * Reads and writes of at most MHEAP_ATOMIC_IO_MAX bytes are atomic towards each
 * other; larger ones may be seen half done by other threads. A STORE, SWAP or
 * COMPARE_STORE of one slot is always atomic.
 *
 * Threads may share a session; its batches are then executed one after the
 * other, at most 64 operations at a time.
 *
 * The collector
 * -------------
 *
 * As in CPython, an object with slots starts in generation 0 and moves up when
 * it survives a collection of its generation. A generation is collected when
 * its counter exceeds its threshold: counter 0 is objects with slots made minus
 * freed since the last collection, counters 1 and 2 are collections of the
 * generation below since the last of this one. Generation 2 waits, besides,
 * until the objects that came into it since the last full collection are at
 * least a quarter of those that survived that one. A collection takes the
 * younger generations along. Threshold 0 of zero switches automatic collection
 * off, and so does MHEAP_IOC_DISABLE; MHEAP_IOC_COLLECT works all the same.
 *
 * A collection goes on beside the programs: no session waits for it. What is
 * unreachable when a full one begins, and of which no reference is just being
 * moved or dropped, is freed by it. What becomes unreachable meanwhile, or was
 * reachable for a part of it, may be left to the next. On a heap that nobody
 * works on one collection of generation 2 leaves nothing unreachable. An UPGRADE
 * never fails for an object that survives: for that it may have to wait until a
 * collection has made up its mind, which takes no longer than the operations of
 * other sessions that are under way.
 *
 * With automatic collection on, garbage that waits to be collected stays below a
 * ceiling, a share of what is alive (garbage_ceiling in sysfs). A session that
 * makes it faster than that does the collecting itself, or waits for who does,
 * before its next operations; other sessions do not.
 *
 * MHEAP_IOC_FREEZE moves all objects with slots to the permanent generation, number
 * MHEAP_GENERATION_PERMANENT, and sets the counters to zero; MHEAP_IOC_UNFREEZE moves
 * them to generation 2. No collection looks for garbage in the permanent generation, nor
 * counts what is in it; what it refers to stays alive. Its objects are freed when their
 * last reference goes, as all others. Both wait for a collection that is under way, and
 * fail with -EINTR when a signal kills the process before.
 *
 * MHEAP_IOC_SET_DEBUG sets debug flags (MHEAP_DEBUG_*, with CPython's values). Three of
 * them let the kernel log say what collections did, at a limited rate. With
 * MHEAP_DEBUG_SAVEALL an object that a collection finds unreachable is not freed but put
 * into the heap's garbage list, which holds a reference to it; it counts as unreachable
 * and uncollectable. Where there is no memory for the list the object just stays alive,
 * and later collections find it again. MHEAP_IOC_ENUMERATE gives the objects in the
 * list; MHEAP_IOC_CLEAR_GARBAGE drops its references: what was garbage is garbage again.
 * The flags hold for collections that begin from then on.
 *
 * A heap is also collected in full, in the background, when something else says so
 * that can be set in sysfs: time has passed (interval_ms), nobody works on the heap
 * any more (idle_ms), a session was closed and others are left (collect_on_close),
 * the system is short of memory (shrink). None of that happens with automatic
 * collection off. stats/collections_by_* in sysfs count the collections by cause.
 *
 * Limits
 * ------
 *
 * A heap can be limited in objects, in bytes (as in struct mheap_stats), and in
 * handles of all its sessions, with MHEAP_IOC_SET_LIMITS, in sysfs (limit_objects,
 * limit_bytes, limit_handles), and for new heaps in defaults/. An operation that
 * would pass a limit has the whole heap collected first, also with automatic
 * collection off, and tries once more. Where there is still no room it fails, with
 * -ENOSPC for objects and handles and with -ENOMEM for bytes, and has changed nothing.
 * No limit is ever passed, except that an object that is resized counts twice until it
 * has been copied. RESIZE to something that takes no more bytes never meets a limit.
 * What a snapshot copies or keeps until it has been read is not the objects' any more,
 * and counts for no limit.
 *
 * Memory is charged to the memory cgroup of the process that makes the object or the
 * handle. Where that has none left the same happens: the heap is collected, and if that
 * does not help the operation fails with -ENOMEM. It never calls the OOM killer.
 *
 * What a release or a collection frees can be much, and no caller waits for all
 * of it: a long cascade is continued in the background. MHEAP_IOC_SETTLE waits
 * until no such release is under way.
 *
 * Finalizers
 * ----------
 *
 * An object with a finalizer (MHEAP_OP_FINALIZER) is not freed when nothing refers to
 * it any more, or when a collection finds it in a cycle that nothing refers to. It is
 * put into a queue of the heap instead, and a session that listens reads it as an
 * event: with a handle to it, its id and the cookie. Everything that it refers to is
 * there as it was. The program does what is to be done, and drops the handle. When
 * the object is about to die again, it dies; if the program has stored it somewhere,
 * it lives on. So a finalizer is called once in an object's life. These are the rules
 * of Python's PEP 442, and as there:
 *
 * - What such an object refers to lives as long as it does. Of a cycle, or of
 *   whatever else a collection finds unreachable, all objects with finalizers are
 *   handed out, in no order, also those that refer to each other. What else was
 *   found is freed, unless one of them refers to it.
 * - Where the last reference to the object went, what it alone refers to dies after
 *   it, so a finalizer further down is called when the object is freed.
 * - The collector does not wait for programs, and no program is ever interrupted.
 *
 * In the queue an object is alive: weak handles to it can be upgraded. Between the
 * moment when the last reference to an object with a finalizer goes and the moment
 * when it is in the queue, an UPGRADE may say -ENOENT, although the object comes
 * back.
 *
 * The finalizer is not called, and the object dies as any other, where
 * - no session of the heap listens for finalizers when the object is about to die;
 * - the last session that listens ceases to, or ends, with the object in the queue;
 * - as many objects as finalizers_max in sysfs says are in the queue (65536 if nobody
 *   has changed it), as readers are too slow;
 * - the heap ends.
 * All but the last are counted in finalizers_skipped. A process that is killed with
 * handles to objects that it has read drops them; to be sure that somebody acts for
 * it, share the heap.
 *
 * Events
 * ------
 *
 * A session says with MHEAP_IOC_LISTEN what it wants to be told, and then read() on
 * its descriptor gives as many whole struct mheap_event as there are and fit. An
 * object that is handed out goes to one of the sessions that listen for it; what is
 * told of the heap itself is told to each; deaths (DEATH) are told to the session that
 * watched the object. read() waits for the first event, unless
 * the descriptor is O_NONBLOCK, and poll() says POLLIN when there is one. Threads that
 * read from one session share its events. Where the session listens to nothing, or
 * ceases to while somebody reads, read() returns 0 and poll() says POLLHUP.
 *
 * What happens to a heap (COLLECTION_START, COLLECTION_END and LIMIT) is kept for
 * sessions that listen, up to the last 256 such events. Who is slower than that gets
 * LOST, with the number of those that it should have got and that are gone. What fails
 * at a limit tells so once, until an eighth of the limit is free again, it is changed,
 * or a session begins to listen for LIMIT.
 *
 * read() fails with
 *   -EINVAL  there is no room for one event
 *   -EAGAIN  there is none, and the descriptor is O_NONBLOCK
 *   -EFAULT  the memory cannot be written; no event is lost by that
 *   -ENOMEM  no memory for a handle; no event is lost
 *   -ENOSPC  the session has no handle left, or the heap's limit of handles is
 *            reached; likewise
 *   -EINTR   a signal came before an event
 * Where some events have been read, it returns these.
 *
 * Snapshots and sites
 * -------------------
 *
 * MHEAP_IOC_SNAPSHOT takes a snapshot of the heap and returns a descriptor that it is
 * read from: a stream of records (struct mheap_record) to its end. It shows the heap as
 * it was at one instant, during the request, while programs and collections go on: each
 * object that existed then, what it was made of, what each of its slots referred to, and
 * where it was made. No program waits for the reader. What changes before it was read is
 * copied first; the memory for that is charged to who makes the change, and where there
 * is none, the snapshot is lost and read() fails with -ENOMEM, but nothing else does.
 *
 * Exactly of that instant is only what is said above. The count of references from
 * outside and the generation of an object are as they were between that instant and when
 * the object was read. Sessions, handles and named roots are those of when they
 * are read, which is behind the objects: they may refer to objects that the
 * snapshot does not have, and others may be missing.
 *
 * The request fails with
 *   -EBUSY   another snapshot of the heap is being read. One that was read to
 *            its end, or closed, is in nobody's way
 *   -ENOMEM  no memory
 *   -EMFILE  (and -ENFILE) no descriptor is free
 *   -EINTR   a signal killed the process
 * and read() with
 *   -ENOMEM  as said above; the snapshot is of no use
 *   -EINTR   a signal came before anything was read; read on
 *   -EFAULT  the memory cannot be written
 * The descriptor keeps the heap, but is no session. Whoever has a descriptor of the
 * heap can see all of it in a snapshot but for payload; so who shares a heap
 * with a session lets it see that.
 *
 * With the profile on (MHEAP_IOC_SET_PROFILE), the heap notes for each object
 * where it was made: a site. In mode MHEAP_PROFILE_TAGS that is the tag that the
 * program gave to NEW, any number. In mode MHEAP_PROFILE_STACKS it is the tag and, for
 * every @sample-th object, the stack of the program, innermost first, at most
 * MHEAP_SITE_DEPTH addresses; for the others the tag alone. Stacks follow frame
 * pointers (-fno-omit-frame-pointer) as far as they are in memory. A heap tells up to
 * MHEAP_SITES_MAX sites apart; more are MHEAP_SITE_UNKNOWN. An object that was
 * made with the profile off has site 0.
 *
 * Requests with a struct fail with -EFAULT when it cannot be read or written
 * and with -EINVAL when a reserved field is not zero; an unknown request is
 * -ENOTTY.
 */
#ifndef _UAPI_LINUX_MHEAP_H
#define _UAPI_LINUX_MHEAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Changes only when a program built against an older header would break. */
#define MHEAP_ABI			1

#define MHEAP_BATCH_MAX			65536		/* operations */
#define MHEAP_IO_MAX			65536		/* bytes */
#define MHEAP_ATOMIC_IO_MAX		4096		/* bytes */
#define MHEAP_SLOTS_MAX			0x4000000	/* 2^26 */
#define MHEAP_LENGTH_MAX		0x40000000	/* 2^30 bytes */
/* To one object, from slots; and as many again from outside. */
#define MHEAP_REFERENCES_MAX		0xfffffff	/* 2^28 - 1 */
#define MHEAP_GENERATIONS		3
#define MHEAP_GENERATION_PERMANENT	3
#define MHEAP_ENUMERATE_MAX		4096		/* objects */
#define MHEAP_THRESHOLD_MAX		2147483647U
#define MHEAP_ROOT_NAME_MAX		255		/* bytes */
#define MHEAP_ROOTS_MAX			65536
#define MHEAP_WATCHES_MAX		0x100000	/* 2^20 */

/* What an operation does: see "Operations" above. */
enum mheap_opcode {
	MHEAP_OP_NEW		= 1,
	MHEAP_OP_DUP		= 2,
	MHEAP_OP_DROP		= 3,
	MHEAP_OP_LOAD		= 4,
	MHEAP_OP_STORE		= 5,
	MHEAP_OP_SWAP		= 6,
	MHEAP_OP_COMPARE_STORE	= 7,
	MHEAP_OP_READ		= 8,
	MHEAP_OP_WRITE		= 9,
	MHEAP_OP_RESIZE		= 10,
	MHEAP_OP_INFO		= 11,
	MHEAP_OP_SAME		= 12,
	MHEAP_OP_WEAK		= 13,
	MHEAP_OP_UPGRADE	= 14,
	MHEAP_OP_PUBLISH	= 15,
	MHEAP_OP_LOOKUP		= 16,
	MHEAP_OP_UNPUBLISH	= 17,
	MHEAP_OP_FINALIZER	= 18,
	MHEAP_OP_WATCH		= 19,
	MHEAP_OP_UNWATCH	= 20,
};

/* struct mheap_op, @flags: keep the object for this batch, give no handle. */
#define MHEAP_OP_TEMP			0x1
/* The same (PUBLISH): let the name be this object's, whoever had it. */
#define MHEAP_OP_REPLACE		0x2
/* The same (NEW): make an ephemeron. */
#define MHEAP_OP_EPHEMERON		0x4
/* The same (FINALIZER): take it away. */
#define MHEAP_OP_CANCEL			0x8

/* Instead of a handle: the object that operation @i of this batch gave. */
#define MHEAP_RESULT_FLAG		0x8000000000000000ULL
#define MHEAP_RESULT(i)			(MHEAP_RESULT_FLAG | (__u32)(i))

/**
 * struct mheap_op - one operation of a batch
 * @opcode: enum mheap_opcode
 * @flags: MHEAP_OP_*
 * @slot: slot number, from 0
 * @object: handle or MHEAP_RESULT()
 * @target: handle, MHEAP_RESULT() or 0
 * @expected: handle, MHEAP_RESULT() or 0 (COMPARE_STORE)
 * @offset: where in the payload, in bytes (READ, WRITE); the tag of the site (NEW); a
 *          cookie (FINALIZER, WATCH, UNWATCH); shares its place with @expected
 * @length: bytes
 * @data: address in the caller's memory
 * @type: any number (NEW)
 * @slots: how many slots (NEW, RESIZE)
 * @result: written by the module: a value that is not negative, or -errno
 */
struct mheap_op {
	__u16	opcode;
	__u16	flags;
	__u32	slot;
	__u64	object;
	__u64	target;
	union {
		__u64	expected;
		__u64	offset;
	};
	__u64	length;
	__u64	data;
	__u32	type;
	__u32	slots;
	__s64	result;
};

/* struct mheap_submit, @flags: do not stop at an operation that fails. */
#define MHEAP_SUBMIT_CONTINUE		0x1

/**
 * struct mheap_submit - MHEAP_IOC_SUBMIT
 * @ops: address of an array of struct mheap_op
 * @count: its length
 * @flags: MHEAP_SUBMIT_*
 */
struct mheap_submit {
	__u64	ops;
	__u32	count;
	__u32	flags;
};

/* struct mheap_object_info, @flags */
#define MHEAP_OBJECT_TRACKED		0x1	/* the collector knows it: it has slots, or
						 * is or was the key of an ephemeron
						 */
#define MHEAP_OBJECT_FINALIZER		0x2	/* it has a finalizer, called or not */
#define MHEAP_OBJECT_FINALIZED		0x4	/* it was handed out, or will never be */
#define MHEAP_OBJECT_FROZEN		0x8	/* it is in the permanent generation */
#define MHEAP_OBJECT_EPHEMERON		0x10	/* it is one */
#define MHEAP_OBJECT_GARBAGE		0x20	/* it is in the garbage list */
#define MHEAP_OBJECT_WATCHED		0x40	/* a session watches it */

#define MHEAP_OBJECT_INFO_SIZE_0	48		/* of the first version */

/**
 * struct mheap_object_info - what MHEAP_OP_INFO tells
 * @id: names the object; never seen twice in the life of a heap
 * @length: payload in bytes
 * @charged: bytes of memory that the object takes, all told
 * @type: as given to NEW
 * @slots: how many
 * @references: all of them, the handle that asks included
 * @outside: those that do not come from slots
 * @generation: 0 to 2 or MHEAP_GENERATION_PERMANENT, for a tracked object; otherwise 0
 * @flags: MHEAP_OBJECT_*
 */
struct mheap_object_info {
	__u64	id;
	__u64	length;
	__u64	charged;
	__u32	type;
	__u32	slots;
	__u32	references;
	__u32	outside;
	__u32	generation;
	__u32	flags;
};

/**
 * struct mheap_collect - MHEAP_IOC_COLLECT: collect now and wait for the result
 * @generation: in: 0 to 2 (else -EINVAL); the younger ones are taken along
 * @reserved: zero
 * @visited: objects looked at
 * @unreachable: objects found unreachable
 * @freed: of those, how many were freed
 * @uncollectable: of those, how many were kept
 * @nanoseconds: how long it took
 *
 * Works whether or not automatic collection is enabled. -EINTR when a signal
 * kills the process before the collection began.
 */
struct mheap_collect {
	__u32	generation;
	__u32	reserved;
	__u64	visited;
	__u64	unreachable;
	__u64	freed;
	__u64	uncollectable;
	__u64	nanoseconds;
};

/**
 * struct mheap_threshold - MHEAP_IOC_GET_THRESHOLD, MHEAP_IOC_SET_THRESHOLD
 * @value: of generations 0 to 2, each at most MHEAP_THRESHOLD_MAX (else -EINVAL,
 *         and none is changed)
 * @reserved: zero
 */
struct mheap_threshold {
	__u32	value[MHEAP_GENERATIONS];
	__u32	reserved;
};

/**
 * struct mheap_count - MHEAP_IOC_COUNT: how far each generation's counter is
 * @value: of generations 0 to 2
 * @reserved: zero
 */
struct mheap_count {
	__u32	value[MHEAP_GENERATIONS];
	__u32	reserved;
};

/**
 * struct mheap_generation_stats - one generation since the heap was made
 * @collections: how often it was the oldest one collected
 * @visited: objects looked at in those
 * @collected: objects found unreachable and freed
 * @uncollectable: objects found unreachable and kept
 * @nanoseconds: time spent
 * @longest: the longest of them, in nanoseconds
 * @objects: how many are in this generation now
 */
struct mheap_generation_stats {
	__u64	collections;
	__u64	visited;
	__u64	collected;
	__u64	uncollectable;
	__u64	nanoseconds;
	__u64	longest;
	__u64	objects;
};

#define MHEAP_NAME_MAX			32	/* with the final NUL */
#define MHEAP_STATS_SIZE_0		272	/* of the first version */

/**
 * struct mheap_stats - MHEAP_IOC_STATS: the heap as it is now
 * @size: in: sizeof(struct mheap_stats) as the program knows it, at least
 *        MHEAP_STATS_SIZE_0 (else -EINVAL); out: how many bytes were filled
 * @abi: MHEAP_ABI
 * @name: of the heap's directory in /sys/kernel/mheap
 * @objects: objects that exist, those waiting for their release included
 * @bytes: memory that they take, the heap's own tables not counted
 * @handles: that the sessions of the heap have open, weak ones included
 * @sessions: of the heap
 * @pending: a release is being continued in the background: 1, else 0
 * @created: objects ever made
 * @freed_by_count: objects freed because their last reference went
 * @freed_by_collector: objects freed because a collection found them
 * @table_bytes: memory that the object table takes
 * @generation: each generation
 * @finalizing: objects in the queue of finalizers (this and the following are not in the
 *              first version)
 * @finalizers_skipped: objects whose finalizers were not called, and never will be
 * @frozen: objects in the permanent generation
 * @garbage: objects in the garbage list
 * @limit_failures: operations that failed because of a limit
 *
 * The figures are read one after the other while other sessions go on; on a
 * heap at rest they agree.
 */
struct mheap_stats {
	__u32	size;
	__u32	abi;
	char	name[MHEAP_NAME_MAX];
	__u64	objects;
	__u64	bytes;
	__u64	handles;
	__u32	sessions;
	__u32	pending;
	__u64	created;
	__u64	freed_by_count;
	__u64	freed_by_collector;
	__u64	table_bytes;
	struct mheap_generation_stats generation[MHEAP_GENERATIONS];
	__u64	finalizing;
	__u64	finalizers_skipped;
	__u64	frozen;
	__u64	garbage;
	__u64	limit_failures;
};

/**
 * struct mheap_join - MHEAP_IOC_JOIN: become a session of another heap
 * @fd: a descriptor of any session of that heap
 * @reserved: zero
 *
 * For a fresh descriptor only: one on which MHEAP_IOC_SUBMIT, MHEAP_IOC_LISTEN,
 * MHEAP_IOC_ENUMERATE, read() and poll() were never called, that has not joined another
 * heap, and whose own heap nobody has joined. Other requests are allowed before; they
 * concern the heap that is given up.
 *   -EBADF   @fd is not an open descriptor
 *   -EINVAL  @fd is not one of /dev/mheap, or is of the same session
 *   -EBUSY   the descriptor is not fresh
 */
struct mheap_join {
	__s32	fd;
	__u32	reserved[3];
};

/**
 * struct mheap_root_names - MHEAP_IOC_ROOTS: the names of the heap's roots
 * @names: address of memory; filled with names and a 0 behind each
 * @size: in: bytes of it, at least MHEAP_ROOT_NAME_MAX + 1 (else -EINVAL); out: bytes
 *        filled
 * @cursor: in: 0 at first, then what came out; out: 0 if there are no more
 * @count: out: how many names were filled in
 * @reserved: zero
 *
 * Names that are there from the first call to the last are given once, in no
 * order; others may be given.
 *   -EINVAL  @cursor is none that came out
 *   -E2BIG   names that are given together do not fit: a larger @size is needed
 *            (65536 is enough for any names that were not chosen against it)
 *   -EFAULT  @names cannot be written
 *   -ENOMEM  no memory
 */
struct mheap_root_names {
	__u64	names;
	__u32	size;
	__u32	cursor;
	__u32	count;
	__u32	reserved;
};

/* What an event is about; see "Events" above. */
enum mheap_event_kind {
	MHEAP_EVENT_FINALIZE		= 1,	/* @handle @id @cookie: an object */
	MHEAP_EVENT_DEATH		= 2,	/* @id @cookie: of an object that was watched */
	MHEAP_EVENT_COLLECTION_START	= 3,	/* @generation */
	/* @generation @id: nanoseconds @value: visited, freed, uncollectable */
	MHEAP_EVENT_COLLECTION_END	= 4,
	MHEAP_EVENT_LIMIT		= 5,	/* @generation: which @value: used, limit */
	MHEAP_EVENT_LOST		= 6,	/* @value: how many of kinds 3 to 5 */
};

/**
 * struct mheap_event - what read() gives
 * @kind: enum mheap_event_kind; it says what else is filled; all the rest is 0
 * @generation: of a collection, or which limit: 0 objects, 1 bytes, 2 handles
 * @handle: the session's, to be dropped by the program
 * @id: of an object
 * @cookie: as it was given with the operation
 * @time: when it happened, or when it was read (FINALIZE, LOST); CLOCK_MONOTONIC, in
 *        nanoseconds
 * @value: numbers
 */
struct mheap_event {
	__u32	kind;
	__u32	generation;
	__u64	handle;
	__u64	id;
	__u64	cookie;
	__u64	time;
	__u64	value[3];
};

/**
 * struct mheap_listen - MHEAP_IOC_LISTEN: what the session wants to be told
 * @kinds: 1 << each enum mheap_event_kind, in place of what it was; 0 for nothing any
 *         more; LOST needs no bit and has none (-EINVAL, as for unknown ones)
 * @reserved: zero
 *
 * What happened before is not told. -ENOMEM if there is no memory; never for 0.
 */
struct mheap_listen {
	__u32	kinds;
	__u32	reserved;
};

#define MHEAP_PROFILE_OFF		0
#define MHEAP_PROFILE_TAGS		1
#define MHEAP_PROFILE_STACKS		2

#define MHEAP_SITE_UNKNOWN		1
#define MHEAP_SITE_DEPTH		16	/* addresses */
#define MHEAP_SITES_MAX			65536

/**
 * struct mheap_profile - MHEAP_IOC_GET_PROFILE, MHEAP_IOC_SET_PROFILE
 * @mode: MHEAP_PROFILE_* (else -EINVAL)
 * @sample: take the stack of every so many objects that are made; 0 to leave it
 *
 * SET_PROFILE fails with -ENOMEM without memory; then nothing is changed.
 */
struct mheap_profile {
	__u32	mode;
	__u32	sample;
};

/**
 * struct mheap_snapshot - MHEAP_IOC_SNAPSHOT
 * @flags: zero (else -EINVAL)
 * @reserved: zero
 */
struct mheap_snapshot {
	__u32	flags;
	__u32	reserved;
};

/* struct mheap_debug, @flags: what the kernel log says, and what becomes of garbage. */
#define MHEAP_DEBUG_STATS		0x1	/* a line for each collection */
#define MHEAP_DEBUG_COLLECTABLE		0x2	/* a line for each that freed something */
#define MHEAP_DEBUG_UNCOLLECTABLE	0x4	/* a line for each that kept something */
#define MHEAP_DEBUG_SAVEALL		0x20	/* keep what is unreachable, see above */
#define MHEAP_DEBUG_LEAK		0x26	/* all but the first */

/**
 * struct mheap_debug - MHEAP_IOC_GET_DEBUG, MHEAP_IOC_SET_DEBUG
 * @flags: MHEAP_DEBUG_* (others are -EINVAL)
 * @reserved: zero
 */
struct mheap_debug {
	__u32	flags;
	__u32	reserved;
};

/* struct mheap_enumerate, @what */
#define MHEAP_ENUMERATE_OBJECTS		1	/* that are tracked, by generation */
#define MHEAP_ENUMERATE_REFERRERS	2	/* with a slot that refers to @object */
#define MHEAP_ENUMERATE_GARBAGE		3	/* that are in the garbage list */

/* The same, @flags: give ids (see struct mheap_object_info) instead of handles. */
#define MHEAP_ENUMERATE_IDS		0x1

/**
 * struct mheap_enumerate - MHEAP_IOC_ENUMERATE: find objects of the heap
 * @what: MHEAP_ENUMERATE_*
 * @generations: OBJECTS: 1 << generation for each that is wanted, 0 to 2 and
 *               MHEAP_GENERATION_PERMANENT, at least one; otherwise 0
 * @cursor: in: 0 at first, then what came out; out: 0 if there are no more
 * @object: REFERRERS: a strong handle; otherwise 0
 * @handles: address of an array of __u64, filled with strong handles or ids
 * @count: in: its length, 1 to MHEAP_ENUMERATE_MAX; out: how many were filled in
 * @flags: MHEAP_ENUMERATE_IDS or 0
 *
 * Objects that are there from the first call to the last, and fit the description all
 * the time, are given once, in no order; others may be given. Fewer than @count may be
 * given, even none, although there are more. Objects that no program can reach are found
 * as well, as long as no collection has found them; a handle keeps them alive. It is the
 * session's as any other, and to be dropped by it. An object that refers to @object from
 * several slots is given once; an ephemeron does not refer to its key.
 *   -EINVAL     a field is not as described, or @object is a weak handle
 *   -EBADF, -ESTALE  @object is no handle of this session, or has been dropped
 *   -EFAULT     @handles or the struct cannot be written; the handles are closed again
 *   -ENOMEM     no memory
 *   -ENOSPC     the session has given out all its handles, or the heap's limit of
 *               handles is reached
 *   -EOVERFLOW  an object has MHEAP_REFERENCES_MAX references
 *   -EINTR      a signal kills the process
 */
struct mheap_enumerate {
	__u32	what;
	__u32	generations;
	__u64	cursor;
	__u64	object;
	__u64	handles;
	__u32	count;
	__u32	flags;
};

/*
 * A snapshot: a HEAD; for each object an OBJECT, and behind it, where it has slots, EDGES
 * that tell all of them in order, though objects of one neighbourhood may be told
 * before their edges; then a SESSION with its HANDLEs, for each session; ROOTs; SITEs; and
 * an END. A file that has no END was cut off. More kinds may come, and
 * records may grow at their end: readers go by @size.
 */
enum mheap_record_kind {
	MHEAP_SNAPSHOT_HEAD	= 1,
	MHEAP_SNAPSHOT_OBJECT	= 2,
	MHEAP_SNAPSHOT_EDGES	= 3,
	MHEAP_SNAPSHOT_SESSION	= 4,
	MHEAP_SNAPSHOT_HANDLE	= 5,
	MHEAP_SNAPSHOT_ROOT	= 6,
	MHEAP_SNAPSHOT_SITE	= 7,
	MHEAP_SNAPSHOT_END	= 8,
};

/**
 * struct mheap_record - how each record of a snapshot begins
 * @kind: enum mheap_record_kind
 * @size: bytes of the record, this included; a multiple of 8: zeroes fill it up
 */
struct mheap_record {
	__u32	kind;
	__u32	size;
};

#define MHEAP_SNAPSHOT_MAGIC		0x5048414eU
#define MHEAP_SNAPSHOT_VERSION		1

/**
 * struct mheap_snapshot_head - of what, and when
 * @record: MHEAP_SNAPSHOT_HEAD
 * @magic: MHEAP_SNAPSHOT_MAGIC
 * @version: MHEAP_SNAPSHOT_VERSION
 * @time: nanoseconds since 1970
 * @name: of the heap
 */
struct mheap_snapshot_head {
	struct mheap_record record;
	__u32	magic;
	__u32	version;
	__u64	time;
	char	name[MHEAP_NAME_MAX];
};

/* struct mheap_snapshot_object, @flags, besides MHEAP_OBJECT_*: nothing refers to it. */
#define MHEAP_SNAPSHOT_DEAD		0x10000

/**
 * struct mheap_snapshot_object - an object
 * @record: MHEAP_SNAPSHOT_OBJECT
 * @id: as in struct mheap_object_info; the lower 32 bits are its number, which no other
 *      object of the snapshot has
 * @length: payload in bytes
 * @charged: bytes of memory that it takes, all told
 * @type: as given to NEW
 * @slots: how many
 * @outside: references that do not come from slots
 * @site: number of a SITE, MHEAP_SITE_UNKNOWN, or 0
 * @generation: 0 to 2, or 3 for permanent
 * @flags: MHEAP_OBJECT_TRACKED, MHEAP_OBJECT_EPHEMERON, MHEAP_SNAPSHOT_DEAD
 */
struct mheap_snapshot_object {
	struct mheap_record record;
	__u64	id;
	__u64	length;
	__u64	charged;
	__u32	type;
	__u32	slots;
	__u32	outside;
	__u32	site;
	__u32	generation;
	__u32	flags;
};

/**
 * struct mheap_snapshot_edges - slots of an object
 * @record: MHEAP_SNAPSHOT_EDGES
 * @object: number of the object
 * @first: the first slot
 * @count: how many
 * @reserved: zero
 *
 * Behind it @count times __u32: numbers of the objects that they refer to, or 0. Of
 * an ephemeron slot 0 is always 0: it does not keep its key.
 */
struct mheap_snapshot_edges {
	struct mheap_record record;
	__u32	object;
	__u32	first;
	__u32	count;
	__u32	reserved;
};

/**
 * struct mheap_snapshot_session - a session
 * @record: MHEAP_SNAPSHOT_SESSION
 * @serial: names it in this snapshot
 * @process: that opened it, as the reader knows it; 0 where it knows none
 * @name: of that process, at the time
 */
struct mheap_snapshot_session {
	struct mheap_record record;
	__u32	serial;
	__s32	process;
	char	name[16];
};

#define MHEAP_SNAPSHOT_WEAK		0x1

/**
 * struct mheap_snapshot_handle - a handle
 * @record: MHEAP_SNAPSHOT_HANDLE
 * @handle: as its session knows it
 * @id: of the object
 * @session: serial of the session
 * @flags: MHEAP_SNAPSHOT_WEAK
 */
struct mheap_snapshot_handle {
	struct mheap_record record;
	__u64	handle;
	__u64	id;
	__u32	session;
	__u32	flags;
};

/**
 * struct mheap_snapshot_root - a named root
 * @record: MHEAP_SNAPSHOT_ROOT
 * @id: of the object
 * @length: of the name
 * @reserved: zero
 *
 * Behind it the name, and a 0.
 */
struct mheap_snapshot_root {
	struct mheap_record record;
	__u64	id;
	__u32	length;
	__u32	reserved;
};

/**
 * struct mheap_snapshot_site - a site
 * @record: MHEAP_SNAPSHOT_SITE
 * @tag: as given to NEW
 * @site: its number
 * @depth: length of its stack
 *
 * Behind it @depth times __u64: addresses of instructions, innermost first.
 */
struct mheap_snapshot_site {
	struct mheap_record record;
	__u64	tag;
	__u32	site;
	__u32	depth;
};

/**
 * struct mheap_snapshot_end - it is complete
 * @record: MHEAP_SNAPSHOT_END
 * @objects: how many there were
 * @slots: that were told
 */
struct mheap_snapshot_end {
	struct mheap_record record;
	__u64	objects;
	__u64	slots;
};

#define MHEAP_LIMIT_MAX			0x7fffffffffffffffULL

/**
 * struct mheap_limits - MHEAP_IOC_GET_LIMITS, MHEAP_IOC_SET_LIMITS: see "Limits"
 * @objects: that the heap may have
 * @bytes: of memory that they may take, as in struct mheap_stats
 * @handles: that its sessions may have open, weak ones included
 *
 * 0 for no limit, at most MHEAP_LIMIT_MAX (else -EINVAL, and none is changed). Where
 * there is more already nothing is taken away, but nothing more can be made before
 * there is less. -EINTR when a signal kills the process before they were set.
 */
struct mheap_limits {
	__u64	objects;
	__u64	bytes;
	__u64	handles;
};

#define MHEAP_ALLOCATOR_NAME_SIZE	32	/* with the final NUL */

/**
 * struct mheap_allocator_name - MHEAP_IOC_ALLOCATOR: make the heap with an allocator
 * @name: of the allocator, with a NUL; the rest is zero
 *
 * For a fresh descriptor only, see struct mheap_join. The empty heap that came with
 * it is given up for another one, which has the defaults for new heaps but for the
 * allocator. The descriptor stays fresh.
 *   -EBUSY   the descriptor is not fresh
 *   -EINVAL  there is no NUL, or something behind it
 *   -ENOENT  no allocator has that name
 *   -ENOMEM  no memory
 */
struct mheap_allocator_name {
	char	name[MHEAP_ALLOCATOR_NAME_SIZE];
};

#define MHEAP_IOC_MAGIC			0xC3

/* Returns how many operations were executed. */
#define MHEAP_IOC_SUBMIT	_IOW(MHEAP_IOC_MAGIC, 0x00, struct mheap_submit)
#define MHEAP_IOC_COLLECT	_IOWR(MHEAP_IOC_MAGIC, 0x01, struct mheap_collect)
#define MHEAP_IOC_ENABLE	_IO(MHEAP_IOC_MAGIC, 0x02)
#define MHEAP_IOC_DISABLE	_IO(MHEAP_IOC_MAGIC, 0x03)
/* Returns 1 if automatic collection is enabled, else 0. */
#define MHEAP_IOC_IS_ENABLED	_IO(MHEAP_IOC_MAGIC, 0x04)
#define MHEAP_IOC_GET_THRESHOLD	_IOR(MHEAP_IOC_MAGIC, 0x05, struct mheap_threshold)
#define MHEAP_IOC_SET_THRESHOLD	_IOW(MHEAP_IOC_MAGIC, 0x06, struct mheap_threshold)
#define MHEAP_IOC_COUNT		_IOR(MHEAP_IOC_MAGIC, 0x07, struct mheap_count)
/*
 * Takes struct mheap_stats. Its own @size tells how much of it the program knows,
 * so the number of the request carries no size and stays as the struct grows.
 */
#define MHEAP_IOC_STATS		_IO(MHEAP_IOC_MAGIC, 0x08)
/* Waits until no release is under way; -EINTR when a signal kills the process. */
#define MHEAP_IOC_SETTLE	_IO(MHEAP_IOC_MAGIC, 0x09)
#define MHEAP_IOC_JOIN		_IOW(MHEAP_IOC_MAGIC, 0x0a, struct mheap_join)
#define MHEAP_IOC_ROOTS		_IOWR(MHEAP_IOC_MAGIC, 0x0b, struct mheap_root_names)
#define MHEAP_IOC_LISTEN	_IOW(MHEAP_IOC_MAGIC, 0x0c, struct mheap_listen)
#define MHEAP_IOC_GET_DEBUG	_IOR(MHEAP_IOC_MAGIC, 0x0d, struct mheap_debug)
#define MHEAP_IOC_SET_DEBUG	_IOW(MHEAP_IOC_MAGIC, 0x0e, struct mheap_debug)
/* See "The collector" above. */
#define MHEAP_IOC_FREEZE	_IO(MHEAP_IOC_MAGIC, 0x0f)
#define MHEAP_IOC_UNFREEZE	_IO(MHEAP_IOC_MAGIC, 0x10)
#define MHEAP_IOC_ENUMERATE	_IOWR(MHEAP_IOC_MAGIC, 0x11, struct mheap_enumerate)
/* -EINTR when a signal kills the process; it waits for a collection under way. */
#define MHEAP_IOC_CLEAR_GARBAGE	_IO(MHEAP_IOC_MAGIC, 0x12)
#define MHEAP_IOC_GET_LIMITS	_IOR(MHEAP_IOC_MAGIC, 0x13, struct mheap_limits)
#define MHEAP_IOC_SET_LIMITS	_IOW(MHEAP_IOC_MAGIC, 0x14, struct mheap_limits)
/* Returns a descriptor. */
#define MHEAP_IOC_SNAPSHOT	_IOW(MHEAP_IOC_MAGIC, 0x15, struct mheap_snapshot)
#define MHEAP_IOC_GET_PROFILE	_IOR(MHEAP_IOC_MAGIC, 0x16, struct mheap_profile)
#define MHEAP_IOC_SET_PROFILE	_IOW(MHEAP_IOC_MAGIC, 0x17, struct mheap_profile)
#define MHEAP_IOC_ALLOCATOR	_IOW(MHEAP_IOC_MAGIC, 0x18, struct mheap_allocator_name)

#endif /* _UAPI_LINUX_MHEAP_H */
