// NCCL and the CUDA runtime as far as Mlp uses them, over the memory of the host. A GPU is a number; a stream is a thread that does
// what it is given in order; the ranks of a communicator are in one process. Addresses of "device" memory are not those of the
// host, so who touches them on the host crashes. Sums are made in the reverse order of ranks. Each copy of the file is a world of its own.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define MAX_RANKS 16
#define MAX_OPS 64
#define RING 64
#define MAX_NAMES 64
#define MAX_AREAS 4096
#define MASK 0x400000000000ull

typedef struct { char bytes[128]; } Id;
typedef struct { const char* name; atomic_int calls; int result; } Name;
typedef struct { uintptr_t start, length, mask; int kind; } Area;
typedef struct { atomic_long recorded, done; } Event;
typedef struct { const void* from; atomic_long posted, taken; const void* ring[RING]; } Mail;
typedef struct { int kind, type, op, root; size_t count; const void* from; void* to; } Op;
typedef struct Group { char id[128]; int size; atomic_int joined; atomic_long reached[MAX_RANKS]; Op shown[MAX_RANKS]; Mail mail[MAX_RANKS][MAX_RANKS]; struct Group* next; } Group;
typedef struct Comm { Group* group; int rank; long turn; atomic_int aborted, error, finished; long given; struct Comm* next; } Comm;
typedef struct Work { int kind; void* to; const void* from; size_t length; Event* event; long ticket; Comm* comm; Op ops[MAX_OPS]; int count; struct Work* next; } Work;
typedef struct Stream { pthread_t thread; pthread_mutex_t lock; pthread_cond_t more; Work *first, *last; int ended; } Stream;

enum { COPY, RECORD, AWAIT, COLLECT };
enum { ALLREDUCE, SCATTER, GATHER, BROADCAST, REDUCE, SEND, RECEIVE };
enum { SUM, PROD, MAX, MIN, AVG };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Name names[MAX_NAMES];
static Area areas[MAX_AREAS];
static int area_count;
static Group* groups;
static Comm* comms;
static atomic_int version = 22105, devices = 8, hang_rank = -1, init_hangs, blocks, last_id;
static __thread int depth;
static __thread Work* together;
static __thread Stream* together_stream;

static Name* find_name(const char* name) {
  for (int i = 0; i < MAX_NAMES; i++) {
    if (names[i].name == NULL) { names[i].name = strdup(name); }
    if (strcmp(names[i].name, name) == 0) { return &names[i]; }
  }
  abort();
}

static int enter(const char* name) {
  pthread_mutex_lock(&lock);
  Name* found = find_name(name);
  pthread_mutex_unlock(&lock);
  found->calls++;
  int result = found->result;
  found->result = 0;
  return result;
}
#define ENTER(name) do { int refused = enter(name); if (refused) { return refused; } } while (0)

API int fake_count(const char* name) { pthread_mutex_lock(&lock); int calls = find_name(name)->calls; pthread_mutex_unlock(&lock); return calls; }
API void fake_fail(const char* name, int result) { pthread_mutex_lock(&lock); find_name(name)->result = result; pthread_mutex_unlock(&lock); }
API void fake_set(const char* what, int value) {
  if (strcmp(what, "version") == 0) { version = value; }
  else if (strcmp(what, "devices") == 0) { devices = value; }
  else if (strcmp(what, "hang") == 0) { hang_rank = value; }
  else if (strcmp(what, "init_hangs") == 0) { init_hangs = value; }
  else if (strcmp(what, "blocks") == 0) { blocks = value; }
  else { abort(); }
}
API void fake_async_error(int rank, int error) {
  pthread_mutex_lock(&lock);
  for (Comm* c = comms; c; c = c->next) { if (c->rank == rank) { c->error = error; } }
  pthread_mutex_unlock(&lock);
}

