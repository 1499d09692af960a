/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The concurrent collector of module/core, as a model that spin explores in every
 * interleaving. tests/model/run says which configurations, and how.
 *
 * What is modelled. Programs, the release worker and the collector, each in a lane
 * of its own. A program works in sections of up to SECTION operations on what it
 * holds (two references from outside): new, load, store, dup, drop; exchanges with
 * -DSWAP; upgrades of one weak reference with -DWEAK=object. With -DFINAL=set these
 * objects have finalizers, and programs take objects from the queue. What dies is
 * released in the section that brought its count to 0, or gets a dead bit and is the
 * worker's: which of the two is chosen freely, so every budget is covered. The
 * collector takes the steps P0 to P9 that are named in its process, of a young
 * set by trial deletion or, with -DFULL, of all objects from their counts from
 * outside. When all programs have ended it makes one full collection more.
 *
 * What is one step. All that happens under one block lock, where somebody else
 * who takes that lock could tell; a decrement of a count; what the collector does
 * with one object, or one slot. A block is one object. An upgrade takes three
 * steps, since the look and the verdict do not take its lock. A handshake passes
 * the lanes one by one, each as soon as it is outside a section. A section sees
 * the phase as it was when the section began, however old that is: a handshake is
 * all that makes anybody see anything newer. So what stands on a handshake is
 * put to the test, as well as the model can: it has no other weak memory, every
 * barrier is argued in the source. Whoever touches does so before the gain, under
 * the same lock, and with that alone the handshake H2 before the look could go
 * (-DNO_H2 holds): it is there for touches that others cannot see yet. -DTOUCH_LATE
 * is like that: without H2 it fails at once, with H2 it holds in what is explored
 * here, which is too small to trust it.
 *
 * With -DWEAK there are weak handles. An enumeration gains its references in the same
 * step of the source, from a number that it comes to instead of one that it remembers,
 * so what holds for upgrades holds for it. A permanent object is to a full collection
 * what one with a count from outside is, and to a young one what an old object is.
 *
 * What is left out: payload, resizing, leaves, runs of numbers that a lane has
 * taken, what happens without memory, counts that overflow.
 *
 * What is asserted. Nothing that a program can reach is freed, by count or by a
 * collection. No count goes below 0. A reference is a number and the life of it
 * that is meant: no gain or loss ever meets another life, or none. An upgrade
 * fails only for what no program can reach, and what it failed for is never got
 * again. No object dies with a finalizer that was not called. At the end nothing unreachable is left and all counts are exact. Nobody
 * waits for ever.
 *
 * -DNO_..., -D..._LATE and their like leave out or misplace one step each.
 */
#ifndef N
#define N	3	/* objects */
#endif
#ifndef L
#define L	1	/* slots of each */
#endif
#ifndef M
#define M	2	/* programs */
#endif
#ifndef K0
#define K0	2	/* operations of the first program */
#endif
#ifndef K1
#define K1	2	/* of the second */
#endif
#ifndef SECTION
#define SECTION	2	/* operations a section may hold */
#endif
#ifndef LIVES
#define LIVES	2	/* how often a number can be used before it is retired */
#endif
#ifndef C
#define C	1	/* collections beside the programs */
#endif
#ifndef SHAPES
#define SHAPES	1	/* how it may begin: a set of 1, 2, 4, 8, see init */
#endif
#ifndef OLD
#define OLD	0	/* objects that are old when it begins */
#endif

#define WORKER	M	/* lane of the release worker */
#define LANES	(M + 1)

#define IDLE	0
#define MARK	1
#define VERDICT	2
#define SWEEP	3

#define ALL		((1 << N) - 1)
#define BIT(o)		(1 << (o))
#define HAS(set, o)	(((set) >> (o)) & 1)

/* A reference: 0 is none; else number and life. */
#define OBJECT(r)	(((r) - 1) % N)
#define LIFE(r)		(((r) - 1) / N)
#define REFERENCE(o)	(1 + (o) + N * life[o])
#define MEANT(r)	(life[OBJECT(r)] == LIFE(r))
#define COUNT(o)	(inside[o] + outside[o])

/* The table. */
byte inside[N];
byte outside[N];
byte slot[N * L];
byte life[N];
byte free;
byte tracked;
byte young;
byte dead;
byte mark = ALL;
byte touched;

