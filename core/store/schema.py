"""The store's schema, as migrations in the order in which they are applied.

The file is a public interface: people query it with any SQLite tool, so columns have plain names, times are ISO 8601 in
UTC, dates ISO, and what is a list or a tree is JSON. A migration that has been released is never changed; a new one is
added below, and `SCHEMA` in `core.store.opening` counts them.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from core.store.opening import APPLICATION_ID, SCHEMA, Store

migration: Migrations = Migrations("podesk")


@migration()
def documents_and_arrivals(db: Database) -> None:
    """Raw bytes, kept for ever and once; every time they were seen at a channel; what became of each."""
    db.execute(
        """CREATE TABLE payloads (
            sha256 TEXT PRIMARY KEY,
            bytes BLOB NOT NULL
        )"""
    )
    db.execute(
        # `occurrence`: the same bytes at the same place are another arrival when something else was there in between, or
        # when the channel had moved them out of the way.
        """CREATE TABLE arrivals (
            id INTEGER PRIMARY KEY,
            connection TEXT NOT NULL,
            locator TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            occurrence INTEGER NOT NULL DEFAULT 1,
            seen_at TEXT NOT NULL,
            gone_at TEXT,
            UNIQUE (connection, locator, fingerprint, occurrence)
        )"""
    )
    db.execute(
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY,
            arrival INTEGER NOT NULL REFERENCES arrivals (id),
            connection TEXT NOT NULL,
            name TEXT NOT NULL,
            sender TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES payloads (sha256),
            size INTEGER NOT NULL,
            fetched_at TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('fetched', 'applied', 'duplicate', 'quarantined')),
            reason TEXT NOT NULL DEFAULT '',
            place TEXT NOT NULL DEFAULT '',
            remedy TEXT NOT NULL DEFAULT ''
        )"""
    )
    db.execute("CREATE INDEX documents_of_arrival ON documents (arrival)")
    db.execute("CREATE INDEX documents_fetched ON documents (id) WHERE state = 'fetched'")
    db.execute("CREATE INDEX documents_quarantined ON documents (id) WHERE state = 'quarantined'")


@migration()
def orders_and_lines(db: Database) -> None:
    """Orders as they stand: the whole as JSON, and the columns that lists filter and sort on."""
    db.execute(
        # `drafted`: something is decided that has not left. `due_place` sorts orders without a date last.
        # `body` stands at the end: a list never reads as far.
        """CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            connection TEXT NOT NULL,
            buyer TEXT NOT NULL,
            number TEXT NOT NULL,
            buyer_name TEXT NOT NULL,
            revision INTEGER NOT NULL,
            process_status TEXT NOT NULL,
            logistics_status TEXT NOT NULL,
            reported TEXT,
            sending TEXT NOT NULL,
            held_until TEXT,
            due TEXT,
            due_place TEXT GENERATED ALWAYS AS (coalesce(due, '~')) VIRTUAL,
            line_count INTEGER NOT NULL,
            received_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            to_answer INTEGER NOT NULL,
            waiting INTEGER NOT NULL,
            buyer_asks INTEGER NOT NULL,
            to_ship INTEGER NOT NULL,
            not_delivered INTEGER NOT NULL,
            awaiting_word INTEGER NOT NULL,
            drafted INTEGER NOT NULL,
            last_document INTEGER REFERENCES documents (id),
            body TEXT NOT NULL,
            UNIQUE (connection, buyer, number)
        )"""
    )
    db.execute("CREATE INDEX orders_by_number ON orders (number)")
    db.execute("CREATE INDEX orders_by_due ON orders (due_place, id)")
    for view in ("to_answer", "waiting", "buyer_asks", "to_ship", "not_delivered"):
        db.execute(f"CREATE INDEX orders_{view} ON orders (due_place, id) WHERE {view} = 1")
    db.execute(
        """CREATE TABLE lines (
            order_id INTEGER NOT NULL REFERENCES orders (id),
            position TEXT NOT NULL,
            item TEXT,
            item_name TEXT,
            due TEXT,
            process_status TEXT NOT NULL,
            in_progress_status TEXT,
            logistics_status TEXT NOT NULL,
            PRIMARY KEY (order_id, position)
        ) WITHOUT ROWID"""
    )


