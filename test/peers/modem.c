// Copyright 2026 The camera_driver authors
// SPDX-License-Identifier: Apache-2.0

// Preload library: gives a pseudo-terminal modem lines.
//
// gphoto2 clears DTR before its first byte and after each change of speed, and gives up when that
// fails. A pseudo-terminal has no modem lines and fails with ENOTTY. Here the request then
// succeeds without effect; every other request, and every real line, gets the system's answer.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>

int ioctl(int fd, unsigned long request, ...)
{
  int (*system_ioctl)(int, unsigned long, ...);
  *(void **)&system_ioctl = dlsym(RTLD_NEXT, "ioctl");

  // The third argument is an int, a pointer or absent: one register-wide word holds each of them.
  va_list arguments;
  va_start(arguments, request);
  void * argument = va_arg(arguments, void *);
  va_end(arguments);

  int result = system_ioctl(fd, request, argument);
  if (result == -1 && (errno == ENOTTY || errno == EINVAL)) {
    switch (request) {
      case TIOCMGET:
        *(int *)argument = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
        return 0;
      case TIOCMBIS:
      case TIOCMBIC:
      case TIOCMSET:
        return 0;
    }
  }
  return result;
}