/* The heap. */
byte phase;
bit verdict;
#if defined(WEAK) || defined(FINAL)
#define UPGRADES
bit upgraded;
#endif
#ifdef FINAL
byte final = FINAL;	/* has a finalizer that was not called */
byte queued;		/* is in the queue, which holds a reference */
byte calling;		/* is on its way there */
#endif

/* Lanes: 0 outside a section, else 1 + the phase that was seen when it began. */
byte sees[LANES];
byte running = M;

/* What programs hold: two references each, the greater first. */
byte reg[M * 2];
#ifdef WEAK
byte weak;
bit gone;
#endif

/*
 * Scratch of one step: no state. What a d_step changes is not put back when the
 * verifier goes back, so p, q and reach are nobody else's.
 */
hidden byte i, j, x;
hidden byte p, q, reach;

#ifdef FULL
#define TRIAL	0
#else
#define TRIAL	1
byte trial[N];
#endif

/* What programs can reach. */
inline closure() {
	d_step {
#ifdef FINAL
		reach = queued | calling;
#else
		reach = 0;
#endif
		p = 0;
		do
		:: p == M * 2 -> break
		:: else ->
			if
			:: reg[p] -> reach = reach | BIT(OBJECT(reg[p]))
			:: else
			fi;
			p++
		od;
		q = 0;
		do
		:: q == N -> break
		:: else ->
			p = 0;
			do
			:: p == N * L -> break
			:: else ->
				if
				:: HAS(reach, p / L) && slot[p] -> reach = reach | BIT(OBJECT(slot[p]))
				:: else
				fi;
				p++
			od;
			q++
		od
	}
}

/* The number is free, or retired; its object is no more. */
inline give_number(o) {
	closure();
	assert(!HAS(reach, o));
	assert(COUNT(o) == 0);
#ifdef FINAL
	assert(!HAS(final, o));
#endif
	tracked = tracked & ~BIT(o);
	young = young & ~BIT(o);
	life[o]++;
	if
	:: life[o] < LIVES -> free = free | BIT(o)
	:: else
	fi
}

/* A reference from a slot less. What dies goes on the stack or to the worker. */
inline lose_inside(r) {
	x = OBJECT(r);
	assert(MEANT(r));
	assert(inside[x] > 0);
	inside[x]--
}

inline place(r) {
	if
	:: stack == 0 -> stack = r
	:: later = r
	fi
}

#define TOUCHING	(sees[id] > 1 + IDLE)

inline touch(r) {
	if
	:: TOUCHING -> touched = touched | BIT(OBJECT(r))
	:: else
	fi
}

inline take_apart() {
	j = 0;
	do
	:: j == L -> break
	:: else -> body[j] = slot[x * L + j]; slot[x * L + j] = 0; j++
	od;
	give_number(x);
	stack = 0
}

#ifdef FINAL
#define CALLS	calls

inline touch_dead() {
#ifndef NO_TOUCH_CALL
	touch(stack)
#else
	skip
#endif
}

/* Touched, it gains a reference; then it counts as an upgrade, and is queued. */
inline call_step() {
	x = OBJECT(calls);
	if
	:: COUNT(x) == 0 -> outside[x]++
	:: else ->
#ifndef NO_UPGRADED_CALL
		if
		:: !HAS(mark, x) -> upgraded = 1
		:: else
		fi;
#endif
		calling = calling & ~BIT(x);
		queued = queued | BIT(x);
		calls = 0
	fi
}

inline detach() {
	x = OBJECT(stack);
	assert(MEANT(stack));
	if
	:: HAS(final, x) ->
		final = final & ~BIT(x);
		calling = calling | BIT(x);
		touch_dead();
		calls = stack;
		stack = 0
	:: else -> take_apart()
	fi
}
#else
#define CALLS	0

inline call_step() {
	skip
}

inline detach() {
	x = OBJECT(stack);
	assert(MEANT(stack));
	take_apart()
}
#endif

#if L == 1
#define OWES	(body[0])
#else
#define OWES	(body[0] || body[1])
#endif
#define BUSY	(OWES || stack || later || CALLS)
#ifdef WEAK
#define IN_MIDST	(BUSY || rises)
#else
#ifdef TOUCH_LATE
#define IN_MIDST	(BUSY || late)
#else
#define IN_MIDST	BUSY
#endif
#endif

