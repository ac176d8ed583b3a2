#define _GNU_SOURCE 1
#include "CPlatform.h"

#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>

int cplatform_accept(int listener, void *peer) {
    socklen_t length = sizeof(struct sockaddr_storage);
    return accept4(listener, peer, peer ? &length : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int cplatform_stop_handshakes(int listener) {
    struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &drop};
    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
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
