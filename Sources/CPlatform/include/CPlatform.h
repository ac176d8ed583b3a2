// What `import Glibc` lacks because it sits behind _GNU_SOURCE.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <stddef.h>

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC: no window in which a fork could leak the descriptor.
/// Fills in the peer's address unless `peer` is null; it must have room for a sockaddr_storage. Returns the descriptor, or -1 with errno set.
int cplatform_accept(int listener, void *peer);

/// Makes a listening TCP socket drop every SYN that arrives (SO_ATTACH_FILTER, socket(7)): handshakes under way are
/// finished, no others begin. Clients try again a second later, and are refused if the socket is closed by then.
/// Returns 0, or -1 with errno set.
int cplatform_stop_handshakes(int listener);

/// The number of CPUs this process may run on (sched_getaffinity(2)), at least 1.
int cplatform_affinity_count(void);

/// Names the calling thread (pthread_setname_np(3)), at most 15 characters.
void cplatform_name_thread(const char *name);

/// Makes two paths change places in one step (renameat2(2), RENAME_EXCHANGE). Returns 0, or -1 with errno set.
int cplatform_exchange(const char *first, const char *second);

/// Opens /dev/null on each of the descriptors 0 to 2 that is closed: what is opened later would else be taken for standard
/// output or error. To be called before anything is opened.
void cplatform_open_standard_descriptors(void);

/// Has malloc(3) take long pieces of memory from the system one by one and give each back when it is freed, and the end of
/// its heaps as soon as that much of it is free: an hour's largest answers do not stay in the process.
void cplatform_give_back_memory(void);

/// Gives back to the system what is free in the middle of malloc's heaps (malloc_trim(3)).
///
/// Takes milliseconds for a gigabyte, during which other threads wait for memory.
void cplatform_trim_memory(void);

/// Tells the core that the caller is spinning, so that it saves power and leaves its sibling room.
static inline void cplatform_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