/* One step of a release under way. */
inline release_step() {
	if
	:: later -> dead = dead | BIT(OBJECT(later)); later = 0
	:: !later && CALLS -> call_step()
	:: !later && !CALLS && OWES ->
		s = 0;
		do
		:: body[s] -> break
		:: else -> s++
		od;
		lose_inside(body[s]);
		if
		:: COUNT(x) == 0 -> place(body[s])
		:: else
		fi;
		body[s] = 0;
		s = 0
	:: !later && !CALLS && !OWES -> detach()
	fi
}

inline check_alive(r) {
	assert(MEANT(r) && COUNT(OBJECT(r)) > 0)
}

#define REG0	reg[id * 2]
#define REG1	reg[id * 2 + 1]

inline choose_slot() {
#if L == 1
	s = 0
#else
	if
	:: s = 0
	:: s = 1
	fi
#endif
}

/* The slot s of what h holds gets t, which is held or 0. */
inline store(h, t) {
	choose_slot();
	if
	:: t ->
#ifndef NO_TOUCH_STORE
		touch(t);
#endif
		check_alive(t);
		inside[OBJECT(t)]++
	:: else
	fi;
	x = OBJECT(h) * L + s;
	body[0] = slot[x];
	slot[x] = t;
	s = 0
}

inline drop(h) {
	x = OBJECT(h);
	check_alive(h);
	assert(outside[x] > 0);
	outside[x]--;
	if
	:: COUNT(x) == 0 -> place(h)
	:: else
	fi;
	h = 0
}

#ifdef NO_LIMBO
#define USABLE	free
#else
#define USABLE	(free & mark)
#endif

inline make() {
	x = 0;
	do
	:: HAS(USABLE, x) -> break
	:: else -> x++
	od;
	free = free & ~BIT(x);
	assert(COUNT(x) == 0 && !HAS(dead, x));
	outside[x] = 1;
	tracked = tracked | BIT(x);
	young = young | BIT(x);
	REG1 = REFERENCE(x)
}

inline load() {
	choose_slot();
	x = slot[OBJECT(REG0) * L + s];
	if
	:: x ->
#if defined(TOUCH_LATE)
		late = x;
#elif !defined(NO_TOUCH_LOAD)
		touch(x);
#endif
		check_alive(x);
		outside[OBJECT(x)]++;
		REG1 = x
	:: else
	fi;
	s = 0
}

inline swap(t) {
	choose_slot();
	x = OBJECT(REG0) * L + s;
	if
	:: t ->
		touch(t);
		inside[OBJECT(t)]++
	:: else
	fi;
	REG1 = slot[x];
	slot[x] = t;
	if
	:: REG1 ->
#ifndef NO_TOUCH_SWAP
		touch(REG1);
#endif
		check_alive(REG1);
		x = OBJECT(REG1);
		outside[x]++;
		lose_inside(REG1)
	:: else
	fi;
	s = 0
}

#ifdef WEAK
inline enoent() {
	closure();
	assert(!HAS(reach, OBJECT(weak)));
	gone = 1
}

inline rise() {
	assert(!gone);
	outside[x]++;
	REG1 = weak
}

inline touch_weak() {
	assert(sees[id] == 1 + MARK);
	touch(weak)
}

/* Under the block lock; the look pass and the verdict take no notice of it. */
inline upgrade() {
	x = OBJECT(weak);
	if
	:: !MEANT(weak) || COUNT(x) == 0
	:: else ->
		if
#ifdef UNLOCKED_UPGRADE
		:: HAS(mark, x) -> rises = 3
#else
		:: HAS(mark, x) -> rise()
#endif
		:: !HAS(mark, x) && sees[id] == 1 + SWEEP -> enoent()
		:: !HAS(mark, x) && sees[id] == 1 + VERDICT ->
#ifdef NO_WAIT_UPGRADE
			enoent()
#else
			waits = 1;
			k++
#endif
		:: else ->
#ifdef UPGRADED_FIRST
			upgraded = 1;
#else
			touch_weak();
#endif
			rises = 2
		fi
	fi
}

inline upgrade_more() {
	x = OBJECT(weak);
	if
	:: rises == 2 ->
#ifdef UPGRADED_FIRST
		touch_weak();
#else
		upgraded = 1;
#endif
		rises = 3
	:: rises == 3 ->
		if
		:: MEANT(weak) && COUNT(x) > 0 ->
			rise()
		:: else
		fi;
		rises = 0
	fi
}
#endif

#ifdef FINAL
/* The queue's reference changes hands. */
inline take() {
	x = 0;
	do
	:: HAS(queued, x) -> break
	:: else -> x++
	od;
	queued = queued & ~BIT(x);
	REG1 = REFERENCE(x);
	check_alive(REG1)
}
#endif