@migration()
def log_of_all_that_happens(db: Database) -> None:
    """Append-only, each entry chained to the one before; what an entry says stands apart and can be erased."""
    db.execute(
        """CREATE TABLE log (
            seq INTEGER PRIMARY KEY,
            order_id INTEGER NOT NULL REFERENCES orders (id),
            revision INTEGER NOT NULL,
            at TEXT NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            rules_version INTEGER NOT NULL,
            profile TEXT NOT NULL,
            document INTEGER REFERENCES documents (id),
            input_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            prev_hash TEXT NOT NULL,
            hash TEXT NOT NULL,
            UNIQUE (order_id, revision),
            UNIQUE (order_id, input_id)
        )"""
    )
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"""CREATE TRIGGER log_refuses_{verb.lower()} BEFORE {verb} ON log
            BEGIN SELECT raise(ABORT, 'the log is only ever added to'); END"""
        )
    db.execute(
        # `queued`: the messages that the entry put into the outbox, as [id, sha256 of the payload].
        """CREATE TABLE log_texts (
            seq INTEGER PRIMARY KEY REFERENCES log (seq),
            input TEXT NOT NULL,
            changes TEXT NOT NULL,
            notes TEXT NOT NULL,
            queued TEXT NOT NULL,
            salt BLOB NOT NULL
        )"""
    )
    db.execute(
        """CREATE TRIGGER log_texts_refuse_update BEFORE UPDATE ON log_texts
        BEGIN SELECT raise(ABORT, 'what the log says is erased or left, never changed'); END"""
    )


@migration()
def outbox(db: Database) -> None:
    """What leaves, with its frozen bytes. The indexes hold only what waits or went wrong, however much is stored.

    `positions`: of the lines that it answers, as JSON. `doubtful`: an earlier attempt may have arrived. `overtaken`: what
    the buyer changed since it was claimed; a doubtful message is then no more sent by itself.
    """
    db.execute(
        """CREATE TABLE outbox (
            id TEXT PRIMARY KEY,
            order_id INTEGER NOT NULL REFERENCES orders (id),
            sequence INTEGER NOT NULL,
            connection TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('order_response', 'despatch_advice')),
            state TEXT NOT NULL
                CHECK (state IN ('queued', 'sending', 'sent', 'uncertain', 'failed', 'superseded')),
            actor TEXT NOT NULL,
            input_id TEXT NOT NULL,
            created_at TEXT NOT NULL,
            not_before TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            positions TEXT NOT NULL DEFAULT '[]',
            doubtful INTEGER NOT NULL DEFAULT 0,
            overtaken TEXT,
            next_attempt TEXT,
            last_error TEXT,
            receipt TEXT,
            content_type TEXT NOT NULL,
            extension TEXT NOT NULL,
            payload BLOB NOT NULL,
            UNIQUE (order_id, sequence)
        )"""
    )
    db.execute("CREATE INDEX outbox_queued ON outbox (connection, not_before) WHERE state = 'queued'")
    db.execute("CREATE INDEX outbox_in_line ON outbox (order_id, sequence) WHERE state IN ('queued', 'sending')")
    db.execute("CREATE INDEX outbox_unsettled ON outbox (state) WHERE state IN ('sending', 'uncertain', 'failed')")


@migration()
def drafts(db: Database) -> None:
    """An operator's unsent answer, bound to the revision that it was written against."""
    db.execute(
        """CREATE TABLE drafts (
            order_id INTEGER NOT NULL REFERENCES orders (id),
            operator TEXT NOT NULL,
            revision INTEGER NOT NULL,
            body TEXT NOT NULL,
            saved_at TEXT NOT NULL,
            PRIMARY KEY (order_id, operator)
        ) WITHOUT ROWID"""
    )


