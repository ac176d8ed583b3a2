#define _GNU_SOURCE 1
#include "CPlatform.h"

#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

int cplatform_accept(int listener, void *peer) {
    socklen_t length = sizeof(struct sockaddr_storage);
    return accept4(listener, peer, peer ? &length : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int cplatform_affinity_count(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

void cplatform_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