inline sort() {
	if
	:: REG0 < REG1 -> x = REG0; REG0 = REG1; REG1 = x
	:: else
	fi
}

/* At the end of a step: the section may end with it. */
inline settle() {
	if
	:: !IN_MIDST ->
		if
		:: n > 0 && k > 0 && !waits
		:: n = 0; sees[id] = 0
		fi
	:: else
	fi
}

proctype program(byte id; byte k) {
	byte body[L], stack, later, s, n;
#ifdef FINAL
	byte calls;
#endif
	bit waits;
#ifdef WEAK
	byte rises;
#endif
#ifdef TOUCH_LATE
	byte late;
#endif

	do
	:: atomic { waits && !verdict -> waits = 0 }
	:: atomic { !sees[id] && !waits && k > 0 -> sees[id] = 1 + phase; n = SECTION }
	:: atomic { sees[id] && !IN_MIDST ->
		k--;
		n--;
		if
		:: !REG1 && USABLE -> make()
		:: !REG1 && REG0 -> load()
		:: !REG1 && REG0 -> outside[OBJECT(REG0)]++; REG1 = REG0
#ifdef SWAP
		:: !REG1 && REG0 -> swap(0)
		:: !REG1 && REG0 -> swap(REG0)
#endif
#ifdef WEAK
		:: !REG1 -> upgrade()
#endif
#ifdef FINAL
		:: !REG1 && queued -> take()
#endif
		:: REG0 -> store(REG0, 0)
		:: REG0 -> store(REG0, REG0)
		:: REG1 -> store(REG0, REG1)
		:: REG1 -> store(REG1, 0)
		:: REG1 -> store(REG1, REG0)
		:: REG0 -> drop(REG0)
		:: REG1 -> drop(REG1)
		:: else
		fi;
		sort();
		settle()
	   }
	:: atomic { sees[id] && BUSY -> release_step(); settle() }
#ifdef WEAK
	:: atomic { sees[id] && rises -> upgrade_more(); sort(); settle() }
#endif
#ifdef TOUCH_LATE
	:: atomic { sees[id] && late -> touch(late); late = 0; settle() }
#endif
	:: atomic { !sees[id] && !waits && k == 0 -> running--; break }
	od
}

#ifdef WORKER_IN_SWEEP
#define TAKEN(phase)	dead
#else
#ifdef WORKER_IN_VERDICT
#define TAKEN(phase)	(dead & (phase == SWEEP -> mark : ALL))
#else
#define TAKEN(phase)	(dead & (phase >= VERDICT -> mark : ALL))
#endif
#endif

proctype worker(byte id) {
	byte body[L], stack, later, s;
#ifdef FINAL
	byte calls;
#endif

end:	do
	:: atomic { !sees[WORKER] && TAKEN(phase) -> sees[WORKER] = 1 + phase }
	:: atomic { sees[WORKER] && !BUSY ->
		if
		:: TAKEN(sees[WORKER] - 1) ->
			x = 0;
			do
			:: HAS(TAKEN(sees[WORKER] - 1), x) -> break
			:: else -> x++
			od;
			dead = dead & ~BIT(x);
			stack = REFERENCE(x);
			detach()
		:: else
		fi;
		if
		:: BUSY
		:: else -> sees[WORKER] = 0
		fi
	   }
	:: atomic { sees[WORKER] && BUSY ->
		release_step();
		if
		:: BUSY
		:: else -> sees[WORKER] = 0
		fi
	   }
	od
}

/* The collector locks and unlocks the lock of one lane after the other. */
inline handshake() {
	do
	:: atomic { !sees[l] -> l++ };
		if
		:: l == LANES -> l = 0; break
		:: else
		fi
	od
}

/* For each object one step. */
#define EACH	do :: atomic {
#define NEXT	o++ }; if :: o == N -> o = 0; break :: else fi od

inline mark_object(o) {
	mark = mark | BIT(o);
	grey = grey | BIT(o)
}

/* Scan an object that is marked, under its lock; a long one in pieces. */
inline scan() {
	if
	:: s == 0 ->
		do
		:: HAS(grey, at) -> break
		:: else -> at++
		od
	:: else
	fi;
	i = slot[at * L + s];
	s++;
	if
	:: s == L -> s = 0; grey = grey & ~BIT(at); at = 0
	:: else
	fi;
	if
	:: i && !HAS(mark, OBJECT(i)) -> x = OBJECT(i); mark_object(x)
	:: else
	fi
}