static void add_area(uintptr_t start, size_t length, uintptr_t mask, int kind) {
  pthread_mutex_lock(&lock);
  areas[area_count++] = (Area){ start, length, mask, kind };
  pthread_mutex_unlock(&lock);
}
API void fake_register(void* memory, size_t length) { add_area((uintptr_t)memory, length, 0, 2); }
static Area find_area(const void* at) {
  Area found = { 0, 0, 0, 0 };
  pthread_mutex_lock(&lock);
  for (int i = 0; i < area_count; i++) {
    if ((uintptr_t)at >= areas[i].start && (uintptr_t)at < areas[i].start + areas[i].length) { found = areas[i]; }
  }
  pthread_mutex_unlock(&lock);
  return found;
}
static void* real(const void* at) { return (void*)((uintptr_t)at ^ find_area(at).mask); }
static void remove_area(uintptr_t start) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < area_count; i++) { if (areas[i].start == start) { areas[i] = areas[--area_count]; break; } }
  pthread_mutex_unlock(&lock);
}
API int fake_areas(void) { pthread_mutex_lock(&lock); int count = area_count; pthread_mutex_unlock(&lock); return count; }

// ---- numbers

static size_t size_of(int type) { return type == 8 || type == 4 ? 8 : type == 7 || type == 2 ? 4 : type == 6 || type == 9 ? 2 : 1; }
static float bf(uint16_t bits) { uint32_t wide = (uint32_t)bits << 16; float value; memcpy(&value, &wide, 4); return value; }
static uint16_t to_bf(float value) { uint32_t bits; memcpy(&bits, &value, 4); return value != value ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16; }
#define APPLY(T, acc, x, op) ((op) == PROD ? (T)((acc) * (x)) : (op) == MAX ? ((x) > (acc) ? (x) : (acc)) : (op) == MIN ? ((x) < (acc) ? (x) : (acc)) : (T)((acc) + (x)))
#define REDUCE_AS(S, T, LOAD, STORE) \
  for (size_t i = 0; i < count; i++) { \
    T acc = 0; \
    for (int r = size - 1; r >= 0; r--) { \
      T x = LOAD(((const S*)from[r])[i]); \
      if (op == AVG) { x = (T)(x * scale); } \
      acc = r == size - 1 ? x : APPLY(T, acc, x, op); \
    } \
    ((S*)to)[i] = STORE(acc); \
  }
#define SAME(x) (x)
#define HALF(x) ((float)(x))
#define TO_HALF(x) ((_Float16)(x))
static void reduce(void* to, const void** from, int size, size_t count, int type, int op) {
  double scale = 1.0 / size;
  switch (type) {
    case 2: REDUCE_AS(uint32_t, int32_t, SAME, SAME) break;
    case 4: REDUCE_AS(uint64_t, int64_t, SAME, SAME) break;
    case 6: REDUCE_AS(_Float16, float, HALF, TO_HALF) break;
    case 7: REDUCE_AS(float, float, SAME, SAME) break;
    case 8: REDUCE_AS(double, double, SAME, SAME) break;
    case 9: REDUCE_AS(uint16_t, float, bf, to_bf) break;
    default: abort();
  }
}

// ---- communicators

