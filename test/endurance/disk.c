// Copyright 2026 The camera_driver authors
// SPDX-License-Identifier: Apache-2.0

// Preload library: the n-th call that may change what is below a folder fails, or is the last.
//
// Python's files and SQLite's go through the same calls of the C library, and are counted together.
// A write that fails has written half of its bytes; a close that fails has closed. A disk that is
// full refuses what needs room from then on, a broken one everything.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum {ONCE, FULL, BROKEN, KILLED_BEFORE, KILLED_AFTER};

static char below[4096];
static char within[4096];  // whether a descriptor is of a file or directory there
static long count, at = -1;
static int kind, error;
static char * last;  // the name of the call that was hit; a child tells it its parent

void disk_watch(const char * folder) {snprintf(below, sizeof below, "%s", folder);}

void disk_arm(long call, int what, int number)
{
  if (!last) {
    last = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  }
  count = 0, at = call, kind = what, error = number;
  last[0] = 0;
}

const char * disk_last(void) {return last;}

static int known(int fd) {return fd >= 0 && fd < (int)sizeof within && within[fd];}

static int inside(int directory, const char * path)
{
  if (path && path[0] != '/') {
    return known(directory);
  }
  return path && below[0] && !strncmp(path, below, strlen(below));
}

static int needs_room(const char * name)
{
  return strcmp(name, "close") && strncmp(name, "unlink", 6) && strncmp(name, "ftruncate", 9);
}

// Say whether this call is to fail; may not come back.
static int hit(const char * name)
{
  long number = count++;
  if (at < 0 || number < at || (number > at && kind != FULL && kind != BROKEN) ||
    (kind == FULL && !needs_room(name)))
  {
    return 0;
  }
  if (!last[0]) {
    snprintf(last, 64, "%s", name);
  }
  if (kind == KILLED_BEFORE) {
    kill(getpid(), SIGKILL);
  }
  if (kind == KILLED_AFTER) {
    return 0;
  }
  errno = error;
  return 1;
}

static void done(void)
{
  if (kind == KILLED_AFTER && at >= 0 && count == at + 1) {
    kill(getpid(), SIGKILL);
  }
}

#define SYSTEM(type, name, ...) \
  static type (*system_ ## name)(__VA_ARGS__); \
  if (!system_ ## name) {*(void **)&system_ ## name = dlsym(RTLD_NEXT, #name);}

#define CALL(type, name, condition, half, after, parameters, ...) \
  type name parameters \
  { \
    SYSTEM(type, name, UNPACK parameters) \
    if (!(condition)) {return system_ ## name(__VA_ARGS__);} \
    if (hit(#name)) { \
      int number = errno; \
      half; \
      errno = number; \
      return -1; \
    } \
    type result = system_ ## name(__VA_ARGS__); \
    int number = errno; \
    after; \
    done(); \
    errno = number; \
    return result; \
  }
#define UNPACK(...) __VA_ARGS__

#define OPEN(name, condition, parameters, ...) \
  int name parameters \
  { \
    SYSTEM(int, name, UNPACK parameters) \
    va_list more; \
    va_start(more, flags); \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    int ours = condition; \
    if (ours && (flags & O_CREAT) && hit(#name)) {return -1;} \
    int fd = system_ ## name(__VA_ARGS__, mode); \
    if (fd >= 0 && fd < (int)sizeof within) {within[fd] = ours;} \
    if (ours && (flags & O_CREAT)) {done();} \
    return fd; \
  }

OPEN(open, inside(AT_FDCWD, path), (const char * path, int flags, ...), path, flags)
OPEN(open64, inside(AT_FDCWD, path), (const char * path, int flags, ...), path, flags)
OPEN(openat, inside(directory, path), (int directory, const char * path, int flags, ...),
  directory, path, flags)
OPEN(openat64, inside(directory, path), (int directory, const char * path, int flags, ...),
  directory, path, flags)

CALL(ssize_t, write, known(fd), system_write(fd, data, size / 2), ,
  (int fd, const void * data, size_t size), fd, data, size)
CALL(ssize_t, pwrite, known(fd), system_pwrite(fd, data, size / 2, where), ,
  (int fd, const void * data, size_t size, off_t where), fd, data, size, where)
CALL(ssize_t, pwrite64, known(fd), system_pwrite64(fd, data, size / 2, where), ,
  (int fd, const void * data, size_t size, off64_t where), fd, data, size, where)
CALL(int, fsync, known(fd), , , (int fd), fd)
CALL(int, fdatasync, known(fd), , , (int fd), fd)
CALL(int, ftruncate, known(fd), , , (int fd, off_t size), fd, size)
CALL(int, ftruncate64, known(fd), , , (int fd, off64_t size), fd, size)
CALL(int, close, known(fd), (within[fd] = 0, system_close(fd)), within[fd] = 0, (int fd), fd)
CALL(int, mkdir, inside(AT_FDCWD, path), , , (const char * path, mode_t mode), path, mode)
CALL(int, mkdirat, inside(directory, path), , ,
  (int directory, const char * path, mode_t mode), directory, path, mode)
CALL(int, unlink, inside(AT_FDCWD, path), , , (const char * path), path)
CALL(int, unlinkat, inside(directory, path), , ,
  (int directory, const char * path, int flags), directory, path, flags)
CALL(int, rename, inside(AT_FDCWD, to), , , (const char * from, const char * to), from, to)
CALL(int, renameat, inside(in, to), , ,
  (int of, const char * from, int in, const char * to), of, from, in, to)
CALL(int, link, inside(AT_FDCWD, to), , , (const char * from, const char * to), from, to)
CALL(int, linkat, inside(in, to), , ,
  (int of, const char * from, int in, const char * to, int flags), of, from, in, to, flags)
