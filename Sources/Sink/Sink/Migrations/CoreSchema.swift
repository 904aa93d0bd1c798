/// The sink's own tables.
///
/// An item is known by `id`, the SHA-256 of its table and keys: keys of 2048 and 1024 bytes would not fit an index row.
/// `generation` counts the table's loads; a record that was applied in a later one is newer, whatever its number.
enum CoreSchema {
  static let mirror = """
    CREATE TABLE gantry_tables (
      table_name text PRIMARY KEY,
      partition_key text NOT NULL,
      sort_key text,
      generation bigint NOT NULL DEFAULT 1,
      mapping text NOT NULL DEFAULT '',
      loaded_at timestamptz
    );
    CREATE TABLE gantry_mirror (
      table_name text NOT NULL,
      pk text NOT NULL,
      sk text NOT NULL,
      attributes jsonb NOT NULL,
      sequence_number numeric NOT NULL,
      changed_at timestamptz NOT NULL,
      id bytea PRIMARY KEY,
      generation bigint NOT NULL,
      mapped_table text,
      mapped_key text,
      has_dead_letter boolean NOT NULL DEFAULT false
    ) WITH (fillfactor = 90);
    CREATE TABLE gantry_tombstones (
      id bytea PRIMARY KEY,
      table_name text NOT NULL,
      sequence_number numeric NOT NULL,
      generation bigint NOT NULL,
      deleted_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX gantry_tombstones_deleted_at ON gantry_tombstones (deleted_at);
    """

  /// `event_id` tells two changes with one time apart, and keeps a change that is read twice from being told twice.
  static let audit = """
    CREATE TABLE billing_ledger_audit (
      patient_id text NOT NULL,
      encounter_id text NOT NULL,
      old_status text NOT NULL,
      new_status text NOT NULL,
      changed_at timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      table_name text NOT NULL,
      event_id bytea PRIMARY KEY
    );
    CREATE INDEX billing_ledger_audit_patient ON billing_ledger_audit (patient_id);
    """

  /// A row a shard of a stream: who reads it, under which number of a lease, and how far it is applied.
  static let progress = """
    CREATE TABLE gantry_shards (
      table_name text NOT NULL REFERENCES gantry_tables,
      stream text NOT NULL,
      shard text NOT NULL,
      parent text,
      position numeric,
      is_finished boolean NOT NULL DEFAULT false,
      owner text,
      lease_epoch bigint NOT NULL DEFAULT 0,
      lease_expires_at timestamptz,
      changed_at timestamptz,
      caught_up_at timestamptz,
      records bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (stream, shard)
    );
    CREATE TABLE gantry_sinks (
      table_name text NOT NULL,
      owner text NOT NULL,
      seen_at timestamptz NOT NULL,
      PRIMARY KEY (table_name, owner)
    );
    CREATE TABLE gantry_gaps (
      gap_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      table_name text NOT NULL,
      stream text NOT NULL,
      shard text NOT NULL,
      after_sequence_number numeric,
      last_change_at timestamptz,
      found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      reason text NOT NULL,
      resynchronised_at timestamptz
    );
    """

  static let setAside = """
    CREATE TABLE gantry_parked (
      id bytea PRIMARY KEY,
      target_table text NOT NULL,
      target_key text NOT NULL,
      waiting_id bytea NOT NULL,
      waiting_table text NOT NULL,
      waiting_key text NOT NULL,
      columns text[] NOT NULL,
      row_values text[] NOT NULL,
      parked_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX gantry_parked_waiting ON gantry_parked (waiting_id);
    CREATE TABLE gantry_dead_letters (
      letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id bytea,
      table_name text NOT NULL,
      stream text NOT NULL,
      shard text NOT NULL,
      sequence_number numeric NOT NULL,
      pk text NOT NULL,
      sk text NOT NULL,
      event text NOT NULL,
      target_table text,
      reason text NOT NULL,
      image bytea,
      changed_at timestamptz NOT NULL,
      died_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      item_key text GENERATED ALWAYS AS (md5(pk || ' ' || sk)) STORED,
      UNIQUE (stream, shard, sequence_number, item_key)
    );
    CREATE INDEX gantry_dead_letters_item ON gantry_dead_letters (id);
    """

  static let load = """
    CREATE TABLE gantry_loads (
      table_name text PRIMARY KEY REFERENCES gantry_tables,
      generation bigint NOT NULL,
      state text NOT NULL CHECK (state IN ('scanning', 'waiting', 'publishing', 'removing', 'done')),
      segments integer NOT NULL,
      owner text,
      lease_epoch bigint NOT NULL DEFAULT 0,
      lease_expires_at timestamptz,
      published bigint NOT NULL DEFAULT 0,
      cursor_rank smallint,
      cursor_id bytea,
      scanned_at timestamptz,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      finished_at timestamptz
    );
    CREATE TABLE gantry_load_segments (
      table_name text NOT NULL,
      generation bigint NOT NULL,
      segment integer NOT NULL,
      next_key text,
      is_finished boolean NOT NULL DEFAULT false,
      items bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (table_name, generation, segment)
    );
    CREATE TABLE gantry_staging (
      table_name text NOT NULL,
      generation bigint NOT NULL,
      rank smallint NOT NULL,
      id bytea NOT NULL,
      image bytea NOT NULL
    );
    """

  /// Which table a name stands for: ``TableFacts/identity``. NULL until a sink binds it.
  static let identity = "ALTER TABLE gantry_tables ADD COLUMN identity text"

  /// Built after the scan, when it is cheap.
  static let stagingIndex =
    "CREATE INDEX IF NOT EXISTS gantry_staging_order ON gantry_staging (table_name, generation, rank, id)"
}