static int pause_or_aborted(Comm* comm) { usleep(20); return comm->aborted; }
static int meet(Comm* comm) {
  long turn = ++comm->turn;
  comm->group->reached[comm->rank] = turn;
  for (int r = 0; r < comm->group->size; r++) { while (comm->group->reached[r] < turn) { if (pause_or_aborted(comm)) { return 0; } } }
  return 1;
}
static int collective(Comm* comm, Op* op) {
  Group* g = comm->group;
  g->shown[comm->rank] = *op;
  if (!meet(comm)) { return 0; }
  size_t bytes = op->count * size_of(op->type), all = bytes * (op->kind == GATHER ? g->size : 1);
  int takes = op->kind != REDUCE || op->root == comm->rank;
  char* made = malloc(all + 1);
  const void* from[MAX_RANKS];
  for (int r = 0; r < g->size; r++) {
    Op* other = &g->shown[r];
    if (other->kind != op->kind || other->count != op->count || other->type != op->type || other->op != op->op || other->root != op->root) { comm->error = 4; }
    from[r] = (char*)real(other->from) + (op->kind == SCATTER ? bytes * comm->rank : 0);
    if (op->kind == GATHER) { memcpy(made + bytes * r, from[r], bytes); }
  }
  if (op->kind == BROADCAST) { memcpy(made, from[op->root], bytes); }
  else if (op->kind != GATHER && takes) { reduce(made, from, g->size, op->count, op->type, op->op); }
  int met = meet(comm);
  if (met && takes) { memcpy(real(op->to), made, all); }
  free(made);
  return met;
}
static void collect(Comm* comm, Op* ops, int count) {
  while (hang_rank == comm->rank) { if (pause_or_aborted(comm)) { return; } }
  Group* g = comm->group;
  for (int i = 0; i < count; i++) {
    if (ops[i].kind == SEND) { Mail* m = &g->mail[comm->rank][ops[i].root]; m->ring[m->posted % RING] = real(ops[i].from); m->posted++; }
  }
  for (int i = 0; i < count; i++) { if (ops[i].kind < SEND && !collective(comm, &ops[i])) { return; } }
  for (int i = 0; i < count; i++) {
    if (ops[i].kind != RECEIVE) { continue; }
    Mail* m = &g->mail[ops[i].root][comm->rank];
    while (m->posted == m->taken) { if (pause_or_aborted(comm)) { return; } }
    memcpy(real(ops[i].to), m->ring[m->taken % RING], ops[i].count);
    m->taken++;
  }
  for (int i = 0; i < count; i++) {
    if (ops[i].kind != SEND) { continue; }
    Mail* m = &g->mail[comm->rank][ops[i].root];
    while (m->taken < m->posted) { if (pause_or_aborted(comm)) { return; } }
  }
}

// ---- streams

static void* serve(void* argument) {
  Stream* s = argument;
  for (;;) {
    pthread_mutex_lock(&s->lock);
    while (!s->first && !s->ended) { pthread_cond_wait(&s->more, &s->lock); }
    Work* w = s->first;
    if (w && !(s->first = w->next)) { s->last = NULL; }
    pthread_mutex_unlock(&s->lock);
    if (!w) { return NULL; }
    switch (w->kind) {
      case COPY: memcpy(real(w->to), real(w->from), w->length); break;
      case RECORD: w->event->done = w->ticket; break;
      case AWAIT: while (w->event->done < w->ticket) { usleep(20); } break;
      default: collect(w->comm, w->ops, w->count); w->comm->finished++; break;
    }
    free(w);
  }
}
static void give(Stream* s, Work* w) {
  pthread_mutex_lock(&s->lock);
  if (s->last) { s->last->next = w; } else { s->first = w; }
  s->last = w;
  pthread_cond_signal(&s->more);
  pthread_mutex_unlock(&s->lock);
}
static Work* new_work(int kind) { Work* w = calloc(1, sizeof(Work)); w->kind = kind; return w; }
static int start(Work* w, Stream* s) {
  Comm* comm = w->comm;
  long mine = ++comm->given;
  give(s, w);
  while (blocks && comm->finished < mine) { if (comm->aborted) { return 3; } usleep(50); }
  return 0;
}
static int add(Op op, Comm* comm, Stream* s) {
  if (depth == 0) { Work* w = new_work(COLLECT); w->comm = comm; w->ops[w->count++] = op; return start(w, s); }
  if (!together) { together = new_work(COLLECT); together->comm = comm; together_stream = s; }
  if (together->count == MAX_OPS) { abort(); }
  together->ops[together->count++] = op;
  return 0;
}

// ---- NCCL

