#ifndef GANTRY_CPOSTGRESQL_H
#define GANTRY_CPOSTGRESQL_H

#include <dlfcn.h>
#include <postgresql/libpq-fe.h>
#include <stddef.h>

/// The functions of libpq that the sink calls, found when it starts and not when the binary is loaded: libpq brings 20
/// libraries with it (LDAP, Kerberos, TLS), which cost every process 10 ms and 5 MB, and only the sink needs them.
/// The header gives each its type, so that a wrong call does not compile.
#define GANTRY_LIBPQ_FUNCTIONS(X) \
  X(connectdbParams) X(finish) X(status) X(errorMessage) X(socket) X(backendPID) X(serverVersion) \
  X(exec) X(sendQueryParams) X(enterPipelineMode) X(exitPipelineMode) X(pipelineSync) X(getResult) \
  X(resultStatus) X(resultErrorField) X(resultErrorMessage) X(ntuples) X(nfields) X(getvalue) X(getlength) \
  X(getisnull) X(cmdTuples) X(clear) X(putCopyData) X(putCopyEnd) X(conninfoParse) X(conninfoFree) X(freemem) \
  X(setNoticeProcessor) X(libVersion) X(fname)

typedef struct gantry_libpq {
#define X(name) __typeof__(&PQ##name) name;
  GANTRY_LIBPQ_FUNCTIONS(X)
#undef X
} gantry_libpq;

/// Fills the table. NULL on success; else what is missing, in words of the dynamic linker.
static inline const char *gantry_libpq_load(gantry_libpq *table) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
#define X(name) \
  table->name = (__typeof__(table->name))dlsym(library, "PQ" #name); \
  if (table->name == NULL) return dlerror();
  GANTRY_LIBPQ_FUNCTIONS(X)
#undef X
  return NULL;
}

/// A notice of the server ("table exists already") is no error and goes nowhere.
static inline void gantry_libpq_ignore(void *argument, const char *message) {}

#endif