@migration()
def health_and_cursors(db: Database) -> None:
    """How each connection fares, and the platforms' own poll marks."""
    db.execute(
        """CREATE TABLE health (
            connection TEXT NOT NULL,
            direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
            last_success TEXT,
            last_error TEXT,
            error_at TEXT,
            parked INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (connection, direction)
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE TABLE cursors (connection TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID")


@migration()
def search(db: Database) -> None:
    """Full text over number, buyer, item numbers and names; rowid is the order's id. The words are not stored twice."""
    db.execute(
        """CREATE VIRTUAL TABLE search USING fts5(
            number, buyer, items, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
        )"""
    )


@migration()
def attachments(db: Database) -> None:
    """Files that an answer attaches go up before it; what a platform calls one is remembered.

    In the outbox `attachment` is the sha256 of a row's bytes, which stand in `payloads` then, and `name` what people know
    it by. `waits_for`: the files (sha256, as JSON) that must be up before an answer can leave.
    """
    _with_other_checks(
        db,
        "outbox",
        "kind IN ('order_response', 'despatch_advice')",
        "kind IN ('order_response', 'despatch_advice', 'attachment')",
    )
    db.execute("ALTER TABLE outbox ADD COLUMN attachment TEXT REFERENCES payloads (sha256)")
    db.execute("ALTER TABLE outbox ADD COLUMN name TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE outbox ADD COLUMN waits_for TEXT NOT NULL DEFAULT '[]'")
    db.execute(
        """CREATE TABLE uploads (
            connection TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES payloads (sha256),
            object_id TEXT NOT NULL,
            uploaded_at TEXT NOT NULL,
            PRIMARY KEY (connection, sha256)
        ) WITHOUT ROWID"""
    )


def _with_other_checks(db: Database, table: str, old: str, new: str) -> None:
    """Replace a check of a table that nothing refers to. SQLite can't alter one: the table is made anew, indexes too."""
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    ((definition,),) = db.execute(made, (table, "table")).fetchall()
    indexes = [sql for (sql,) in db.execute(made, (table, "index")).fetchall()]
    head, _, columns = definition.partition("(")
    assert table in head
    assert old in columns
    db.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    db.execute(f"CREATE TABLE {table} ({columns.replace(old, new)}")
    db.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")  # noqa: S608
    db.execute(f"DROP TABLE {table}_before")
    for sql in indexes:
        db.execute(sql)


@migration()
def tasks(db: Database) -> None:
    """Whose word is awaited on which line, since when and until when. `core.store.tasks` says more.

    Of orders that are stored already nobody knows better than that it is since they last changed; the daemon puts the due
    dates to it. All lines at once, in SQL: of the orders only those are read whole on whose reopen request the buyer may
    have had our no, which is then the buyer's to decide.
    """
    db.execute(
        """CREATE TABLE tasks (
            order_id INTEGER NOT NULL REFERENCES orders (id),
            position TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('answer', 'buyer asks', 'cancellation', 'wait')),
            opened_at TEXT NOT NULL,
            due_at TEXT,
            PRIMARY KEY (order_id, position)
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX tasks_due ON tasks (due_at) WHERE due_at IS NOT NULL")
    # By which settings the due dates of a connection were made.
    db.execute("CREATE TABLE task_settings (connection TEXT PRIMARY KEY, settings TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        """INSERT INTO tasks (order_id, position, kind, opened_at)
        SELECT l.order_id, l.position,
            CASE coalesce(l.in_progress_status, '')
                WHEN 'OpenSupplierProposal' THEN 'wait'
                WHEN 'OpenSupplierReopenRequest' THEN 'wait'
                WHEN 'OpenSupplierShipmentRescheduleRequest' THEN 'wait'
                WHEN 'OpenBuyerReopenRequest' THEN 'buyer asks'
                WHEN 'OpenBuyerReconfirmationRequest' THEN 'buyer asks'
                WHEN 'CancellationRequested' THEN 'cancellation'
                ELSE 'answer' END,
            o.changed_at
        FROM orders o JOIN lines l ON l.order_id = o.id
        WHERE (o.to_answer OR o.waiting OR o.buyer_asks) AND l.process_status IN ('Issued', 'InProgress')"""
    )
    refused = db.execute(
        """SELECT t.order_id, each.value ->> 'position'
        FROM (SELECT DISTINCT order_id FROM tasks WHERE kind = 'buyer asks') t
        JOIN orders o ON o.id = t.order_id,
            json_each(coalesce(o.body -> 'shown', o.body -> 'platform'), '$.lines') each
        WHERE each.value ->> 'in_progress_status' IN ('OpenBuyerReopenRequest', 'OpenBuyerReconfirmationRequest')
            AND each.value -> 'proposed' IS NOT NULL"""
    ).fetchall()
    for line in refused:
        db.execute("UPDATE tasks SET kind = 'wait' WHERE order_id = ? AND position = ?", line)


@migration()
def downloads(db: Database) -> None:
    """Documents that buyers attached at their platform: which are wanted, and where the bytes of the others are.

    One row for what a platform calls one object, whatever orders refer to it; `order_id` is the first of them. `name` is the
    file's at the platform, once it was asked. Health tells of fetching them apart from orders and answers.
    """
    db.execute(
        """CREATE TABLE downloads (
            connection TEXT NOT NULL,
            object_id TEXT NOT NULL,
            order_id INTEGER NOT NULL REFERENCES orders (id),
            state TEXT NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'kept', 'failed')),
            wanted_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt TEXT,
            last_error TEXT,
            name TEXT NOT NULL DEFAULT '',
            sha256 TEXT REFERENCES payloads (sha256),
            kept_at TEXT,
            PRIMARY KEY (connection, object_id),
            CHECK ((state = 'kept') = (sha256 IS NOT NULL))
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX downloads_wanted ON downloads (connection, wanted_at) WHERE state = 'wanted'")
    for documents in ("'$.platform.header.documents'", "'$.platform.lines'"):
        within = ", json_each(each.value, '$.content.documents') document" if "lines" in documents else ""
        document = "document" if within else "each"
        db.execute(
            f"""INSERT OR IGNORE INTO downloads (connection, object_id, order_id, wanted_at)
            SELECT o.connection, {document}.value ->> 'object_id', o.id, o.changed_at
            FROM orders o, json_each(o.body, {documents}) each{within}
            WHERE instr(o.body, '"object_id"') AND length({document}.value ->> 'object_id') BETWEEN 1 AND 200
            ORDER BY o.id"""  # noqa: S608
        )
    _with_other_checks(db, "health", "direction IN ('in', 'out')", "direction IN ('in', 'out', 'documents')")


@migration()
def health_warnings(db: Database) -> None:
    """What does no harm at a connection, but a person should look after: a platform's clock that is wrong."""
    db.execute("ALTER TABLE health ADD COLUMN warning TEXT")


@migration()
def health_of_despatches(db: Database) -> None:
    """Despatch advices that leave another way than answers fare on their own."""
    _with_other_checks(
        db, "health", "direction IN ('in', 'out', 'documents')", "direction IN ('in', 'out', 'despatch', 'documents')"
    )


@migration()
def charsets_of_documents(db: Database) -> None:
    """What the `Content-Type` named with which a document was posted: it is read so whenever it is read again."""
    db.execute("ALTER TABLE documents ADD COLUMN charset TEXT NOT NULL DEFAULT ''")


@migration()
def orders_by_the_platforms_names(db: Database) -> None:
    """What the platform itself calls an order, its id and its own reference: an event of few words may say no more."""
    for column, path in (("platform_id", "platform_id"), ("reference", "header.references[0]")):
        db.execute(f"ALTER TABLE orders ADD COLUMN {column} TEXT")
        db.execute(f"UPDATE orders SET {column} = body ->> '$.platform.{path}' WHERE json_valid(body)")  # noqa: S608
        db.execute(f"CREATE INDEX orders_by_{column} ON orders (connection, {column}) WHERE {column} IS NOT NULL")


def bring_up(store: Store) -> None:
    """Apply the migrations that the file lacks, all or none. Raises StoreError, StoreBusy."""
    connection = store.connection
    with store.writing():
        # Another process may have done it while we waited for the lock: `apply` looks again.
        migration.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