inline drain() {
	do
	:: grey -> atomic { scan() }
	:: else -> break
	od
}

#ifdef U_NOT_FREE
#define MEMBER(o)	(!HAS(mark, o) && !HAS(free, o))
#else
#define MEMBER(o)	(!HAS(mark, o) && HAS(tracked, o))
#endif
#ifdef DEAD_NOT_IN_U
#define GARBAGE(o)	(MEMBER(o) && !HAS(dead, o))
#else
#define GARBAGE(o)	MEMBER(o)
#endif

inline cut() {
	do
	:: atomic {
		if
		:: GARBAGE(o) ->
			i = slot[o * L + s];
			if
			:: i && HAS(mark, OBJECT(i)) ->
				lose_inside(i);
				if
				:: COUNT(x) == 0 -> later = i
				:: else
				fi
			:: else
			fi;
			s++;
			if
			:: s == L -> s = 0; inside[o] = 0; outside[o] = 0
			:: else
			fi
		:: else -> s = 0
		fi
	   };
	   if
	   :: later -> atomic { dead = dead | BIT(OBJECT(later)); later = 0 }
	   :: else
	   fi;
	   if
	   :: s == 0 -> break
	   :: else
	   fi
	od
}

inline free_object() {
	if
	:: GARBAGE(o) ->
		assert(HAS(tracked, o));
		j = 0;
		do
		:: j == L -> break
		:: else -> slot[o * L + j] = 0; j++
		od;
		dead = dead & ~BIT(o);
		give_number(o)
	:: else
	fi;
	mark = mark | BIT(o)
}

#ifdef FINAL
/* All that is garbage is the collector's alone until some of it is in the queue. */
inline rescue() {
	final = final & ~BIT(o);
	dead = dead & ~BIT(o);
#ifndef NO_TOUCH_RESCUE
	touched = touched | BIT(o);
#endif
	outside[o]++;
#ifdef ONE_BY_ONE
	queued = queued | BIT(o);
#else
	rescued = rescued | BIT(o);
	calling = calling | BIT(o);
#endif
	found = 1
}

inline publish() {
	queued = queued | rescued;
	calling = calling & ~rescued;
	rescued = 0
}
#endif

#if defined(FINAL) && !defined(NO_LOOK_BEHIND)
#define AGAIN	(upgraded || found)
#else
#define AGAIN	upgraded
#endif

