#ifndef GANTRY_CSQLITE_H
#define GANTRY_CSQLITE_H

#include <sqlite3.h>
#include <string.h>

/// What SQLite allocates for each open file: its own header, then our object.
typedef struct gantry_sqlite_file {
  sqlite3_file base;
  void *context;
} gantry_sqlite_file;

/// Swift imports no macro that is an expression.
static const int GANTRY_IOERR_READ = SQLITE_IOERR_READ;
static const int GANTRY_IOERR_SHORT_READ = SQLITE_IOERR_SHORT_READ;
static const int GANTRY_IOERR_WRITE = SQLITE_IOERR_WRITE;
static const int GANTRY_IOERR_FSYNC = SQLITE_IOERR_FSYNC;
static const int GANTRY_IOERR_TRUNCATE = SQLITE_IOERR_TRUNCATE;
static const int GANTRY_IOERR_FSTAT = SQLITE_IOERR_FSTAT;
static const int GANTRY_IOERR_DELETE = SQLITE_IOERR_DELETE;
static const int GANTRY_IOERR_ACCESS = SQLITE_IOERR_ACCESS;
static const int GANTRY_IOERR_DELETE_NOENT = SQLITE_IOERR_DELETE_NOENT;
static const int GANTRY_IOERR_DIR_FSYNC = SQLITE_IOERR_DIR_FSYNC;
static const int GANTRY_IOERR_DATA = SQLITE_IOERR_DATA;

/// Process-wide, before the first connection: without it every allocation takes one global lock for statistics.
static inline int gantry_sqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/// Closing must do no I/O: checkpoints happen only where the store asks for them.
static inline int gantry_sqlite_no_checkpoint_on_close(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// Binds bytes that stay where they are until the statement is reset. A null pointer would bind NULL.
static inline int gantry_sqlite_bind(sqlite3_stmt *statement, int index, const void *bytes, size_t length) {
  if (length == 0) return sqlite3_bind_zeroblob(statement, index, 0);
  return sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_STATIC);
}

/// Binds a copy of the bytes.
static inline int gantry_sqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, size_t length) {
  if (length == 0) return sqlite3_bind_zeroblob(statement, index, 0);
  return sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_TRANSIENT);
}

/// Bytewise order, the shorter first where one is a prefix of the other.
static inline int gantry_compare(const void *left, size_t left_length, const void *right, size_t right_length) {
  size_t shared = left_length < right_length ? left_length : right_length;
  int order = shared == 0 ? 0 : memcmp(left, right, shared);
  if (order != 0) return order;
  return left_length < right_length ? -1 : left_length > right_length;
}

#endif
