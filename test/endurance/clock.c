// Copyright 2026 The camera_driver authors
// SPDX-License-Identifier: Apache-2.0

// Preload library: the computer's clock is ahead by what the file CLOCK_AHEAD holds [s].
//
// The monotonic clock is not, as when somebody sets the time of a computer.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long ahead(void)
{
  long seconds = 0;
  FILE * file = fopen(getenv("CLOCK_AHEAD"), "r");
  if (file) {
    if (fscanf(file, "%ld", &seconds) != 1) {seconds = 0;}
    fclose(file);
  }
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec * now)
{
  static int (* system_clock_gettime)(clockid_t, struct timespec *);
  if (!system_clock_gettime) {
    *(void **)&system_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  }
  int result = system_clock_gettime(clock, now);
  if (!result && clock == CLOCK_REALTIME) {now->tv_sec += ahead();}
  return result;
}