proctype collector() {
	byte o, l, s, c, grey, at, later;
#ifdef FINAL
	byte rescued;
#endif
	bit found, whole;

	do
	:: c == C + 1 -> break
	:: else ->
		if
		:: c == C -> running == 0; whole = 1
#ifdef FULL
		:: c < C -> whole = 1
#else
		:: c < C -> whole = 0
#endif
		fi;
		/* P0 */
		atomic { phase = MARK };
		atomic { touched = 0 };
#ifndef NO_H1
		handshake();
#endif
		/* P1 */
		EACH
			if
			:: HAS(tracked, o) && (whole || HAS(young, o)) ->
				mark = mark & ~BIT(o);
#if TRIAL
				trial[o] = (whole -> 0 : COUNT(o))
#endif
			:: else
			fi;
		NEXT;
#if TRIAL
		/* P2 */
		if
		:: whole
		:: else ->
			do
			:: atomic {
				i = (HAS(mark, o) -> 0 : slot[o * L + s]);
				if
				:: i && !HAS(mark, OBJECT(i)) && trial[OBJECT(i)] > 0 -> trial[OBJECT(i)]--
				:: else
				fi;
				s++;
				if
				:: s == L -> s = 0; o++
				:: else
				fi
			   };
			   if
			   :: o == N -> o = 0; break
			   :: else
			   fi
			od
		fi;
#endif
		/* P3 */
		do
		:: atomic {
			if
#if TRIAL
			:: !HAS(mark, o) && (whole && outside[o] || !whole && trial[o]) -> mark_object(o)
#else
			:: !HAS(mark, o) && outside[o] -> mark_object(o)
#endif
			:: else
			fi;
#if TRIAL
			trial[o] = 0;
#endif
			o++
		   };
		   drain();
		   if
		   :: o == N -> o = 0; break
		   :: else
		   fi
		od;
#ifndef NO_H2
		handshake();
#endif
		/* P6 */
look:
#ifndef NO_LOOK
		do
		:: found = 0;
#ifdef UPGRADES
			atomic { upgraded = 0 };
#endif
			do
			:: atomic {
				if
				:: HAS(touched, o) && !HAS(mark, o) -> mark_object(o); found = 1
				:: else
				fi;
				o++
			   };
			   drain();
			   if
			   :: o == N -> o = 0; break
			   :: else
			   fi
			od;
			if
#ifndef ONE_LOOK
			:: found
#endif
			:: else -> break
			fi
		od;
		found = 0;
#endif
		/* V */
		atomic { verdict = 1; phase = VERDICT };
#ifndef NO_H3
		handshake();
#endif
#ifdef FINAL
		/* R */
		if
		:: upgraded
		:: else ->
			EACH
				if
				:: GARBAGE(o) && HAS(final, o) -> rescue()
				:: else
				fi;
			NEXT;
			atomic { publish() }
		fi;
#endif
#if defined(UPGRADES) && !defined(NO_UPGRADED)
		if
		:: atomic { AGAIN -> phase = MARK; verdict = 0; found = 0 }; goto look
		:: atomic { !AGAIN -> phase = SWEEP; verdict = 0; found = 0 }
		fi;
#else
		atomic { phase = SWEEP; verdict = 0 };
#endif
		/* P7 */
		do
		:: cut();
#ifdef FREE_BEFORE_CUT
		   atomic { free_object() };
#endif
		   o++;
		   if
		   :: o == N -> o = 0; break
		   :: else
		   fi
		od;
		/* P8 */
		EACH
			free_object();
		NEXT;
		/* P9 */
		atomic {
			young = (whole -> 0 : 0);
			touched = 0;
			phase = IDLE;
#ifdef WEAK
			assert(!gone || !MEANT(weak) || COUNT(OBJECT(weak)) == 0);
#endif
		};
		c++
	od;
	/* All is quiet: nothing unreachable is left, and all counts are right. */
	atomic {
		dead == 0 && sees[WORKER] == 0;
		closure();
		assert(mark == ALL && tracked == reach);
		o = 0;
		do
		:: o == N -> break
		:: else ->
			i = 0;
			x = 0;
			do
			:: i == N * L -> break
			:: else ->
				if
				:: slot[i] && OBJECT(slot[i]) == o -> x++; assert(MEANT(slot[i]))
				:: else
				fi;
				i++
			od;
			assert(inside[o] == x);
			i = 0;
			x = 0;
			do
			:: i == M * 2 -> break
			:: else ->
				if
				:: reg[i] && OBJECT(reg[i]) == o -> x++; assert(MEANT(reg[i]))
				:: else
				fi;
				i++
			od;
#ifdef FINAL
			if
			:: HAS(queued, o) -> x++
			:: else
			fi;
#endif
			assert(outside[o] == x);
			assert(!HAS(free, o) || COUNT(o) == 0);
			o++
		od
	}
}

inline link(o, s, t) {
	slot[(o) * L + (s)] = 1 + (t);
	inside[t]++
}

inline hold(m, o) {
	outside[o]++;
	reg[(m) * 2] = 1 + (o)
}

#if M > 1
#define also_hold(o)	hold(1, o)
#else
#define also_hold(o)	skip
#endif

init {
	byte o;

	atomic {
		tracked = ALL;
		if
		:: (SHAPES & 1) -> /* a chain that the collector goes against */
			hold(0, N - 1);
			also_hold(N - 1);
			o = N - 1;
			do
			:: o == 0 -> break
			:: else -> link(o, 0, o - 1); o--
			od
		:: (SHAPES & 2) -> /* a ring of the first two, a number free */
			link(0, 0, 1);
			link(1, 0, 0);
			hold(0, 0);
			also_hold(1);
			tracked = 3;
			free = ALL & ~3
		:: (SHAPES & 4) -> /* a chain that the collector goes along */
			hold(0, 0);
			also_hold(0);
			do
			:: o == N - 1 -> o = 0; break
			:: else -> link(o, 0, o + 1); o++
			od
		:: (SHAPES & 8) -> /* a ring that is garbage */
			link(0, 0, 1);
			link(1, 0, 0);
#if N > 2
			hold(0, 2);
			also_hold(2);
#endif
		fi;
#ifdef WEAK
		weak = 1 + WEAK;
#endif
		young = tracked & ~(OLD);
		run program(0, K0);
#if M > 1
		run program(1, K1);
#endif
		run worker(WORKER);
		run collector();
		o = 0
	}
}