API int ncclGetVersion(int* out) { ENTER("ncclGetVersion"); *out = version; return 0; }
API const char* ncclGetErrorString(int result) { return result == 1 ? "unhandled cuda error" : result == 2 ? "unhandled system error" : result == 3 ? "internal error" : result == 4 ? "invalid argument" : result == 6 ? "remote process exited or there was a network error" : "other error"; }
API const char* ncclGetLastError(void* comm) { return ""; }
API int ncclGetUniqueId(Id* id) { ENTER("ncclGetUniqueId"); memset(id, 7, sizeof *id); snprintf(id->bytes + 100, 28, "%d", ++last_id); return 0; }
static Comm* join(const Id* id, int size, int rank) {
  pthread_mutex_lock(&lock);
  Group* g = groups;
  while (g && memcmp(g->id, id->bytes, 128) != 0) { g = g->next; }
  if (!g) { g = calloc(1, sizeof(Group)); memcpy(g->id, id->bytes, 128); g->size = size; g->next = groups; groups = g; }
  Comm* comm = calloc(1, sizeof(Comm));
  comm->group = g;
  comm->rank = rank;
  comm->next = comms;
  comms = comm;
  g->joined++;
  pthread_mutex_unlock(&lock);
  return comm;
}
API int ncclCommInitRank(void** out, int size, Id id, int rank) {
  ENTER("ncclCommInitRank");
  while (init_hangs) { usleep(1000); }
  Comm* comm = join(&id, size, rank);
  while (comm->group->joined < size) { usleep(50); }
  *out = comm;
  return comm->group->size == size ? 0 : 4;
}
API int ncclCommInitAll(void** out, int size, const int* list) {
  ENTER("ncclCommInitAll");
  Id id;
  memset(&id, 9, sizeof id);
  snprintf(id.bytes, 28, "%d", ++last_id);
  for (int r = 0; r < size; r++) { out[r] = join(&id, size, r); }
  return 0;
}
API int ncclCommDestroy(Comm* comm) { ENTER("ncclCommDestroy"); return 0; }
API int ncclCommAbort(Comm* comm) { ENTER("ncclCommAbort"); comm->aborted = 1; return 0; }
API int ncclCommGetAsyncError(Comm* comm, int* error) { ENTER("ncclCommGetAsyncError"); *error = comm->error; return 0; }
API int ncclGroupStart(void) { ENTER("ncclGroupStart"); depth++; return 0; }
API int ncclGroupEnd(void) {
  ENTER("ncclGroupEnd");
  if (--depth > 0 || !together) { return 0; }
  Work* w = together;
  together = NULL;
  return start(w, together_stream);
}
API int ncclAllReduce(const void* from, void* to, size_t count, int type, int op, Comm* comm, Stream* s) { ENTER("ncclAllReduce"); return add((Op){ ALLREDUCE, type, op, 0, count, from, to }, comm, s); }
API int ncclReduceScatter(const void* from, void* to, size_t count, int type, int op, Comm* comm, Stream* s) { ENTER("ncclReduceScatter"); return add((Op){ SCATTER, type, op, 0, count, from, to }, comm, s); }
API int ncclAllGather(const void* from, void* to, size_t count, int type, Comm* comm, Stream* s) { ENTER("ncclAllGather"); return add((Op){ GATHER, type, 0, 0, count, from, to }, comm, s); }
API int ncclBroadcast(const void* from, void* to, size_t count, int type, int root, Comm* comm, Stream* s) { ENTER("ncclBroadcast"); return add((Op){ BROADCAST, type, 0, root, count, from, to }, comm, s); }
API int ncclReduce(const void* from, void* to, size_t count, int type, int op, int root, Comm* comm, Stream* s) { ENTER("ncclReduce"); return add((Op){ REDUCE, type, op, root, count, from, to }, comm, s); }
API int ncclSend(const void* from, size_t count, int type, int peer, Comm* comm, Stream* s) { ENTER("ncclSend"); return add((Op){ SEND, type, 0, peer, count, from, NULL }, comm, s); }
API int ncclRecv(void* to, size_t count, int type, int peer, Comm* comm, Stream* s) { ENTER("ncclRecv"); return add((Op){ RECEIVE, type, 0, peer, count, NULL, to }, comm, s); }

// ---- CUDA

API const char* cudaGetErrorString(int result) { return result == 2 ? "out of memory" : result == 100 ? "no CUDA-capable device is detected" : "other error"; }
API int cudaGetLastError(void) { return 0; }
API int cudaGetDeviceCount(int* count) { ENTER("cudaGetDeviceCount"); *count = devices; return devices == 0 ? 100 : 0; }
API int cudaSetDevice(int device) { ENTER("cudaSetDevice"); return device < devices ? 0 : 101; }
API int cudaDeviceGetPCIBusId(char* text, int length, int device) { snprintf(text, length, "0000:%02x:00.0", device); return 0; }
API int cudaMalloc(void** out, size_t length) { ENTER("cudaMalloc"); uintptr_t at = (uintptr_t)malloc(length) ^ MASK; add_area(at, length, MASK, 2); *out = (void*)at; return 0; }
API int cudaFree(void* at) { ENTER("cudaFree"); free(real(at)); remove_area((uintptr_t)at); return 0; }
API int cudaHostAlloc(void** out, size_t length, unsigned flags) { ENTER("cudaHostAlloc"); *out = malloc(length); add_area((uintptr_t)*out, length, 0, 1); return 0; }
API int cudaFreeHost(void* at) { ENTER("cudaFreeHost"); remove_area((uintptr_t)at); free(at); return 0; }
API int cudaStreamCreateWithFlags(Stream** out, unsigned flags) {
  ENTER("cudaStreamCreateWithFlags");
  Stream* s = calloc(1, sizeof(Stream));
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->more, NULL);
  pthread_create(&s->thread, NULL, serve, s);
  *out = s;
  return flags == 1 ? 0 : 1;
}
API int cudaStreamDestroy(Stream* s) {
  ENTER("cudaStreamDestroy");
  pthread_mutex_lock(&s->lock);
  s->ended = 1;
  pthread_cond_signal(&s->more);
  pthread_mutex_unlock(&s->lock);
  pthread_join(s->thread, NULL);
  free(s);
  return 0;
}
API int cudaEventCreateWithFlags(Event** out, unsigned flags) { ENTER("cudaEventCreateWithFlags"); *out = calloc(1, sizeof(Event)); return 0; }
API int cudaEventDestroy(Event* e) { ENTER("cudaEventDestroy"); free(e); return 0; }
API int cudaEventRecord(Event* e, Stream* s) {
  ENTER("cudaEventRecord");
  long ticket = ++e->recorded;
  if (!s) { e->done = ticket; return 0; }
  Work* w = new_work(RECORD);
  w->event = e;
  w->ticket = ticket;
  give(s, w);
  return 0;
}
API int cudaEventQuery(Event* e) { return e->done < e->recorded ? 600 : 0; }
API int cudaStreamWaitEvent(Stream* s, Event* e, unsigned flags) { ENTER("cudaStreamWaitEvent"); Work* w = new_work(AWAIT); w->event = e; w->ticket = e->recorded; give(s, w); return 0; }
API int cudaMemcpyAsync(void* to, const void* from, size_t length, int kind, Stream* s) {
  ENTER("cudaMemcpyAsync");
  if (kind != 4) { return 1; }
  Work* w = new_work(COPY);
  w->to = to;
  w->from = from;
  w->length = length;
  give(s, w);
  return 0;
}
API int cudaPointerGetAttributes(char* attributes, const void* at) { ENTER("cudaPointerGetAttributes"); memset(attributes, 0, 32); *(int*)attributes = find_area(at).kind; return 0; }
